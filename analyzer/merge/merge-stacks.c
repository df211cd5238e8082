// SPDX-License-Identifier: PostgreSQL
/*
 * merge-stacks.c - the stacks of an incoming trace: known by the numbers of their frames, which are others here.
 *
 * Called by merge.c, after merge-names.sql.
 */
#include "analyzer/merge/merge.h"

#include <stdint.h>
#include <stdlib.h>

#include "analyzer/base/array.h"
#include "analyzer/base/query.h"

/* As the column stack.frames has it. */
struct identity {
	uint8_t *bytes;
	size_t count;
};

static bool add_frame(struct identity *identity, int64_t frame)
{
	for (int byte = 0; byte < 8; byte++) {
		if (!array_room(identity->bytes, identity->count))
			return false;
		identity->bytes[identity->count++] = (uint8_t)((uint64_t)frame >> (8 * byte));
	}
	return true;
}

struct statements {
	sqlite3_stmt *frames, *find, *add, *add_frames, *map;
};

static bool identity_of(struct statements *use, int64_t stack, struct identity *ret)
{
	bool failed = false;

	ret->count = 0;
	query_bind(use->frames, QUERY_VALUES(AS_NUMBER(stack)));
	while (query_next(use->frames, &failed))
		if (!add_frame(ret, sqlite3_column_int64(use->frames, 0)))
			return false;
	sqlite3_reset(use->frames);
	return !failed;
}

/* A stack may have lost its frames, in a trace that was cut short; all such are one, and no NULL. */
static void bind_identity(sqlite3_stmt *statement, const struct identity *identity)
{
	sqlite3_bind_blob(statement, 1, identity->count > 0 ? (const void *)identity->bytes : "", (int)identity->count,
					  SQLITE_STATIC);
}

/* The stack of these frames; 0: there is none. */
static int64_t find(sqlite3_stmt *statement, const struct identity *identity)
{
	bind_identity(statement, identity);
	int64_t found = query_next(statement, NULL) ? sqlite3_column_int64(statement, 0) : 0;
	sqlite3_reset(statement);
	return found;
}

static bool take(sqlite3 *db, struct statements *use, int64_t old, struct identity *identity)
{
	if (!identity_of(use, old, identity))
		return false;
	int64_t stack = find(use->find, identity);
	if (stack == 0) {
		bind_identity(use->add, identity);
		if (!query_finish(use->add))
			return false;
		stack = sqlite3_last_insert_rowid(db);
		if (!query_put(use->add_frames, AS_NUMBER(stack), AS_NUMBER(old)))
			return false;
	}
	return query_put(use->map, AS_NUMBER(old), AS_NUMBER(stack));
}

bool merge_stacks(sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT id FROM incoming_stack WHERE id <> 0 ORDER BY id");
	QUERY_CLEANUP frames =
		query_prepare(db, "SELECT m.new FROM incoming_stack_frame s JOIN map_frame m ON m.old = s.frame"
						  " WHERE s.stack = ? ORDER BY s.level");
	QUERY_CLEANUP find_stack = query_prepare(db, "SELECT id FROM main.stack WHERE frames = ?");
	QUERY_CLEANUP add = query_prepare(db, "INSERT INTO main.stack (frames) VALUES (?)");
	QUERY_CLEANUP add_frames = query_prepare(db, "INSERT INTO main.stack_frame (stack, level, frame)"
												 " SELECT ?1, s.level, m.new FROM incoming_stack_frame s"
												 " JOIN map_frame m ON m.old = s.frame WHERE s.stack = ?2");
	QUERY_CLEANUP map = query_prepare(db, "INSERT INTO map_stack VALUES (?, ?)");
	struct statements use = {frames, find_stack, add, add_frames, map};
	struct identity identity = {NULL, 0};
	bool failed = frames == NULL || find_stack == NULL || add == NULL || add_frames == NULL || map == NULL;

	while (!failed && query_next(row, &failed))
		failed = !take(db, &use, sqlite3_column_int64(row, 0), &identity);
	free(identity.bytes);
	return !failed;
}
