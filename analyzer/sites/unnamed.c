// SPDX-License-Identifier: PostgreSQL
/*
 * unnamed.c - see unnamed.h.
 */
#include "analyzer/sites/unnamed.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/symbols/package.h"

extern const char unnamed_sql[];

/* What is another file now came from another version of the package, and without a build-id none is known to fit. */
static const char packaged_sql[] =
	"SELECT path FROM unnamed WHERE state <> 'changed' AND build_id <> '' AND (path GLOB '/usr/*' OR"
	" path GLOB '/lib*' OR path GLOB '/bin/*' OR path GLOB '/sbin/*' OR path GLOB '/opt/*')"
	" AND path NOT GLOB '/usr/local/*'";

struct packaged {
	struct packaged_file *files;
	size_t count;
};

static void packaged_done(struct packaged *packaged)
{
	for (size_t i = 0; i < packaged->count; i++) {
		free(packaged->files[i].path);
		free(packaged->files[i].package);
	}
	free(packaged->files);
}

#define PACKAGED_CLEANUP __attribute__((cleanup(packaged_done))) struct packaged

static bool list(sqlite3 *db, struct packaged *packaged)
{
	QUERY_CLEANUP row = query_prepare(db, packaged_sql);
	bool failed = row == NULL;

	while (!failed && query_next(row, &failed)) {
		if (!array_room(packaged->files, packaged->count))
			return false;
		struct packaged_file *file = &packaged->files[packaged->count];
		*file = (struct packaged_file){.path = strdup(query_text(row, 0))};
		if (file->path == NULL)
			return refuse("out of memory");
		packaged->count++;
	}
	return !failed;
}

/* Of a file that is the traced one. */
static const char noted_sql[] =
	"UPDATE unnamed SET server = printable(?2 ->> 'debugInfoUrl'),"
	" package = iif(?2 ->> 'type' = 'rpm', printable(?2 ->> 'name'), package),"
	" debug_package = iif(?2 ->> 'type' = 'rpm', printable(?2 ->> 'name') || '-debuginfo', debug_package)"
	" WHERE path = ?1 AND state IN ('no symbols', 'ok') AND json_valid(?2) AND json_type(?2) = 'object'";

static bool take_note(sqlite3 *db, const char *path, const char *sysroot)
{
	char *note = package_note(sysroot, path);
	bool done = note == NULL || query_once(db, noted_sql, AS_TEXT(path), AS_TEXT(note));

	free(note);
	return done;
}

bool unnamed_make(sqlite3 *db, const struct symbol_choice *choice, const char *stacks)
{
	PACKAGED_CLEANUP packaged = {NULL, 0};
	char *told = sqlite3_mprintf("CREATE TEMP TABLE told_stack AS SELECT DISTINCT stack FROM (%s)", stacks);
	bool done = told != NULL || refuse("out of memory");

	done = done && query_drop(db, UNNAMED_MAKE) && query_run(db, told) && query_run(db, unnamed_sql) &&
		   list(db, &packaged) && packages_find(choice->sysroot, packaged.files, packaged.count);
	for (size_t i = 0; i < packaged.count && done; i++) {
		const char *name = packaged.files[i].package, *path = packaged.files[i].path;
		if (name != NULL && name[0] != '\0')
			done = query_once(db, "UPDATE unnamed SET package = ?1, debug_package = ?1 || '-dbgsym' WHERE path = ?2",
							  AS_TEXT(name), AS_TEXT(path));
		else if (packages_are_rpm(choice->sysroot))
			done = query_once(db, "UPDATE unnamed SET rpm = 1 WHERE path = ?", AS_TEXT(path));
		done = done && take_note(db, path, choice->sysroot);
	}
	sqlite3_free(told);
	return done;
}
