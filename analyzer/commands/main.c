// SPDX-License-Identifier: PostgreSQL
/*
 * main.c - the `pqleak` command: its table of subcommands, help and version.
 *
 * A subcommand is a line here and a file of its own.
 */
#include <stdio.h>
#include <string.h>

#include "analyzer/options/command.h"
#include "analyzer/commands/configuration.h"
#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/config.h"

static int run_help(const struct command *self, int argc, char **argv);

static const struct command command_help = {
	.name = "help",
	.synopsis = "[COMMAND]",
	.summary = "Explain pqleak, or one of its commands",
	.help = "",
	.usage_status = STATUS_UNABLE,
	.run = run_help,
};

static const struct command *const commands[] = {
	&command_run,      &command_report, &command_check,     &command_show, &command_audit,
	&command_baseline, &command_doctor, &command_symbolize, &command_sql,  &command_help,
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static const struct command *find_command(const char *name)
{
	const char *names[COMMAND_COUNT + 1] = {NULL};

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		names[i] = commands[i]->name;
	}
	char hint[HINT_TEXT];
	fail(0, "there is no command '%s'%s (see 'pqleak help')", name, did_you_mean(hint, "", nearest(name, names)));
	return NULL;
}

static void print_overview(FILE *file)
{
	fputs("usage: pqleak COMMAND [OPTIONS] ...\n\n"
		  "pqleak finds the PostgreSQL connections and results that a program takes from\n"
		  "libpq and never gives back.  The program need not be rebuilt.\n\n",
		  file);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nBegin with 'pqleak run -- COMMAND'.  'pqleak COMMAND --help' lists a command's\n"
		  "options, pqleak(1) is the manual.\n",
		  file);
}

static int run_help(const struct command *self, int argc, char **argv)
{
	static const struct option options[] = {HELP_OPTION, {NULL, 0, NULL, 0}};
	int option = options_next(self, argc, argv, "+:h", options);

	if (option == OPTION_HELP)
		return 0;
	if (option == OPTION_WRONG || !options_end(self, argc, argv, 1))
		return self->usage_status;
	if (optind == argc) {
		print_overview(stdout);
		return 0;
	}
	const struct command *command = find_command(argv[optind]);
	if (command == NULL)
		return self->usage_status;
	print_help(command);
	return 0;
}

/* Output that could not be written is a failure, also when only the last flush finds out. */
static int finish(int status)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0)
		return fail(STATUS_UNABLE, "cannot write the output: the disk is full or the reader is gone");
	return status;
}

static int run_configured(const struct command *command, int argc, char **argv)
{
	struct configured configured;
	int status = command->usage_status;

	if (configuration_read(command, argc, argv, &configured)) {
		status = command->run(command, configured.argc, configured.argv);
		if (options_failed())
			configuration_blame(&configured);
	}
	configuration_done(&configured);
	return status;
}

int main(int argc, char **argv)
{
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
	if (command == NULL)
		return STATUS_UNABLE;
	return finish(command->options != NULL ? run_configured(command, argc - 1, argv + 1)
										   : command->run(command, argc - 1, argv + 1));
}
