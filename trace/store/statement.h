// SPDX-License-Identifier: PostgreSQL
/*
 * statement.h - every SQL statement of the drain and the ingest, in one list.
 *
 * Owns their texts and their prepared form for one open trace.  Each is
 * prepared when it is first needed: a drain in the host opens the trace anew,
 * and most need only a few.  Results are SQLite's own codes.
 */
#ifndef PQLEAK_TRACE_STORE_STATEMENT_H
#define PQLEAK_TRACE_STORE_STATEMENT_H

#include <sqlite3.h>
#include <stdint.h>

enum statement_name {
	FIND_PROCESS,
	ADD_PROCESS,
	UPDATE_PROCESS,
	END_PROCESS,
	GIVE_UP_PROCESS,
	HAS_PROCESS_ENDED,
	ADD_INCOMPLETE,
	FIND_MODULE,
	ADD_MODULE,
	FIND_SCRIPT,
	ADD_SCRIPT,
	FIND_FRAME,
	ADD_FRAME,
	FIND_STACK,
	ADD_STACK,
	ADD_STACK_FRAME,
	FIND_TARGET,
	ADD_TARGET,
	FIND_SETTING,
	ADD_SETTING,
	LAST_ROWS,
	ADD_CONNECTION,
	UPDATE_CONNECTION,
	ADD_RESET,
	ADD_RESOURCE,
	UPDATE_RESOURCE,
	DELETE_RESOURCE,
	ADD_FOLD,
	ADD_MISUSE,
	ADD_EVENT,
	LIVE_CONNECTIONS,
	LIVE_RESOURCES,
	STATEMENT_COUNT,
};

struct statements {
	sqlite3 *db;
	sqlite3_stmt *prepared[STATEMENT_COUNT];
};

/* The statement, with nothing bound, or NULL; sqlite3_errcode(db) says why. */
sqlite3_stmt *statement(struct statements *statements, enum statement_name name);

/* Runs it to its end and makes it ready again: SQLITE_OK or an error. */
int statement_run(sqlite3_stmt *stmt);

/* Runs a query for one 64-bit number and makes it ready again: SQLITE_ROW, SQLITE_DONE (no row), or an error. */
int statement_number(sqlite3_stmt *stmt, int64_t *ret);

void statements_done(struct statements *statements);

#endif
