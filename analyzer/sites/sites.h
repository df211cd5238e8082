// SPDX-License-Identifier: PostgreSQL
/*
 * sites.h - the frames of stacks in words, and whose code each is.
 *
 * Owns TEMP TABLEs file_name (what each file is called), frame_call (a row for each function of a frame), frame_role
 * (one for each frame) and site (the plain call site of a stack), and what a
 * command reads of them.
 */
#ifndef PQLEAK_ANALYZER_SITES_SITES_H
#define PQLEAK_ANALYZER_SITES_SITES_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/options/choice.h"
#include "analyzer/symbols/symbols.h"

/*
 * Looks up symbols and makes the tables, for the stacks that the query `stacks` selects; for those that `named`
 * selects, which may be NULL, it only looks up symbols.  After source_root_use().  False: it failed and said so.
 */
bool sites_make(sqlite3 *db, const struct symbol_choice *choice, const char *stacks, const char *named);

/* Its tables, and those of symbols_resolve(). */
#define SITES_MAKE                                                                                                     \
	"wanted_stack wanted_frame found_symbol package driver driver_function frame_named file_name frame_call "          \
	"frame_role "                                                                                                      \
	"script_stack stack_end wanted_role wanted_own "                                                                   \
	"site stack_test stack_call"

/* Whose code it is; as the view stack_role says. */
enum call_role { CALL_NATIVE, CALL_SCRIPT, CALL_INTERPRETER, CALL_SYSTEM, CALL_DRIVER, CALL_RUNNER };

/* One function of a stack. */
struct call {
	char *head, *tail;
	int level, depth;
	enum call_role role;
	bool is_outside; /* what runs the user's code, and what lies beyond that */
	bool is_start;   /* how the program began, outside its scripts */
	bool is_named;   /* its function is known */
};

struct calls {
	struct call *items; /* innermost first */
	int count;
	char *runner; /* the test runner or server that calls the user's code; "": there is none */
};

/* Reads a stack; `whole`: names are not shortened.  Empty when there is none, or on a failure, which is printed. */
struct calls calls_read(sqlite3 *db, int64_t stack, bool whole);
void calls_done(struct calls *calls);

#define CALLS_CLEANUP __attribute__((cleanup(calls_done))) struct calls

/* Whether a call says nothing of what the program does: it is of what runs the user's code. */
bool call_is_folded(const struct call *call);

/* The user's own patterns of whose code is whose, into TEMP TABLEs skip and own; false: it failed and said so. */
bool frames_use(const struct frame_choice *frames, sqlite3 *db);

#endif
