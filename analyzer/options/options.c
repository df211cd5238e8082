// SPDX-License-Identifier: PostgreSQL
/*
 * options.c - getopt_long with pqleak's errors and hints; see options.h.
 */
#include "analyzer/options/options.h"

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/options/configuration.h"
#include "analyzer/options/take.h"

#define LONG_ONLY 256 /* to getopt_long: the number of the first row */

/* As getopt_long wants them. */
struct table {
	char letters[2 * OPTION_ROWS + 2];
	struct option options[OPTION_ROWS];
};

static void make_table(const struct command *command, struct table *ret)
{
	char *letter = ret->letters;
	struct option *option = ret->options;

	if (command->is_prefix)
		*letter++ = '+';
	*letter++ = ':';
	for (const struct option_row *row = option_rows; row->name != NULL; row++) {
		if (!option_is_of(row, command->id))
			continue;
		option->name = row->name;
		option->has_arg = row->argument != NULL ? required_argument : no_argument;
		option->val = row->letter != 0 ? row->letter : LONG_ONLY + (int)(row - option_rows);
		option++;
		if (row->letter != 0)
			*letter++ = row->letter;
		if (row->letter != 0 && row->argument != NULL)
			*letter++ = ':';
	}
}

/* What getopt_long gives for an option; NULL: it gave an error. */
static const struct option_row *row_of(const struct command *command, int value)
{
	if (value >= LONG_ONLY)
		return &option_rows[value - LONG_ONLY];
	for (const struct option_row *row = option_rows; row->name != NULL; row++)
		if (option_is_of(row, command->id) && row->letter == value)
			return row;
	return NULL;
}

static void complain_of(const struct command *command, int what, char **argv)
{
	const char *argument = argv[optind - 1], *name = command_name(command->id);
	char word[64], hint[HINT_TEXT];
	int length = (int)strcspn(argument, "=");
	bool is_letter = optopt > 0 && optopt < LONG_ONLY;

	if (what == ':' && is_letter)
		complain("option '-%c' needs a value (see 'pqleak %s --help')", optopt, name);
	else if (what == ':')
		complain("option '%s' needs a value (see 'pqleak %s --help')", argument, name);
	else if (is_letter && strncmp(argument, "--", 2) != 0)
		complain("unknown option '-%c' (see 'pqleak %s --help')", optopt, name);
	else if (optopt > 0) /* getopt_long names the option when it knows it: it takes no value */
		complain("option '%.*s' takes no value (see 'pqleak %s --help')", length, argument, name);
	else {
		snprintf(word, sizeof word, "%.*s", length - 2, argument + 2);
		complain("unknown option '--%s'%s (see 'pqleak %s --help')", word,
				 did_you_mean(hint, "--", option_nearest(command->id, word)), name);
	}
}

static bool take(const struct option_row *row, struct arguments *arguments)
{
	arguments->check = arguments->check || option_implies_check(row);
	return row->take(row, optarg, (char *)arguments + row->field);
}

/* Which file of options counts; what is wrong is told later. */
static bool configure(const struct command *command, const struct table *table, int argc, char **argv,
					  struct arguments *ret)
{
	const struct option_row *file = option_find(command->id, "config"), *none = option_find(command->id, "no-config");

	optind = 0; /* begins anew */
	for (int value; (value = getopt_long(argc, argv, table->letters, table->options, NULL)) != -1;) {
		const struct option_row *row = row_of(command, value);
		if (row != NULL && (row == file || row == none))
			take(row, ret);
	}
	return configuration_read(command->id, argc, argv, ret->configuration, ret->unconfigured, &ret->configured);
}

int options_read(const struct command *command, int argc, char **argv, struct arguments *ret)
{
	struct table table = {.letters = ""};
	int wrong = command->usage_status != 0 ? command->usage_status : STATUS_UNABLE;

	*ret = (struct arguments){.trace = DEFAULT_TRACE, .leak_status = STATUS_LEAKS, .connection = -1};
	make_table(command, &table);
	opterr = 0;
	if (option_find(command->id, "config") != NULL) {
		if (!configure(command, &table, argc, argv, ret))
			return wrong;
		argc = ret->configured.argc;
		argv = ret->configured.argv;
	}
	optind = 0;
	for (int value; (value = getopt_long(argc, argv, table.letters, table.options, NULL)) != -1;) {
		const struct option_row *row = row_of(command, value);
		if (row != NULL && row->take == NULL) {
			print_help(command);
			return STATUS_CLEAN;
		}
		if (row == NULL)
			complain_of(command, value, argv);
		if (row == NULL || !take(row, ret)) {
			configuration_blame(&ret->configured, optind - 1);
			return wrong;
		}
	}
	if (ret->report.gate.is_asked) {
		fail_on_print();
		return STATUS_CLEAN;
	}
	ret->count = argc - optind;
	ret->words = argv + optind;
	if (ret->count <= command->most)
		return -1;
	return fail(wrong, "unexpected argument '%s' (see 'pqleak %s --help')", ret->words[command->most],
				command_name(command->id));
}

const char *arguments_trace(const struct arguments *arguments)
{
	return arguments->count > 0 ? arguments->words[0] : DEFAULT_TRACE;
}

static void patterns_done(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		free(patterns->items[i]);
	free(patterns->items);
}

void arguments_done(struct arguments *arguments)
{
	struct report_choice *choice = &arguments->report;

	free(choice->formats.outputs);
	suppressions_done(&choice->accepted.suppressions);
	baseline_done(&choice->accepted.baseline);
	patterns_done(&choice->frames.skip);
	patterns_done(&choice->frames.own);
	configuration_done(&arguments->configured);
}
