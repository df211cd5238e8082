// SPDX-License-Identifier: PostgreSQL
/*
 * unseen.c - what LD_PRELOAD does not reach; see unseen.h.
 */
#include "analyzer/reading/unseen.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/regular-file.h"
#include "analyzer/launch/elf-look.h"
#include "trace/base/reach.h"
#include "trace/base/signs.h"
#include "trace/store/marks.h"

/* What a look costs, whatever a trace names. */
#define SCRIPT_BYTES (1 << 20)         /* more than a script that people write */
#define SCRIPT_BYTES_OF_ALL (64 << 20) /* in all scripts of a command */
#define MOST_PROGRAMS "10000"          /* others stay as they are */

void unseen_note_command(sqlite3 *db, const char *path)
{
	char exe[PATH_MAX], script[PATH_MAX];
	enum reach reach = reach_judge(AT_FDCWD, path, exe, sizeof exe, script, sizeof script);

	if (reach != REACH_YES && reach != REACH_NOTHING)
		unseen_add(db, 0, reach_names[reach], exe, script, "");
}

/* A Go program has its own system calls, but its libpq is seen: only a driver matters. */
static const char *sign_of(const struct elf_look *look, const char *how)
{
	if (look->sign[0] != '\0' || strcmp(how, "go") == 0)
		return look->sign;
	/* What needs libpq and was started without us has as good a reason to speak as what has it inside. */
	return look->needs_libpq || look->exports_libpq ? "libpq" : "";
}

/* False: it cannot be read, or too much has been. */
static bool look_at_script(const char *path, char ret_sign[SIGN_BYTES])
{
	static ssize_t left = SCRIPT_BYTES_OF_ALL;
	int fd = left > 0 ? regular_open(path, 0) : -1;
	char *text = fd >= 0 ? malloc(SCRIPT_BYTES + 1) : NULL;
	ssize_t length = text != NULL ? pread(fd, text, SCRIPT_BYTES, 0) : -1;

	if (length >= 0) {
		text[length] = '\0';
		left -= length;
		if (!sign_in_script(text, ret_sign))
			ret_sign[0] = '\0';
	}
	free(text);
	if (fd >= 0)
		close(fd);
	return length >= 0;
}

struct program {
	const char *how, *exe, *script;
};

/* The same interpreter runs many scripts: it is looked at once. */
struct last {
	char exe[PATH_MAX];
	bool good;
	struct elf_look look;
};

/*
 * What in a program's file, or in its script, speaks PostgreSQL, "" nothing; NULL: nobody knows.  `given`: the sign
 * that the shim found in its environment, or NULL, which means nothing to a program like ls.
 */
static const char *find_sign(struct last *last, const struct program *program, const char *given, char room[SIGN_BYTES])
{
	if (strcmp(last->exe, program->exe) != 0) {
		snprintf(last->exe, sizeof last->exe, "%s", program->exe);
		last->good = elf_look(program->exe, &last->look);
	}
	if (!last->good)
		return NULL;
	const char *sign = sign_of(&last->look, program->how);
	if (sign[0] == '\0' && given != NULL)
		return last->look.is_secluded ? "" : given;
	if (sign[0] != '\0' || program->script[0] == '\0')
		return sign;
	return look_at_script(program->script, room) ? room : NULL;
}

void unseen_look(sqlite3 *db)
{
	struct last last = {0};
	sqlite3_stmt *row;
	sqlite3_stmt *update;

	if (sqlite3_db_readonly(db, "main") != 0 ||
		sqlite3_prepare_v2(db,
						   "SELECT rowid, how, exe, module, sign FROM unseen"
						   " WHERE (sign IS NULL OR sign LIKE '% in its environment')"
						   " AND how NOT IN ('protocol', 'bypassed', 'namespace', 'relay') ORDER BY exe"
						   " LIMIT " MOST_PROGRAMS,
						   -1, &row, NULL) != SQLITE_OK)
		return;
	if (sqlite3_prepare_v2(db, "UPDATE unseen SET sign = ?2 WHERE rowid = ?1", -1, &update, NULL) == SQLITE_OK)
		while (sqlite3_step(row) == SQLITE_ROW) {
			char room[SIGN_BYTES];
			const struct program program = {(const char *)sqlite3_column_text(row, 1),
											(const char *)sqlite3_column_text(row, 2),
											(const char *)sqlite3_column_text(row, 3)};
			const char *sign = find_sign(&last, &program, (const char *)sqlite3_column_text(row, 4), room);
			if (sign == NULL)
				continue;
			sqlite3_bind_int64(update, 1, sqlite3_column_int64(row, 0));
			sqlite3_bind_text(update, 2, sign, -1, SQLITE_TRANSIENT);
			sqlite3_step(update);
			sqlite3_reset(update);
		}
	sqlite3_finalize(update);
	sqlite3_finalize(row);
}
