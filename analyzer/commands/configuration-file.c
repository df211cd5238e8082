// SPDX-License-Identifier: PostgreSQL
/*
 * configuration-file.c - .pqleak.ini, line by line; see configuration.h.
 *
 * inih knows the syntax.  It gets lines that it cannot misread: not longer than
 * it has room for, and none that would go on with the one before.
 */
#include <getopt.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/options/command.h"
#include "analyzer/commands/configuration.h"
#include "analyzer/base/message.h"
#include "analyzer/options/options.h"
#include "analyzer/base/text-file.h"

static const struct command *const configurable[] = {&command_check, &command_report, &command_run, &command_baseline};

#define COMMANDS (sizeof configurable / sizeof configurable[0])

/* Of these a path that is not absolute is below the file's folder. */
static const char *const paths[] = {"suppressions", "baseline",   "skip-file", "source-root",
									"sysroot",      "debug-path", "trace"};

struct parser {
	struct configured *configured;
	const struct command *command;
	struct text_file file;
	bool is_for[COMMANDS]; /* the section that we are in */
	bool failed;           /* the error is printed */
};

__attribute__((format(printf, 2, 3))) static void complain(struct parser *parser, const char *format, ...)
{
	char text[512];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	if (!parser->failed)
		fail(0, "%s:%d: %s (pqleak(1) describes the file)", parser->configured->file, parser->file.line, text);
	parser->failed = true;
}

static const char blanks[] = " \t\r\f\v"; /* to inih */

/* "[check run]": the commands that a section is for.  inih says nothing of one that has no line. */
static void begin_section(struct parser *parser, const char *line)
{
	size_t length = strcspn(line + 1, "]");
	bool any = false;

	memset(parser->is_for, 0, sizeof parser->is_for);
	const char *rest = line + 1 + length;
	if (*rest == '\0')
		complain(parser, "'%s' has no ']'", line);
	else if (rest[1 + strspn(rest + 1, blanks)] != '\0' && rest[1 + strspn(rest + 1, blanks)] != ';')
		complain(parser, "'%s' has something behind its ']'", line);
	for (const char *word = line + 1, *end = line + 1 + length;;) {
		word += strspn(word, " \t");
		if (word >= end)
			break;
		size_t bytes = strcspn(word, " \t]");
		bool is_known = false;
		for (size_t i = 0; i < COMMANDS; i++)
			if (strlen(configurable[i]->name) == bytes && strncmp(configurable[i]->name, word, bytes) == 0)
				parser->is_for[i] = is_known = any = true;
		if (!is_known)
			complain(parser, "a section is for one or more of check, report, run and baseline, not for '%.*s'",
					 (int)bytes, word);
		word += bytes;
	}
	if (!any)
		complain(parser, "a section is for one or more of check, report, run and baseline, not for none");
}

static bool add(struct parser *parser, char *option)
{
	struct configured *configured = parser->configured;
	int *lines = reallocarray(configured->lines, (size_t)configured->count + 1, sizeof *lines);
	char **argv = reallocarray(configured->argv, (size_t)configured->argc + 2, sizeof *argv);

	if (lines != NULL)
		configured->lines = lines;
	if (argv != NULL)
		configured->argv = argv;
	if (lines == NULL || argv == NULL || option == NULL) {
		free(option);
		parser->failed = true;
		return fail(false, "out of memory");
	}
	lines[configured->count++] = parser->file.line;
	argv[configured->argc++] = option;
	return true;
}

/* `value` with the file's folder before each relative path in it, which ':' separates in a list. */
static char *below_folder(const char *file, const char *value, bool is_list)
{
	const char *slash = strrchr(file, '/');
	int folder = slash != NULL ? (int)(slash - file) + 1 : 0;
	char *all = strdup("");

	for (const char *at = value; all != NULL;) {
		size_t length = is_list ? strcspn(at, ":") : strlen(at);
		char *longer = NULL;
		if (asprintf(&longer, "%s%.*s%.*s%s", all, at[0] == '/' ? 0 : folder, file, (int)length, at,
					 at[length] != '\0' ? ":" : "") < 0)
			longer = NULL;
		free(all);
		all = longer;
		if (at[length] == '\0')
			break;
		at += length + 1;
	}
	return all;
}

static char *value_of(const struct parser *parser, const char *key, const char *value)
{
	const char *file = parser->configured->file;

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (strcmp(key, paths[i]) == 0)
			return below_folder(file, value, strcmp(key, "debug-path") == 0);
	if (strcmp(key, "output") != 0)
		return strdup(value);
	/* FORMAT=FILE; a baseline has one form. */
	const char *equals = parser->command != &command_baseline ? strchr(value, '=') : NULL;
	if (equals == NULL)
		return below_folder(file, value, false);
	if (strcmp(equals, "=-") == 0)
		return strdup(value);
	char *path = below_folder(file, equals + 1, false), *whole = NULL;
	if (path != NULL && asprintf(&whole, "%.*s%s", (int)(equals + 1 - value), value, path) < 0)
		whole = NULL;
	free(path);
	return whole;
}

static const struct option *find_option(const struct command *command, const char *key)
{
	for (const struct option *option = command->options; option->name != NULL; option++)
		if (strcmp(option->name, key) == 0)
			return option;
	return NULL;
}

/* Whether every command of the section knows the key, also when another is run. */
static bool is_option(struct parser *parser, const char *key)
{
	bool any = false;

	if (strcmp(key, "config") == 0 || strcmp(key, "no-config") == 0 || strcmp(key, "help") == 0)
		complain(parser, "a configuration file cannot have '%s'", key);
	for (size_t i = 0; i < COMMANDS; i++) {
		any = any || parser->is_for[i];
		if (!parser->is_for[i] || find_option(configurable[i], key) != NULL)
			continue;
		char hint[HINT_TEXT];
		complain(parser, "'pqleak %s' has no option '--%s'%s", configurable[i]->name, key,
				 did_you_mean(hint, "--", options_nearest(key, configurable[i]->options)));
	}
	if (!any)
		complain(parser, "there is no section, as [check], before '%s'", key);
	return !parser->failed;
}

static bool is_for_us(const struct parser *parser)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (parser->is_for[i] && configurable[i] == parser->command)
			return true;
	return false;
}

/* Called by inih for each line `key = value`. */
static int take(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	char *option = NULL;

	(void)section; /* begin_section() knows it whole */
	if (!is_option(parser, key) || !is_for_us(parser))
		return !parser->failed;
	if (find_option(parser->command, key)->has_arg == no_argument) {
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			complain(parser, "'%s = %s': it must be yes or no", key, value);
		if (parser->failed || strcmp(value, "no") == 0)
			return !parser->failed;
		if (asprintf(&option, "--%s", key) < 0)
			option = NULL;
	} else {
		char *whole = value_of(parser, key, value);
		if (whole == NULL || asprintf(&option, "--%s=%s", key, whole) < 0)
			option = NULL;
		free(whole);
	}
	return add(parser, option);
}

/* For inih. */
static char *next_line(char *text, int room, void *user)
{
	struct parser *parser = user;
	char *line = parser->failed ? NULL : text_file_next(&parser->file);

	if (line == NULL)
		return NULL;
	line += strspn(line, blanks);
	if (line[0] == '#' || line[0] == ';')
		line[0] = '\0';
	if (line[0] == '[')
		begin_section(parser, line);
	if (strlen(line) + 1 >= (size_t)room)
		complain(parser, "the line is longer than %d bytes", room - 2);
	snprintf(text, (size_t)room, "%s\n", line); /* without its end a later inih takes it for a part */
	return parser->failed ? NULL : text;
}

bool configuration_parse(const struct command *command, struct configured *configured)
{
	struct parser parser = {.configured = configured, .command = command};

	if (!text_file_open(&parser.file, configured->file, "the configuration in", " (--no-config does without)"))
		return false;
	int wrong = ini_parse_stream(next_line, &parser, take, &parser);
	parser.failed = !text_file_close(&parser.file) || parser.failed;
	if (wrong != 0 && !parser.failed)
		return fail(false, "%s:%d: this is neither [section] nor 'key = value' (pqleak(1) describes the file)",
					configured->file, wrong);
	return !parser.failed;
}
