// SPDX-License-Identifier: PostgreSQL
/*
 * configuration-file.c - .pqleak.ini, line by line; see configuration.h.
 *
 * inih knows the syntax.  It gets lines that it cannot misread: not longer than
 * it has room for, and none that would go on with the one before.
 */
#include "analyzer/options/configuration.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/text-file.h"
#include "analyzer/options/options.h"

struct parser {
	struct configured *configured;
	enum command_id command;
	struct text_file file;
	bool is_for[COMMAND_COUNT]; /* the section that we are in */
	bool failed;                /* the error is printed */
};

__attribute__((format(printf, 2, 3))) static void reject(struct parser *parser, const char *format, ...)
{
	char text[512];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	if (!parser->failed)
		complain("%s:%d: %s (see CONFIGURATION in pqleak(1))", parser->configured->file, parser->file.line, text);
	parser->failed = true;
}

static const char blanks[] = " \t\r\f\v"; /* to inih */

static bool is_configurable(enum command_id command)
{
	return option_find(command, "config") != NULL;
}

/* NULL: it names no command. */
static void reject_section(struct parser *parser, const char *word)
{
	const char *names[COMMAND_COUNT + 1] = {NULL};
	char list[128];
	int count = 0;

	for (int c = 0; c < COMMAND_COUNT; c++)
		if (is_configurable((enum command_id)c))
			names[count++] = command_name((enum command_id)c);
	list_words(list, sizeof list, names, "and");
	if (word != NULL)
		reject(parser, "a section cannot be for '%s', only for %s", word, list);
	else
		reject(parser, "a section must name one or more of %s", list);
}

/* "[check run]": the commands that a section is for.  inih says nothing of one that has no line. */
static void begin_section(struct parser *parser, const char *line)
{
	size_t length = strcspn(line + 1, "]");
	bool any = false;

	memset(parser->is_for, 0, sizeof parser->is_for);
	const char *rest = line + 1 + length;
	if (*rest == '\0')
		reject(parser, "'%s': missing ']'", line);
	else if (rest[1 + strspn(rest + 1, blanks)] != '\0' && rest[1 + strspn(rest + 1, blanks)] != ';')
		reject(parser, "'%s': unexpected text after ']'", line);
	for (const char *word = line + 1, *end = line + 1 + length;;) {
		word += strspn(word, " \t");
		if (word >= end)
			break;
		size_t bytes = strcspn(word, " \t]");
		char name[64];
		snprintf(name, sizeof name, "%.*s", (int)bytes, word);
		enum command_id command = command_find(name);
		if (command == COMMAND_COUNT || !is_configurable(command))
			reject_section(parser, name);
		else
			parser->is_for[command] = any = true;
		word += bytes;
	}
	if (!any)
		reject_section(parser, NULL);
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
		return refuse("out of memory");
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

/* A value with its path made whole, if it is one. */
static char *value_of(const struct parser *parser, const struct option_row *option, const char *value)
{
	const char *file = parser->configured->file, *what = option->argument;

	if (strcmp(what, "FILE") == 0 || strcmp(what, "TRACE") == 0 || strncmp(what, "DIR", 3) == 0)
		return below_folder(file, value, strchr(what, ':') != NULL);
	if (strcmp(what, "FORMAT=FILE") != 0)
		return strdup(value);
	const char *equals = strchr(value, '=');
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

/* Whether every command of the section knows the key, also when another is run. */
static bool is_option(struct parser *parser, const char *key)
{
	bool any = false;

	if (strcmp(key, "config") == 0 || strcmp(key, "no-config") == 0 || strcmp(key, "help") == 0)
		reject(parser, "a configuration file cannot have '%s'", key);
	for (int c = 0; c < COMMAND_COUNT; c++) {
		enum command_id command = (enum command_id)c;
		any = any || parser->is_for[c];
		if (!parser->is_for[c] || option_find(command, key) != NULL)
			continue;
		char hint[HINT_TEXT];
		reject(parser, "'pqleak %s' has no option '--%s'%s", command_name(command), key,
			   did_you_mean(hint, "--", option_nearest(command, key)));
	}
	if (!any)
		reject(parser, "'%s' is not in a section (put one before it, such as [check])", key);
	return !parser->failed;
}

/* Called by inih for each line `key = value`. */
static int take(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	char *option = NULL;

	(void)section; /* begin_section() knows it whole */
	if (!is_option(parser, key) || !parser->is_for[parser->command])
		return !parser->failed;
	const struct option_row *row = option_find(parser->command, key);
	if (row->argument == NULL) {
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			reject(parser, "'%s = %s': must be yes or no", key, value);
		if (parser->failed || strcmp(value, "no") == 0)
			return !parser->failed;
		if (asprintf(&option, "--%s", key) < 0)
			option = NULL;
	} else {
		char *whole = value_of(parser, row, value);
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
		reject(parser, "the line is longer than %d bytes", room - 2);
	snprintf(text, (size_t)room, "%s\n", line); /* without its end a later inih takes it for a part */
	return parser->failed ? NULL : text;
}

bool configuration_parse(enum command_id command, struct configured *configured)
{
	struct parser parser = {.configured = configured, .command = command};

	if (!text_file_open(&parser.file, configured->file, "the configuration in", " (--no-config ignores it)"))
		return false;
	int wrong = ini_parse_stream(next_line, &parser, take, &parser);
	parser.failed = !text_file_close(&parser.file) || parser.failed;
	if (wrong != 0 && !parser.failed)
		return refuse("%s:%d: the line is neither a [section] nor 'key = value' (see CONFIGURATION in pqleak(1))",
					  configured->file, wrong);
	return !parser.failed;
}
