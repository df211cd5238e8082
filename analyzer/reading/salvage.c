// SPDX-License-Identifier: PostgreSQL
/*
 * salvage.c - see salvage.h.
 *
 * SQLite refuses a file that is shorter than its first page says.  So a copy is made as long as that, with zeros for
 * what is missing; then SQLite reads each table up to the first page that is none, and from its other end back to the
 * last.
 */
#include "analyzer/reading/salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/base/regular-file.h"
#include "trace/store/trace.h"

#define HEADER 100
#define KB 1024

/* As cannot_tell of trace/store/views.sql knows it. */
#define CUT_SHORT "the trace is cut short"

struct cut {
	int file;            /* the copy */
	char path[PATH_MAX]; /* its name */
	int64_t size, whole;
	bool lost_lives; /* rows on which a verdict rests */
	int64_t tables;  /* of which rows are missing */
};

/* Verdicts rest on these; without the others something has no name. */
static const char *const lives[] = {"process", "connection", "resource", "fold",
									"misuse",  "incomplete", "unseen",   NULL};

static uint64_t number_at(const unsigned char *header, int at, int bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << 8 | header[at + i];
	return number;
}

/* Whether it is a trace that is shorter than it says; measures it. */
static bool measure(int file, struct cut *cut)
{
	unsigned char header[HEADER];
	struct stat st;

	if (fstat(file, &st) != 0 || pread(file, header, sizeof header, 0) != (ssize_t)sizeof header)
		return false;
	if (number_at(header, 60, 4) != TRACE_USER_VERSION || number_at(header, 68, 4) != TRACE_APPLICATION_ID)
		return false;
	uint64_t page = number_at(header, 16, 2), pages = number_at(header, 28, 4);
	cut->size = st.st_size;
	cut->whole = (int64_t)(pages * (page == 1 ? 65536 : page));
	return cut->size < cut->whole && cut->size > (int64_t)page;
}

static bool copy_range(int from, int to, off_t at, off_t end)
{
	char buffer[65536];

	while (at < end) {
		size_t wanted = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
		ssize_t length = pread(from, buffer, wanted, at);
		if (length <= 0)
			return length == 0; /* it is being cut while it is read */
		for (ssize_t done = 0, wrote; done < length; done += wrote)
			if ((wrote = pwrite(to, buffer + done, (size_t)(length - done), at + done)) <= 0)
				return false;
		at += length;
	}
	return true;
}

/* Not its holes: a file that has nothing but them may say that it is larger than the disk. */
static bool copy_bytes(int from, int to)
{
	for (off_t at = 0, end; (at = lseek(from, at, SEEK_DATA)) >= 0; at = end)
		if ((end = lseek(from, at, SEEK_HOLE)) < 0 || !copy_range(from, to, at, end))
			return false;
	return errno == ENXIO; /* there is no more */
}

/*
 * Nothing that the file brings along runs, and of it only tables are read that are defined as ours are.
 * writable_schema: the views, which are stored late, may be what is missing.
 */
static sqlite3 *open_cut(const struct cut *cut)
{
	char name[PATH_MAX + 32];
	sqlite3 *db = NULL;

	snprintf(name, sizeof name, "file:%s?immutable=1", cut->path);
	if (sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) == SQLITE_OK &&
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) == SQLITE_OK &&
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) == SQLITE_OK &&
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL) == SQLITE_OK &&
		sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA writable_schema = ON", NULL, NULL, NULL) == SQLITE_OK)
		return db;
	sqlite3_close(db);
	return NULL;
}

/* Copies the rows that a query gives until it fails; false: it did. */
static bool copy_rows(sqlite3 *from, sqlite3 *db, const char *select, const char *insert)
{
	sqlite3_stmt *row = NULL;
	QUERY_CLEANUP put = query_prepare(db, insert);
	int rc = sqlite3_prepare_v2(from, select, -1, &row, NULL);

	while (rc == SQLITE_OK && put != NULL && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		for (int column = 0; column < sqlite3_column_count(row); column++)
			sqlite3_bind_value(put, column + 1, sqlite3_column_value(row, column));
		query_finish(put);
		rc = SQLITE_OK;
	}
	sqlite3_finalize(row);
	return rc == SQLITE_DONE;
}

/* By what a table is stored: its rowid, or its primary key. */
static char *key_of(sqlite3 *db, const char *table)
{
	QUERY_CLEANUP row =
		query_with(db,
				   "SELECT iif((SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main'),"
				   " (SELECT group_concat('\"' || name || '\" DESC') FROM"
				   "  (SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk)), 'rowid DESC')",
				   AS_TEXT(table));

	return query_next(row, NULL) ? sqlite3_mprintf("%s", query_text(row, 0)) : NULL;
}

static bool is_life(const char *table)
{
	for (int i = 0; lives[i] != NULL; i++)
		if (strcmp(lives[i], table) == 0)
			return true;
	return false;
}

/* False: rows are missing. */
static bool copy_table(sqlite3 *from, sqlite3 *db, const char *table)
{
	QUERY_CLEANUP columns =
		query_with(db, "SELECT group_concat(p, ', ') FROM (SELECT '?' AS p FROM pragma_table_info(?))", AS_TEXT(table));
	char *key = key_of(db, table);
	char *forward = sqlite3_mprintf("SELECT * FROM main.\"%w\" NOT INDEXED", table);
	char *backward = sqlite3_mprintf("SELECT * FROM main.\"%w\" NOT INDEXED ORDER BY %s", table, key);
	char *insert = query_next(columns, NULL)
					   ? sqlite3_mprintf("INSERT OR IGNORE INTO main.\"%w\" VALUES (%s)", table, query_text(columns, 0))
					   : NULL;
	bool is_whole = forward != NULL && backward != NULL && insert != NULL && copy_rows(from, db, forward, insert);

	if (!is_whole && insert != NULL && backward != NULL)
		copy_rows(from, db, backward, insert);
	sqlite3_free(key);
	sqlite3_free(forward);
	sqlite3_free(backward);
	sqlite3_free(insert);
	return is_whole;
}

/* The tables of a new trace, and whether the file has one that is defined so. */
static const char tables_sql[] =
	"SELECT s.name, EXISTS (SELECT 1 FROM cut_schema c WHERE c.name = s.name AND c.sql = s.sql)"
	" FROM main.sqlite_schema s WHERE s.type = 'table'";

static void lose(struct cut *cut, const char *table)
{
	cut->tables++;
	cut->lost_lives = cut->lost_lives || is_life(table);
}

static bool copy_tables(sqlite3 *from, sqlite3 *db, struct cut *cut)
{
	if (!query_run(db, "CREATE TEMP TABLE cut_schema (name, sql); BEGIN; DELETE FROM property"))
		return false;
	copy_rows(from, db, "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table'",
			  "INSERT INTO cut_schema VALUES (?, ?)");
	QUERY_CLEANUP table = query_prepare(db, tables_sql);
	bool failed = false;
	bool any = false;
	while (query_next(table, &failed)) {
		const char *name = query_text(table, 0);
		bool is_there = sqlite3_column_int(table, 1) != 0;
		if (!is_there || !copy_table(from, db, name))
			lose(cut, name);
		any = any || is_there;
	}
	return any && !failed;
}

/* What was lost accuses nobody. */
static bool tell(sqlite3 *db, const struct cut *cut)
{
	char *text = sqlite3_mprintf(CUT_SHORT ": %lld of %lld kB are missing%s", (cut->whole - cut->size + KB - 1) / KB,
								 cut->whole / KB, cut->tables == 0 ? ", but nothing that was looked for" : "");
	bool done = text != NULL && query_once(db, "INSERT INTO incomplete (reason) VALUES (?)", AS_TEXT(text)) &&
				(!cut->lost_lives ||
				 query_run(db, "UPDATE process SET dropped = dropped + 1, drop_reason = ifnull(drop_reason, '" CUT_SHORT
							   "')")) &&
				query_run(db, "COMMIT");

	sqlite3_free(text);
	return done;
}

static bool salvage(sqlite3 **ret, const char *path, int source, struct cut *cut)
{
	struct trace_failure failure;
	sqlite3 *from = NULL, *db = NULL;

	if (!measure(source, cut) || !copy_bytes(source, cut->file) || ftruncate(cut->file, cut->whole) != 0)
		return false;
	from = open_cut(cut);
	bool done =
		from != NULL && trace_copy(&db, path, &failure) == TRACE_OK && copy_tables(from, db, cut) && tell(db, cut);
	sqlite3_close(from);
	if (done)
		*ret = db;
	else
		query_close(db);
	return done;
}

/* SQLite wants a name. */
static bool make_copy(struct cut *cut)
{
	const char *folder = getenv("TMPDIR");
	int length =
		snprintf(cut->path, sizeof cut->path, "%s/pqleak-XXXXXX", folder != NULL && folder[0] == '/' ? folder : "/tmp");

	cut->file =
		length < (int)sizeof cut->path && strpbrk(cut->path, "?#%") == NULL ? mkostemp(cut->path, O_CLOEXEC) : -1;
	return cut->file >= 0;
}

bool salvage_open(sqlite3 **ret, const char *path)
{
	struct cut cut = {.file = -1};
	int source = regular_open(path, 0);
	bool done = source >= 0 && make_copy(&cut) && salvage(ret, path, source, &cut);

	if (cut.file >= 0) {
		unlink(cut.path);
		close(cut.file);
	}
	if (source >= 0)
		close(source);
	return done;
}
