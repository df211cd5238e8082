// SPDX-License-Identifier: PostgreSQL
/*
 * symbols-jit.c - names for frames in no module; see jit.h.
 */
#include "analyzer/symbols/jit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "analyzer/base/array.h"
#include "analyzer/base/query.h"

/*
 * The build-id of a '[jit]' is the spool of its process, which may have made code long before its first call of libpq.
 * `until`: INT64_MAX while it runs, 0 when nobody knows.
 */
static const char process_sql[] = "SELECT m.id, p.pid, ifnull(p.born_ns, p.started_ns),"
								  " ifnull(p.ended_ns, iif(p.\"end\" IS NULL, 9223372036854775807, 0)) FROM module m "
								  "JOIN process p ON p.spool = m.build_id"
								  " WHERE m.path = '[jit]' AND m.id IN (SELECT module FROM wanted_frame) ORDER BY m.id";

static const char address_sql[] = "SELECT f.id, f.\"offset\" FROM wanted_frame w JOIN frame f ON f.id = w.frame"
								  " WHERE w.module = ? ORDER BY f.\"offset\"";

/* The frames of a module, by address: only x86-64's upper half would be negative, and that is the kernel's. */
static bool read_addresses(sqlite3 *db, int64_t module, struct jit_name **ret_names, int64_t **ret_frames, size_t *ret)
{
	QUERY_CLEANUP row = query_with(db, address_sql, AS_NUMBER(module));
	bool failed = false;

	while (query_next(row, &failed)) {
		if (!array_room(*ret_names, *ret) || !array_room(*ret_frames, *ret))
			return false;
		(*ret_frames)[*ret] = sqlite3_column_int64(row, 0);
		(*ret_names)[(*ret)++] = (struct jit_name){.address = (uint64_t)sqlite3_column_int64(row, 1)};
	}
	return !failed;
}

/* MODULE_NO_SYMBOLS when the map says nothing of any of them. */
static bool keep(sqlite3 *db, int64_t module, enum module_state state, const struct jit_name *names,
				 const int64_t *frames, size_t count)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT OR REPLACE INTO found_symbol VALUES (?, 0, ?, NULL, NULL)");
	QUERY_CLEANUP note = query_prepare(db, "INSERT OR REPLACE INTO module_state VALUES (?, ?)");
	bool done = true;

	if (state == MODULE_OK)
		state = MODULE_NO_SYMBOLS;
	for (size_t i = 0; i < count && done; i++) {
		if (names[i].name == NULL)
			continue;
		done = query_put(insert, AS_NUMBER(frames[i]), AS_TEXT(names[i].name));
		state = MODULE_OK;
	}
	return done && query_put(note, AS_NUMBER(module), AS_TEXT(module_state_name(state)));
}

static bool resolve_one(sqlite3 *db, const struct symbol_choice *choice, bool here, int64_t module,
						const struct jit_process *process)
{
	struct jit_name *names = NULL;
	int64_t *frames = NULL;
	size_t count = 0;
	/* Another machine's process of that number is another process. */
	bool same_machine = choice->sysroot != NULL || here;
	bool done = read_addresses(db, module, &names, &frames, &count);

	if (done) {
		enum module_state state = same_machine ? jit_name(choice->sysroot, process, names, count) : MODULE_MISSING;
		done = keep(db, module, state, names, frames, count);
	}
	for (size_t i = 0; i < count; i++)
		free(names[i].name);
	free(names);
	free(frames);
	return done;
}

bool symbols_resolve_jit(sqlite3 *db, const struct symbol_choice *choice, bool here)
{
	QUERY_CLEANUP row = query_prepare(db, process_sql);
	const char *path = sqlite3_db_filename(db, "main");
	struct stat trace;
	bool failed = row == NULL;

	if (path == NULL || stat(path, &trace) != 0)
		return !failed;
	while (!failed && query_next(row, &failed)) {
		struct jit_process process = {.pid = sqlite3_column_int64(row, 1),
									  .since_ns = sqlite3_column_int64(row, 2),
									  .until_ns = sqlite3_column_int64(row, 3),
									  .owner = trace.st_uid};
		failed = !resolve_one(db, choice, here, sqlite3_column_int64(row, 0), &process);
	}
	return !failed;
}
