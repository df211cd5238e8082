// SPDX-License-Identifier: PostgreSQL
/*
 * main.c - the `pqleak` command: its table of subcommands, help and version.
 *
 * A subcommand is a file of its own, and a line in commands.def.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/config.h"
#include "analyzer/launch/launch.h"
#include "analyzer/options/options.h"

#define COMMAND(name, NAME) extern const struct command command_##name;
#include "analyzer/options/commands.def"

static const struct command *const commands[COMMAND_COUNT] = {
#define COMMAND(name, NAME) [COMMAND_##NAME] = &command_##name,
#include "analyzer/options/commands.def"
};

static const struct command *find_command(const char *name)
{
	const char *names[COMMAND_COUNT + 1] = {NULL};
	enum command_id found = command_find(name);
	int count = 0;

	if (found != COMMAND_COUNT)
		return commands[found];
	for (int c = 0; c < COMMAND_COUNT; c++)
		if (!commands[c]->is_hidden)
			names[count++] = command_name((enum command_id)c);
	char hint[HINT_TEXT];
	complain("unknown command '%s'%s (see 'pqleak help')", name, did_you_mean(hint, "", nearest(name, names)));
	return NULL;
}

static void print_overview(FILE *file)
{
	fputs("usage: pqleak COMMAND [OPTIONS] ...\n\n"
		  "pqleak finds the PostgreSQL connections and results that a program takes from\n"
		  "libpq and never gives back.  The program need not be rebuilt.\n\n",
		  file);
	for (int c = 0; c < COMMAND_COUNT; c++)
		if (!commands[c]->is_hidden)
			fprintf(file, "  %-9s %s\n", command_name((enum command_id)c), commands[c]->summary);
	fputs("\nStart with 'pqleak run -- COMMAND'.  See 'pqleak COMMAND --help' for the options\n"
		  "of a command, and pqleak(1) for the manual.\n",
		  file);
}

static int run_help(const struct arguments *arguments)
{
	const struct command *command = arguments->count > 0 ? find_command(arguments->words[0]) : NULL;

	if (arguments->count == 0)
		print_overview(stdout);
	else if (command == NULL)
		return STATUS_UNABLE;
	else
		print_help(command);
	return STATUS_CLEAN;
}

const struct command command_help = {
	.id = COMMAND_HELP,
	.synopsis = "[COMMAND]",
	.summary = "Explain pqleak, or one of its commands",
	.is_prefix = true,
	.most = 1,
	.run = run_help,
};

/* Output that could not be written is a failure, also when only the last flush finds out. */
static int finish(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0)
		return fail(STATUS_UNABLE, "cannot write the output: the disk is full, or the reader has closed the pipe");
	return status;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct arguments arguments;
	int status = options_read(command, argc, argv, &arguments);

	if (status < 0)
		status = command->run(&arguments);
	arguments_done(&arguments);
	return status;
}

int main(int argc, char **argv)
{
	launch_survive_file_limit();
	query_settle();
	if (argc < 2) {
		print_overview(stderr);
		return STATUS_UNABLE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts("pqleak " PQLEAK_VERSION);
		return finish(0);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_overview(stdout);
		return finish(0);
	}
	if (argv[1][0] == '-')
		return fail(STATUS_UNABLE, "unknown option '%s' (see 'pqleak help')", argv[1]);
	const struct command *command = find_command(argv[1]);
	return command != NULL ? finish(run(command, argc - 1, argv + 1)) : STATUS_UNABLE;
}
