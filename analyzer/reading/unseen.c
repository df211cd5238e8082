// SPDX-License-Identifier: PostgreSQL
/*
 * unseen.c - what LD_PRELOAD does not reach; see unseen.h.
 */
#include "analyzer/reading/unseen.h"

#include <fcntl.h>
#include <limits.h>

#include "analyzer/launch/elf-look.h"
#include "trace/base/reach.h"
#include "trace/store/marks.h"

void unseen_note_command(sqlite3 *db, const char *path)
{
	char exe[PATH_MAX];
	enum reach reach = reach_judge(AT_FDCWD, path, exe, sizeof exe);

	if (reach != REACH_YES && reach != REACH_NOTHING)
		unseen_add(db, 0, reach_names[reach], exe, "");
}

/* A program that needs libpq and was started without us has as good a reason to speak as one that has it inside. */
static const char *sign_of(const struct elf_look *look)
{
	return look->sign[0] != '\0' ? look->sign : look->needs_libpq || look->exports_libpq ? "libpq" : "";
}

void unseen_look(sqlite3 *db)
{
	sqlite3_stmt *row;
	sqlite3_stmt *update;

	if (sqlite3_db_readonly(db, "main") != 0 ||
		sqlite3_prepare_v2(db,
						   "SELECT rowid, exe FROM unseen WHERE sign IS NULL"
						   " AND how NOT IN ('protocol', 'bypassed', 'namespace')",
						   -1, &row, NULL) != SQLITE_OK)
		return;
	if (sqlite3_prepare_v2(db, "UPDATE unseen SET sign = ?2 WHERE rowid = ?1", -1, &update, NULL) == SQLITE_OK)
		while (sqlite3_step(row) == SQLITE_ROW) {
			struct elf_look look;
			if (!elf_look((const char *)sqlite3_column_text(row, 1), &look))
				continue;
			sqlite3_bind_int64(update, 1, sqlite3_column_int64(row, 0));
			sqlite3_bind_text(update, 2, sign_of(&look), -1, SQLITE_STATIC);
			sqlite3_step(update);
			sqlite3_reset(update);
		}
	sqlite3_finalize(update);
	sqlite3_finalize(row);
}
