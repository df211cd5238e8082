// SPDX-License-Identifier: PostgreSQL
/* rows-bind.c - values of the fold as the trace has them: times, stacks and texts, and back. */
#include "trace/store/rows.h"

void bind_time(const struct rows *rows, sqlite3_stmt *stmt, int at, uint64_t time)
{
	/* Unsigned: a damaged time must not overflow a signed sum. */
	sqlite3_bind_int64(stmt, at, (int64_t)(time + (uint64_t)rows->epoch_ns));
}

void bind_bounded(sqlite3_stmt *stmt, int at, uint64_t number)
{
	sqlite3_bind_int64(stmt, at, number <= INT64_MAX ? (int64_t)number : INT64_MAX);
}

void bind_row(sqlite3_stmt *stmt, int at, int64_t row)
{
	if (row != 0)
		sqlite3_bind_int64(stmt, at, row);
}

void bind_stack(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number)
{
	sqlite3_bind_int64(stmt, at, blobs_row(rows->blobs, BLOB_STACK, number));
}

void bind_text(const struct rows *rows, sqlite3_stmt *stmt, int at, uint32_t number, const char *otherwise)
{
	int length = -1;
	const char *text = blobs_text(rows->blobs, number, &length);
	sqlite3_bind_text(stmt, at, text != NULL ? text : otherwise, length, SQLITE_STATIC);
}

void bind_statement(const struct rows *rows, sqlite3_stmt *stmt, int at, const struct statement *statement)
{
	if (statement->text != 0) {
		bind_text(rows, stmt, at, statement->text, NULL);
		return;
	}
	char keyword[KEYWORD_LETTERS];
	int length = 0;
	for (uint64_t rest = statement->keyword; length < KEYWORD_LETTERS; rest >>= 5) {
		unsigned letter = rest & 31;
		if (letter == 0 || letter > 26)
			break;
		keyword[length++] = (char)('A' + letter - 1);
	}
	if (length > 0)
		sqlite3_bind_text(stmt, at, keyword, length, SQLITE_TRANSIENT);
}

uint64_t column_time(const struct rows *rows, sqlite3_stmt *stmt, int column)
{
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		return 0;
	return (uint64_t)sqlite3_column_int64(stmt, column) - (uint64_t)rows->epoch_ns;
}

uint32_t column_stack(const struct map *stacks, sqlite3_stmt *stmt, int column)
{
	int64_t row = sqlite3_column_int64(stmt, column);
	const uint32_t *number = row != 0 ? map_find(stacks, (uint64_t)row) : NULL;
	return number != NULL ? *number : 0;
}
