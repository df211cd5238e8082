// SPDX-License-Identifier: PostgreSQL
/*
 * complete.c - `pqleak complete`: what a shell asks before it completes a command line.
 *
 * Not for people, and so in no help.  Without a word: the names of the commands,
 * a line each.  With a command's name: its options, as "-q --quiet",
 * "--held=DURATION" or, where the values are known, "--sql=text all".
 */
#include <stdio.h>

#include "analyzer/options/options.h"

static void print_words(const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (i > 0)
			putchar(' ');
		for (const char *at = words[i]; *at != '\0'; at++)
			putchar(*at == ' ' ? '-' : *at);
	}
}

static void print_option(const struct option_row *option)
{
	if (option->letter != 0)
		printf("-%c ", option->letter);
	printf("--%s", option->name);
	if (option->argument != NULL)
		putchar('=');
	if (option->words != NULL)
		print_words(option->words());
	else if (option->argument != NULL)
		fputs(option->argument, stdout);
	putchar('\n');
}

static int run_complete(const struct arguments *arguments)
{
	if (arguments->count == 0) {
		for (int c = 0; c < COMMAND_COUNT; c++)
			if (c != COMMAND_COMPLETE)
				puts(command_name((enum command_id)c));
		return STATUS_CLEAN;
	}
	enum command_id command = command_find(arguments->words[0]);
	for (const struct option_row *row = option_rows; command != COMMAND_COUNT && row->name != NULL; row++)
		if (option_is_of(row, command))
			print_option(row);
	return command != COMMAND_COUNT ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_complete = {
	.id = COMMAND_COMPLETE,
	.synopsis = "[COMMAND]",
	.summary = "List the commands, or the options of one, for a shell's completion",
	.is_hidden = true,
	.is_prefix = true,
	.most = 1,
	.run = run_complete,
};
