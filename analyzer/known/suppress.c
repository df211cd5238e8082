// SPDX-License-Identifier: PostgreSQL
/*
 * suppress.c - what suppressions match; see known.h.
 */
#include "analyzer/known/known.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/known/suppress-file.h"

/* What may be excused, stack by stack. */
static const char candidate_sql[] =
	"SELECT DISTINCT acquire_stack AS stack, kind, verdict, acquire_function FROM told_life WHERE lost"
	" UNION ALL SELECT stack, kind, 'misuse', function FROM misuse_group ORDER BY stack";

static const char frames_sql[] = "SELECT ifnull(function, ''), ifnull(file, ''), ifnull(module, unit)"
								 " FROM stack_call WHERE stack = ? ORDER BY level, depth";

struct frame {
	char *function, *file, *module;
};

struct stack {
	const char *function; /* of libpq, that was called */
	struct frame *frames; /* that called it */
	size_t count;
};

static void stack_done(struct stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		free(stack->frames[i].function);
		free(stack->frames[i].file);
		free(stack->frames[i].module);
	}
	free(stack->frames);
	*stack = (struct stack){.function = ""};
}

static bool read_stack(sqlite3_stmt *query, int64_t number, struct stack *ret)
{
	bool failed = false;

	stack_done(ret);
	sqlite3_reset(query);
	query_bind(query, QUERY_VALUES(AS_NUMBER(number)));
	while (query_next(query, &failed)) {
		if (!array_room(ret->frames, ret->count))
			return false;
		struct frame *frame = &ret->frames[ret->count++];
		frame->function = strdup(query_text(query, 0));
		frame->file = strdup(query_text(query, 1));
		frame->module = strdup(query_text(query, 2));
		if (frame->function == NULL || frame->file == NULL || frame->module == NULL)
			return refuse("out of memory");
	}
	return !failed;
}

/* Code in no module has no name at all, and nor has what has no stack: `leak:^$`. */
static bool frame_matches(const struct frame *frame, const char *pattern)
{
	const char *names[] = {frame->function, frame->file, frame->module};
	bool has_name = false;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i][0] != '\0') {
			has_name = true;
			if (pattern_matches(pattern, names[i]))
				return true;
		}
	return !has_name && pattern_matches(pattern, "");
}

static bool any_matches(const struct stack *stack, const char *pattern)
{
	if (stack->count == 0)
		return pattern_matches(pattern, "");
	for (size_t i = 0; i < stack->count; i++)
		if (frame_matches(&stack->frames[i], pattern))
			return true;
	return false;
}

static bool any_module_matches(const struct stack *stack, const char *pattern)
{
	for (size_t i = 0; i < stack->count; i++)
		if (pattern_matches(pattern, stack->frames[i].module))
			return true;
	return false;
}

/* The call of libpq is a frame like any other to these patterns: the innermost one, number 0. */
static bool call_matches(const struct stack *stack, size_t number, const char *pattern)
{
	return number == 0 ? pattern_matches(pattern, stack->function) : frame_matches(&stack->frames[number - 1], pattern);
}

/* Whether the patterns match neighbouring frames, with any number of frames between where "..." stands. */
static bool frames_match(const struct suppression *item, const struct stack *stack)
{
	size_t star = 0, retry = 0;

	for (size_t f = 0, i = 0; f < item->frame_count;) {
		if (strcmp(item->frames[f], "...") == 0) {
			star = ++f;
			retry = i;
		} else if (i <= stack->count && call_matches(stack, i, item->frames[f])) {
			f++;
			i++;
		} else if (retry <= stack->count) {
			f = star;
			i = ++retry;
		} else {
			return false;
		}
	}
	return true;
}

static bool matches(const struct suppression *item, const char *kind, const char *verdict, const struct stack *stack)
{
	bool is_misuse = strcmp(verdict, "misuse") == 0;

	return item->is_misuse == is_misuse && (item->kind == KIND_NONE || item->kind == kind_find(kind)) &&
		   (item->misuse == MISUSE_NONE || item->misuse == misuse_find(kind)) &&
		   (item->verdict == VERDICT_COUNT || item->verdict == verdict_find(verdict)) &&
		   any_matches(stack, item->pattern) && (item->module == NULL || any_module_matches(stack, item->module)) &&
		   frames_match(item, stack);
}

static bool has_expired(const struct suppression *item)
{
	time_t now = time(NULL);
	struct tm local;
	char today[16] = "";

	if (item->expires[0] == '\0' || localtime_r(&now, &local) == NULL)
		return false;
	strftime(today, sizeof today, "%Y-%m-%d", &local);
	return strcmp(item->expires, today) < 0;
}

/* Finds the first that matches, and counts for every one that does: a second is not unused because of the first. */
static size_t first_match(const struct suppressions *all, sqlite3_stmt *candidate, const struct stack *stack,
						  int64_t *matched)
{
	size_t found = all->count;

	for (size_t i = all->count; i-- > 0;)
		if (matches(&all->items[i], query_text(candidate, 1), query_text(candidate, 2), stack)) {
			matched[i]++;
			if (!has_expired(&all->items[i]))
				found = i;
		}
	return found;
}

static bool match_all(const struct suppressions *all, sqlite3 *db, int64_t *matched)
{
	QUERY_CLEANUP candidate = query_prepare(db, candidate_sql);
	QUERY_CLEANUP frames = query_prepare(db, frames_sql);
	QUERY_CLEANUP insert = query_prepare(db, "INSERT OR IGNORE INTO excuse VALUES (?, ?, ?, ?, 'suppressed', ?)");
	struct stack stack = {.function = ""};
	int64_t number = -1;
	bool failed = false;

	while (!failed && query_next(candidate, &failed)) {
		if (sqlite3_column_int64(candidate, 0) != number) {
			number = sqlite3_column_int64(candidate, 0);
			failed = !read_stack(frames, number, &stack);
		}
		stack.function = query_text(candidate, 3);
		size_t first = failed ? all->count : first_match(all, candidate, &stack, matched);
		failed = failed || (first < all->count &&
							!query_put(insert, AS_TEXT(query_text(candidate, 1)), AS_TEXT(query_text(candidate, 2)),
									   AS_NUMBER(number), AS_TEXT(stack.function), AS_NUMBER((int64_t)first + 1)));
	}
	stack_done(&stack);
	return !failed;
}

static bool note(sqlite3 *db, const struct suppressions *all, const int64_t *matched)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO suppression VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?)");
	bool done = true;

	for (size_t i = 0; i < all->count && done; i++) {
		const struct suppression *item = &all->items[i];
		char *real = realpath(item->file, NULL);
		done = query_put(insert, AS_NUMBER((int64_t)i + 1), AS_TEXT(item->file), AS_TEXT(real), AS_NUMBER(item->line),
						 AS_TEXT(item->pattern), AS_TEXT(item->reason), AS_TEXT(item->expires),
						 AS_NUMBER(has_expired(item)), AS_NUMBER(matched[i]));
		free(real);
	}
	return done;
}

bool suppress_apply(const struct suppressions *suppressions, sqlite3 *db)
{
	if (suppressions->count == 0)
		return true;
	int64_t *matched = calloc(suppressions->count, sizeof *matched);
	bool done = matched != NULL ? match_all(suppressions, db, matched) && note(db, suppressions, matched)
								: refuse("out of memory");
	free(matched);
	return done;
}
