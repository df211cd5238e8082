// SPDX-License-Identifier: PostgreSQL
/*
 * option-table.c - the lines of options.def as a table, and what is looked up in it; see options.h.
 */
#include <stdint.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/options/take.h"

enum {
#define COMMAND(name, NAME) NAME = 1 << COMMAND_##NAME,
#include "analyzer/options/commands.def"
	IMPLIES_CHECK = 1 << COMMAND_COUNT,
	ANY = IMPLIES_CHECK - 1,
	READERS = RUN | REPORT | CHECK | SHOW | TIMELINE | HTML | AUDIT | BASELINE | SYMBOLIZE | SQL | EXPORT | DIFF,
};

/* Where a member is, and a proof that it has the type. */
#define MEMBER(type, field)                                                                                            \
	(offsetof(struct arguments, field) + 0 * sizeof(_Generic(((struct arguments *)NULL)->field, type : 0)))

#define HELP NULL, NULL, 0
#define AMONG(take, words, type, field) take, words, MEMBER(type, field)
#define BY(take, type, field) AMONG(take, NULL, type, field)
#define FLAG(field) BY(take_flag, bool, field)
#define TEXT(field) BY(take_text, const char *, field)
#define WORD(field) BY(take_word, const char *, field)
#define NUMBER(field) BY(take_number, long long, field)
#define DURATION(field) BY(take_duration, int64_t, field)
#define ONE_OF(words, field) AMONG(take_one_of, words, const char *, field)

const struct option_row option_rows[OPTION_ROWS] = {
#define GROUP(id, title) {.name = (title), .group = GROUP_##id},
#define OPTION(commands, letter, name, argument, sets, help) {commands, letter, name, argument, sets, help, GROUP_NONE},
#include "analyzer/options/options.def"
	{.name = NULL}};

bool option_is_of(const struct option_row *option, enum command_id command)
{
	return (option->commands >> command & 1) != 0;
}

bool option_implies_check(const struct option_row *option)
{
	return (option->commands & IMPLIES_CHECK) != 0;
}

const struct option_row *option_find(enum command_id command, const char *name)
{
	for (const struct option_row *row = option_rows; row->name != NULL; row++)
		if (option_is_of(row, command) && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

const char *option_nearest(enum command_id command, const char *word)
{
	const char *names[OPTION_ROWS] = {NULL};
	int count = 0;

	for (const struct option_row *row = option_rows; row->name != NULL; row++)
		if (option_is_of(row, command))
			names[count++] = row->name;
	return nearest(word, names);
}
