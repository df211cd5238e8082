// SPDX-License-Identifier: PostgreSQL
/*
 * options.c - command lines; see options.h.
 */
#include "analyzer/options/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/symbols/debuginfod.h"
#include "analyzer/base/message.h"
#include "analyzer/base/option-value.h"

#define MOST_OPTIONS 64

void print_help(const struct command *command)
{
	printf("usage: pqleak %s %s\n\n%s.\n\n%s", command->name, command->synopsis, command->summary, command->help);
}

const char *options_nearest(const char *word, const struct option *options)
{
	const char *names[MOST_OPTIONS] = {NULL};

	for (int i = 0; options[i].name != NULL && i < MOST_OPTIONS - 1; i++)
		names[i] = options[i].name;
	return nearest(word, names);
}

static void complain(const struct command *command, int what, char **argv, const struct option *options)
{
	const char *argument = argv[optind - 1];

	if (what == ':') {
		if (optopt > 0 && optopt < OPTION_FORMAT)
			fail(0, "option '-%c' needs a value (see 'pqleak %s --help')", optopt, command->name);
		else
			fail(0, "option '%s' needs a value (see 'pqleak %s --help')", argument, command->name);
		return;
	}
	if (optopt > 0 && optopt < OPTION_FORMAT && strncmp(argument, "--", 2) != 0) {
		fail(0, "unknown option '-%c' (see 'pqleak %s --help')", optopt, command->name);
		return;
	}
	if (optopt > 0) { /* getopt_long names the option when it knows it: it takes no value */
		fail(0, "option '%.*s' takes no value (see 'pqleak %s --help')", (int)strcspn(argument, "="), argument,
			 command->name);
		return;
	}
	char word[64], hint[HINT_TEXT];
	snprintf(word, sizeof word, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
	fail(0, "unknown option '--%s'%s (see 'pqleak %s --help')", word,
		 did_you_mean(hint, "--", options_nearest(word, options)), command->name);
}

static bool is_reading;

bool options_failed(void)
{
	return is_reading;
}

int options_next(const struct command *command, int argc, char **argv, const char *letters,
				 const struct option *options)
{
	opterr = 0;
	int option = getopt_long(argc, argv, letters, options, NULL);
	is_reading = option != -1 && option != OPTION_HELP;
	if (option == '?' || option == ':') {
		complain(command, option, argv, options);
		return OPTION_WRONG;
	}
	if (option == OPTION_HELP)
		print_help(command);
	return option;
}

static bool one_of(const char *option, const char *value, const char *const *names)
{
	char all[128] = "";

	for (int i = 0; names[i] != NULL; i++) {
		if (strcmp(value, names[i]) == 0)
			return true;
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s",
				 i == 0         ? ""
				 : names[i + 1] ? ", "
								: " or ",
				 names[i]);
	}
	const char *hint = nearest(value, names);
	if (hint != NULL)
		fail(0, "'--%s=%s': did you mean '%s'? (see --help)", option, value, hint);
	else
		fail(0, "'--%s=%s': it must be %s (see --help)", option, value, all);
	return false;
}

static bool is_of_frames(int option)
{
	return option == OPTION_NATIVE || option == OPTION_SKIP || option == OPTION_SKIP_FILE;
}

bool options_report(int option, const char *value, struct report_choice *choice)
{
	static const char *const groups[] = {"site", "stack", "function", "module", "database", "label", NULL};

	switch (option) {
	case OPTION_GROUP_BY:
		choice->group_by = value;
		return one_of("group-by", value, groups);
	case OPTION_HELD:
		return option_duration("held", value, &choice->held_ns);
	case OPTION_ALL:
		choice->all = true;
		return true;
	case OPTION_SOURCE_ROOT:
		choice->source_root = value;
		return true;
	case OPTION_STACKS:
		choice->stacks = true;
		return true;
	default:
		if (option == OPTION_CONFIG || option == OPTION_NO_CONFIG)
			return true; /* configuration.c has seen to it */
		if (gate_has_option(option))
			return gate_option(option, value, &choice->gate);
		if (formats_has_option(option))
			return formats_option(option, value, &choice->formats);
		if (accepted_has_option(option))
			return accepted_option(option, value, &choice->accepted);
		return is_of_frames(option) ? options_frames(option, value, &choice->frames)
									: options_symbols(option, value, &choice->symbols);
	}
}

bool options_frames(int option, const char *value, struct frame_choice *choice)
{
	switch (option) {
	case OPTION_NATIVE:
		choice->native = true;
		return true;
	case OPTION_SKIP:
		return value[0] == '\0' ? fail(false, "'--skip=': the pattern is empty (see --help)")
								: skip_add(&choice->skip, value);
	case OPTION_SKIP_FILE:
		return skip_add_file(&choice->skip, value);
	default:
		return false;
	}
}

/* Folders with ':' between them; a mistyped one would only make names fail to appear. */
static bool are_folders(const char *option, const char *value)
{
	struct stat file;

	for (const char *at = value;; at++) {
		char *folder = strndup(at, strcspn(at, ":"));
		if (folder == NULL)
			return fail(false, "out of memory");
		bool good = stat(folder, &file) == 0;
		if (!good)
			fail(0, "'--%s=%s': '%s': %s (name a folder)", option, value, folder, strerror(errno));
		else if (!S_ISDIR(file.st_mode))
			good = fail(false, "'--%s=%s': '%s' is no folder", option, value, folder);
		free(folder);
		at += strcspn(at, ":");
		if (!good || *at == '\0')
			return good;
	}
}

bool options_symbols(int option, const char *value, struct symbol_choice *choice)
{
	switch (option) {
	case OPTION_SYSROOT:
		choice->sysroot = value;
		return are_folders("sysroot", value);
	case OPTION_DEBUG_PATH:
		choice->debug_path = value;
		return are_folders("debug-path", value);
	case OPTION_DEBUGINFOD:
		choice->debuginfod = true;
		return debuginfod_possible();
	default:
		return false;
	}
}

int options_of_reader(const struct command *command, int argc, char **argv, const struct reader_choice *choice)
{
	static const struct option plain[] = {SYMBOL_OPTIONS, HELP_OPTION, {NULL, 0, NULL, 0}};
	static const struct option framed[] = {SYMBOL_OPTIONS, FRAME_OPTIONS, HELP_OPTION, {NULL, 0, NULL, 0}};
	const struct option *options = choice->frames != NULL ? framed : plain;

	for (int option; (option = options_next(command, argc, argv, ":h", options)) != -1;) {
		if (option == OPTION_HELP)
			return STATUS_CLEAN;
		if (option == OPTION_WRONG || !(is_of_frames(option) ? options_frames(option, optarg, choice->frames)
															 : options_symbols(option, optarg, choice->symbols)))
			return command->usage_status;
	}
	return options_end(command, argc, argv, choice->most) ? -1 : command->usage_status;
}

bool options_end(const struct command *command, int argc, char **argv, int most)
{
	if (argc - optind <= most)
		return true;
	fail(0, "unexpected argument '%s' (see 'pqleak %s --help')", argv[optind + most], command->name);
	return false;
}
