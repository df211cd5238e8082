// SPDX-License-Identifier: PostgreSQL
/* blobs.c - see blobs.h. */
#include "trace/store/blobs.h"

#include <endian.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/spool/blob-text.h"

#define MOST_TEXTS SETTING_FIELD_COUNT

struct blob_entry {
	const void *bytes;
	uint32_t length;
	uint32_t type; /* enum blob_type */
	int64_t row;   /* of its table, 0 for a text */
};

static const struct blob_entry *find(const struct blobs *blobs, uint32_t number, enum blob_type type)
{
	if (number == 0 || number > blobs->entries.count)
		return NULL;
	const struct blob_entry *entry = (const struct blob_entry *)blobs->entries.items + (number - 1);
	return entry->type == type ? entry : NULL;
}

/* Splits `count` NUL-terminated texts; those that are missing are empty. */
static void split(const struct blob_entry *entry, const char **ret, int *ret_length, int count)
{
	const char *at = entry->bytes, *end = at + entry->length;
	for (int i = 0; i < count; i++) {
		ret[i] = at;
		ret_length[i] = (int)strnlen(at, (size_t)(end - at));
		at += ret_length[i];
		if (at < end)
			at++;
	}
}

/* The two statements about a table whose columns are the texts of a blob. */
#define FIND(table, FIELDS) "SELECT id FROM " table " WHERE " FIELDS(COLUMN_IS_PARAMETER, " AND ")
#define ADD(table, FIELDS)                                                                                             \
	"INSERT INTO " table " (" FIELDS(COLUMN_NAME, ", ") ") VALUES (" FIELDS(COLUMN_PARAMETER, ", ") ")"

static const struct {
	const char *find, *add;
	int count;
} texts[BLOB_COUNT] = {
	[BLOB_MODULE] = {FIND("module", MODULE_FIELDS), ADD("module", MODULE_FIELDS), MODULE_FIELD_COUNT},
	[BLOB_SCRIPT] = {FIND("script", SCRIPT_FIELDS), ADD("script", SCRIPT_FIELDS), SCRIPT_FIELD_COUNT},
	[BLOB_TARGET] = {FIND("target", TARGET_FIELDS), ADD("target", TARGET_FIELDS), TARGET_FIELD_COUNT},
	[BLOB_SETTINGS] = {FIND("setting", SETTING_FIELDS), ADD("setting", SETTING_FIELDS), SETTING_FIELD_COUNT},
};

static int64_t number_in(const char *text, int length)
{
	char copy[16] = "";
	if (length > 0 && length < (int)sizeof copy)
		memcpy(copy, text, (size_t)length);
	return strtol(copy, NULL, 10);
}

/* A row that consists of the blob's texts. */
static int store_texts(struct statements *statements, struct blob_entry *entry)
{
	const char *field[MOST_TEXTS];
	int length[MOST_TEXTS];
	sqlite3_stmt *stmt[] = {statement(statements, texts[entry->type].find),
							statement(statements, texts[entry->type].add)};
	int count = texts[entry->type].count;
	split(entry, field, length, count);
	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < count; j++)
			sqlite3_bind_text(stmt[i], j + 1, field[j], length[j], SQLITE_STATIC);
		if (entry->type != BLOB_TARGET)
			continue;
		sqlite3_bind_int64(stmt[i], TARGET_server_version + 1,
						   number_in(field[TARGET_server_version], length[TARGET_server_version]));
		sqlite3_bind_int64(stmt[i], TARGET_ssl + 1, number_in(field[TARGET_ssl], length[TARGET_ssl]) != 0);
	}
	return statement_find_or_add(statements, stmt[0], stmt[1], &entry->row, NULL);
}

/*
 * Code in no module is a JIT's: an address of one process.  The module that stands for it has the spool's identity as
 * its build-id, so that two processes are never taken for one.
 */
static int store_jit(struct blobs *blobs, struct statements *statements)
{
	char text[sizeof "[jit]" + sizeof "0123456789abcdef"];
	snprintf(text, sizeof text, "[jit]%c%016" PRIx64, '\0', blobs->spool_id);
	struct blob_entry entry = {.bytes = text, .length = sizeof text, .type = BLOB_MODULE};
	int rc = store_texts(statements, &entry);
	blobs->jit = entry.row;
	return rc;
}

/* The row of a frame; `module` and `script` are row ids, or 0. */
static int frame_store(struct statements *statements, int64_t module, uint64_t offset, int64_t script, int64_t *ret)
{
	static const char find[] =
		"SELECT id FROM frame WHERE ifnull(module, 0) = ?1 AND \"offset\" = ?2 AND ifnull(script, 0) = ?3";
	static const char add[] =
		"INSERT INTO frame (module, \"offset\", script) VALUES (nullif(?1, 0), ?2, nullif(?3, 0))";
	sqlite3_stmt *stmt[] = {statement(statements, find), statement(statements, add)};
	for (int i = 0; i < 2; i++) {
		sqlite3_bind_int64(stmt[i], 1, module);
		sqlite3_bind_int64(stmt[i], 2, (int64_t)offset);
		sqlite3_bind_int64(stmt[i], 3, script);
	}
	return statement_find_or_add(statements, stmt[0], stmt[1], ret, NULL);
}

static int store_stack_frames(struct statements *statements, int64_t stack, const int64_t *frames, uint32_t count)
{
	int rc = SQLITE_OK;
	sqlite3_stmt *stmt = statement(statements, "INSERT INTO stack_frame (stack, level, frame) VALUES (?1, ?2, ?3)");
	for (uint32_t level = 0; level < count && rc == SQLITE_OK; level++) {
		sqlite3_bind_int64(stmt, 1, stack);
		sqlite3_bind_int64(stmt, 2, level);
		sqlite3_bind_int64(stmt, 3, frames[level]);
		rc = statement_run(statements, stmt);
	}
	return rc;
}

/* The row of the stack with these frames (row ids, innermost first), of which there is at least one. */
static int stack_store(struct statements *statements, const int64_t *frames, uint32_t count, int64_t *ret)
{
	sqlite3_stmt *stmt[] = {statement(statements, "SELECT id FROM stack WHERE frames = ?1"),
							statement(statements, "INSERT INTO stack (frames) VALUES (?1)")};
	bool is_new = false;
	uint64_t *identity = sqlite3_malloc64(count * sizeof *identity);
	if (identity == NULL)
		return SQLITE_NOMEM;
	for (uint32_t i = 0; i < count; i++)
		identity[i] = htole64((uint64_t)frames[i]);
	for (int i = 0; i < 2; i++)
		sqlite3_bind_blob64(stmt[i], 1, identity, count * sizeof *identity, SQLITE_STATIC);
	int rc = statement_find_or_add(statements, stmt[0], stmt[1], ret, &is_new);
	sqlite3_free(identity);
	if (rc == SQLITE_OK && is_new)
		rc = store_stack_frames(statements, *ret, frames, count);
	return rc;
}

static int store_stack(struct blobs *blobs, struct statements *statements, struct blob_entry *entry)
{
	uint32_t count = entry->length / sizeof(struct blob_frame);
	if (count == 0) {
		entry->row = blobs->no_stack;
		return SQLITE_OK;
	}
	int64_t *frames = sqlite3_malloc64(count * sizeof *frames);
	if (frames == NULL)
		return SQLITE_NOMEM;
	const struct blob_frame *frame = entry->bytes;
	int rc = SQLITE_OK;
	for (uint32_t i = 0; i < count && rc == SQLITE_OK; i++) {
		bool is_script = frame[i].type == FRAME_SCRIPT;
		const struct blob_entry *where = find(blobs, frame[i].where, is_script ? BLOB_SCRIPT : BLOB_MODULE);
		int64_t row = where != NULL ? where->row : 0;
		bool is_jit = frame[i].where == 0 && !is_script;
		if (is_jit && blobs->jit == 0)
			rc = store_jit(blobs, statements);
		if (is_jit)
			row = blobs->jit;
		if (rc != SQLITE_OK)
			break;
		rc = frame_store(statements, is_script ? 0 : row, frame[i].offset, is_script ? row : 0, &frames[i]);
	}
	if (rc == SQLITE_OK)
		rc = stack_store(statements, frames, count, &entry->row);
	sqlite3_free(frames);
	return rc;
}

/* An unknown stack has one frame, in no module, so that whoever joins a stack with its frames still finds it. */
static int store_no_stack(struct blobs *blobs, struct statements *statements)
{
	int64_t frame;
	int rc = frame_store(statements, 0, 0, 0, &frame);
	return rc == SQLITE_OK ? stack_store(statements, &frame, 1, &blobs->no_stack) : rc;
}

static int store_one(struct blobs *blobs, struct statements *statements, struct blob_entry *entry)
{
	switch ((enum blob_type)entry->type) {
	case BLOB_MODULE:
	case BLOB_SCRIPT:
	case BLOB_TARGET:
	case BLOB_SETTINGS:
		return store_texts(statements, entry);
	case BLOB_STACK:
		return store_stack(blobs, statements, entry);
	case BLOB_TEXT:
	case BLOB_COUNT:
		break;
	}
	return SQLITE_OK;
}

int blobs_store(struct blobs *blobs, const struct spool *spool, struct statements *statements)
{
	blobs->spool_id = spool->header->id;
	if (blobs->no_stack == 0) {
		int rc = store_no_stack(blobs, statements);
		if (rc != SQLITE_OK)
			return rc;
	}
	const void *bytes;
	const struct blob_header *blob;
	while ((blob = spool_next_blob(spool, &blobs->cursor, &bytes)) != NULL) {
		struct blob_entry entry = {.bytes = bytes, .length = blob->bytes, .type = blob->type};
		int rc = store_one(blobs, statements, &entry);
		if (rc != SQLITE_OK)
			return rc;
		struct blob_entry *place = array_add(&blobs->entries, sizeof *place);
		if (place == NULL)
			return SQLITE_NOMEM;
		*place = entry;
	}
	return SQLITE_OK;
}

int64_t blobs_row(const struct blobs *blobs, enum blob_type type, uint32_t number)
{
	const struct blob_entry *entry = find(blobs, number, type);
	if (entry != NULL)
		return entry->row;
	return type == BLOB_STACK ? blobs->no_stack : 0;
}

const char *blobs_text(const struct blobs *blobs, uint32_t number, int *ret_length)
{
	const struct blob_entry *entry = find(blobs, number, BLOB_TEXT);
	if (entry == NULL)
		return NULL;
	*ret_length = (int)entry->length;
	return entry->bytes;
}

bool blobs_index_stacks(const struct blobs *blobs, struct map *ret)
{
	const struct blob_entry *entry = blobs->entries.items;
	for (uint32_t i = 0; i < blobs->entries.count; i++) {
		if (entry[i].type != BLOB_STACK || map_find(ret, (uint64_t)entry[i].row) != NULL)
			continue;
		if (!map_add(ret, (uint64_t)entry[i].row, i + 1))
			return false;
	}
	return true;
}

void blobs_done(struct blobs *blobs)
{
	array_done(&blobs->entries);
}
