// SPDX-License-Identifier: PostgreSQL
/*
 * help.c - the table of options as text; see options.h.
 */
#include "analyzer/options/options.h"

#include <stdio.h>
#include <string.h>

#define HELP_COLUMN 27

static void print_option(const struct option_row *option)
{
	int column =
		option->letter != 0 ? printf("  -%c, --%s", option->letter, option->name) : printf("  --%s", option->name);

	if (option->argument != NULL)
		column += printf("=%s", option->argument);
	if (column >= HELP_COLUMN) {
		printf("\n");
		column = 0;
	}
	for (const char *line = option->help; *line != '\0'; column = 0) {
		int length = (int)strcspn(line, "\n");
		printf("%*s%.*s\n", HELP_COLUMN - column, "", length, line);
		line += length + (line[length] == '\n');
	}
}

/* The options of one group, with its heading when there is to be one. */
static void print_group(const struct command *command, enum option_group wanted, const char *before)
{
	enum option_group group = GROUP_NONE;
	const char *title = "";
	bool any = false;

	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (row->commands == 0) {
			group = row->group;
			title = row->name;
		}
		if (group != wanted || row->help == NULL || !option_is_of(row, command->id))
			continue;
		if (!any && command->first != GROUP_NONE)
			printf("%s%s:\n", before, title);
		print_option(row);
		any = true;
	}
}

void print_help(const struct command *command)
{
	printf("usage: pqleak %s %s\n\n%s.\n\n", command_name(command->id), command->synopsis, command->summary);
	if (command->intro != NULL)
		printf("%s\n", command->intro);
	print_group(command, command->first, "");
	for (int group = GROUP_NONE; group < GROUP_COUNT; group++)
		if (group != (int)command->first)
			print_group(command, (enum option_group)group, "\n");
	if (command->outro != NULL)
		printf("\n%s", command->outro);
}
