// SPDX-License-Identifier: PostgreSQL
/* guard.c - see guard.h. */
#include "trace/store/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)
#define INSTRUCTIONS 10000      /* of SQLite's, between two looks at the time: some 100 us */
#define LONGEST_VALUE (1 << 20) /* bytes, in the traced program; the longest of ours are statements of 1 kB */

/* --- files --- */

static bool is_own_or_roots(const struct stat *file)
{
	return file->st_uid == geteuid() || file->st_uid == 0;
}

/* What is wrong with a file that is to be written, or NULL.  `is_link`: `file` is the symbolic link to it. */
static const char *why_not_write(const struct stat *file, bool is_link)
{
	if (!is_own_or_roots(file))
		return "belongs to another user";
	if (is_link)
		return NULL;
	if (file->st_nlink > 1)
		return "has another name elsewhere (a hard link)";
	return (file->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "can be written by other users" : NULL;
}

static bool is_of_its_owner(const struct stat *file, const struct stat *trace)
{
	return is_own_or_roots(file) || (trace != NULL && file->st_uid == trace->st_uid);
}

static enum trace_error refuse(struct trace_failure *failure, const char *path, const char *suffix, const char *why)
{
	return trace_fail(failure, TRACE_REFUSED, "'%s%s' %s (%s)", path, suffix, why,
					  suffix[0] == '\0' ? "name a trace in a directory that only you can write" : "remove it");
}

/* False: it is missing, which is no fault. */
static bool look(const char *path, enum guard_files how, struct stat *ret, const char **ret_why)
{
	*ret_why = NULL;
	if (lstat(path, ret) != 0)
		return false;
	if (S_ISLNK(ret->st_mode)) {
		*ret_why = how == GUARD_WRITE ? why_not_write(ret, true) : NULL;
		if (stat(path, ret) != 0)
			return *ret_why != NULL;
	}
	if (*ret_why == NULL && !S_ISREG(ret->st_mode) && !S_ISDIR(ret->st_mode)) /* SQLite knows what a directory is */
		*ret_why = "is not a regular file";
	return true;
}

/* The name of the file without links, also of one that is not there yet; 0 or an errno. */
static int resolve(const char *path, char ret[PATH_MAX])
{
	struct stat file;
	if (realpath(path, ret) != NULL)
		return 0;
	if (errno != ENOENT || lstat(path, &file) == 0)
		return errno;
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	char folder[PATH_MAX] = ".";
	if (slash != NULL)
		sqlite3_snprintf(sizeof folder, folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (realpath(folder, ret) == NULL)
		return errno;
	size_t length = strlen(ret);
	bool is_root = length == 1;
	if (length + 1 + strlen(name) + sizeof "-journal" > PATH_MAX)
		return ENAMETOOLONG;
	sqlite3_snprintf(PATH_MAX - (int)length, ret + length, "%s%s", is_root ? "" : "/", name);
	return 0;
}

enum trace_error guard_files(const char *path, enum guard_files how, char ret[PATH_MAX], struct trace_failure *failure)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};
	struct stat trace, file;
	const char *why;
	char name[PATH_MAX];
	bool exists = look(path, how, &trace, &why);
	if (exists && why == NULL && how == GUARD_WRITE)
		why = why_not_write(&trace, false);
	if (why != NULL)
		return refuse(failure, path, "", why);
	int error = resolve(path, ret);
	if (error != 0)
		return trace_fail_path(failure, error, path);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		sqlite3_snprintf(sizeof name, name, "%s%s", ret, suffixes[i]);
		if (lstat(name, &file) != 0)
			continue;
		if (!S_ISREG(file.st_mode))
			return refuse(failure, ret, suffixes[i], "is not a regular file");
		if (!is_of_its_owner(&file, exists ? &trace : NULL))
			return refuse(failure, ret, suffixes[i], "belongs to another user");
	}
	return TRACE_OK;
}

bool guard_spool(const char *spool, const char *trace)
{
	struct stat file, its_trace;
	bool exists = stat(trace, &its_trace) == 0;
	return lstat(spool, &file) == 0 && is_of_its_owner(&file, exists ? &its_trace : NULL);
}

/* Where SQLite keeps them. */
enum { HEADER_BYTES = 100, USER_VERSION_AT = 60, APPLICATION_ID_AT = 68 };

static uint32_t number_at(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

enum guard_header guard_header(int fd)
{
	unsigned char header[HEADER_BYTES];
	struct stat file;
	if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
		return GUARD_HEADER_FOREIGN;
	if (file.st_size == 0)
		return GUARD_HEADER_NONE;
	if (pread(fd, header, sizeof header, 0) != sizeof header || memcmp(header, "SQLite format 3", 16) != 0 ||
		number_at(header + APPLICATION_ID_AT) != TRACE_APPLICATION_ID)
		return GUARD_HEADER_FOREIGN;
	return number_at(header + USER_VERSION_AT) == TRACE_USER_VERSION ? GUARD_HEADER_OURS : GUARD_HEADER_ANOTHER;
}

/* --- SQLite --- */

int guard_settings(sqlite3 *db)
{
	static const struct {
		int option, value;
	} options[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	};
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < sizeof options / sizeof options[0]; i++)
		rc = sqlite3_db_config(db, options[i].option, options[i].value, NULL);
	return rc == SQLITE_OK ? sqlite3_exec(db, "PRAGMA cell_size_check = ON", NULL, NULL, NULL) : rc;
}

/* Behind the white space and comments of an SQL text. */
static const char *behind_blanks(const char *at)
{
	for (;;) {
		while (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')
			at++;
		if (at[0] != '-' || at[1] != '-')
			return at;
		at += strcspn(at, "\n");
	}
}

/* The next sign that is neither; '\0' at the text's end. */
static char next_sign(const char **at)
{
	*at = behind_blanks(*at);
	return **at != '\0' ? *(*at)++ : '\0';
}

/* Whether a statement of the schema, up to its ';', is the text that SQLite keeps of one. */
static bool is_same_statement(const char *own, const char *kept)
{
	for (;;) {
		char sign = next_sign(&own);
		char other = next_sign(&kept);
		if (sign == ';' || sign == '\0')
			return other == '\0';
		if (sign != other)
			return false;
	}
}

static const char *behind_statement(const char *own)
{
	char sign;
	do
		sign = next_sign(&own);
	while (sign != ';' && sign != '\0');
	return own;
}

/* Whether a statement is one of ours; they come in the order of the schema, so the search goes on at `*at`. */
static bool is_own_statement(const char *kept, const char **at)
{
	/* The next one in the same words: all of them are, in a trace that this build made. */
	const char *next = behind_blanks(*at);
	size_t length = strlen(kept);
	if (strncmp(next, kept, length) == 0 && next[length] == ';') {
		*at = next + length + 1;
		return true;
	}
	const char *begun_at = *at;
	do {
		if (is_same_statement(*at, kept))
			return true;
		*at = behind_statement(*at);
		if (**at == '\0')
			*at = trace_schema_sql;
	} while (*at != begun_at);
	return false;
}

#define MOST_TABLES 32

struct names {
	struct {
		const char *at;
		int length;
	} items[MOST_TABLES];
	int count;
};

/* The names of our tables, as the schema has them. */
static struct names own_tables(void)
{
	static const char begin[] = "\nCREATE TABLE ";
	struct names names = {.count = 0};
	for (const char *at = trace_schema_sql; names.count < MOST_TABLES && (at = strstr(at, begin)) != NULL;) {
		at += sizeof begin - 1;
		names.items[names.count].at = at;
		names.items[names.count++].length = (int)strcspn(at, " ");
	}
	return names;
}

/* To SQLite a name is the same in whatever letters. */
static bool is_among(const struct names *names, const char *name)
{
	int length = (int)strlen(name);
	for (int i = 0; i < names->count; i++)
		if (names->items[i].length == length && sqlite3_strnicmp(names->items[i].at, name, length) == 0)
			return true;
	return false;
}

/* Whether what a row of sqlite_schema describes can do nothing but what pqleak made it for. */
static bool is_harmless(const char *const row[4], const struct names *tables, const char **at)
{
	const char *type = row[0], *table = row[2], *sql = row[3];
	if (strcmp(type, "trigger") == 0 || sqlite3_strnicmp(sql, "CREATE VIRTUAL", 14) == 0)
		return false;
	/* Tables and views that pqleak does not use are the user's own affair. */
	return !is_among(tables, table) || is_own_statement(sql, at);
}

/* Indexes that no statement made have no text. */
static const char schema_query[] =
	"SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";

enum trace_error guard_schema(sqlite3 *db, const char *path, struct trace_failure *failure)
{
	sqlite3_stmt *row;
	const char *at = trace_schema_sql;
	struct names tables = own_tables();
	enum trace_error error = TRACE_OK;
	int rc = sqlite3_prepare_v2(db, schema_query, -1, &row, NULL);
	while (rc == SQLITE_OK && error == TRACE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		const char *column[4];
		rc = SQLITE_OK;
		for (int i = 0; i < 4; i++)
			if ((column[i] = (const char *)sqlite3_column_text(row, i)) == NULL)
				rc = SQLITE_CORRUPT;
		if (rc == SQLITE_OK && !is_harmless(column, &tables, &at))
			error = trace_fail(failure, TRACE_REFUSED,
							   "trace '%s' has a %s '%.64s' that pqleak did not make (record a new one)", path,
							   column[0], column[1]);
	}
	if (error == TRACE_OK && rc != SQLITE_DONE)
		error = trace_fail_sqlite(failure, db, rc, path);
	sqlite3_finalize(row);
	return error;
}

/* --- time --- */

static int64_t cpu_ns(void)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static int is_over(void *closure)
{
	const struct guard_bound *bound = closure;
	return cpu_ns() > bound->until_ns;
}

void guard_bound(sqlite3 *db, struct guard_bound *bound, int64_t milliseconds)
{
	bound->until_ns = cpu_ns() + milliseconds * NS_PER_MS;
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	sqlite3_progress_handler(db, INSTRUCTIONS, is_over, bound);
}
