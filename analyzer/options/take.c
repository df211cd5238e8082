// SPDX-License-Identifier: PostgreSQL
/*
 * take.c - values that are what they look like: flags, texts, numbers, folders, patterns; see take.h.
 */
#include "analyzer/options/take.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/text-file.h"
#include "analyzer/symbols/debuginfod.h"

bool take_flag(const struct option_row *option, const char *value, void *field)
{
	(void)option;
	(void)value;
	*(bool *)field = true;
	return true;
}

bool take_text(const struct option_row *option, const char *value, void *field)
{
	(void)option;
	*(const char **)field = value;
	return true;
}

bool take_trace(const struct option_row *option, const char *value, void *field)
{
	return take_text(option, value, field) && (value[0] != '\0' || refuse("'-o' needs the name of a trace"));
}

bool take_word(const struct option_row *option, const char *value, void *field)
{
	if (strcmp(value, option->argument) != 0)
		return refuse("'--%s=%s': must be %s (see --help)", option->name, value, option->argument);
	return take_text(option, value, field);
}

bool take_one_of(const struct option_row *option, const char *value, void *field)
{
	const char *const *words = option->words();
	char all[128];

	*(const char **)field = value;
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(value, words[i]) == 0)
			return true;
	const char *hint = nearest(value, words);
	if (hint != NULL)
		return refuse("'--%s=%s': did you mean '%s'? (see --help)", option->name, value, hint);
	return refuse("'--%s=%s': must be %s (see --help)", option->name, value, list_words(all, sizeof all, words, "or"));
}

const char *const *group_words(void)
{
	static const char *const words[] = {"site", "stack", "function", "module", "database", "label", NULL};

	return words;
}

const char *const *sort_words(void)
{
	static const char *const words[] = {"id", "unused", "age", "idle-in-transaction", "site", NULL};

	return words;
}

const char *const *lines_words(void)
{
	static const char *const words[] = {"rare", "all", NULL};

	return words;
}

static bool take_between(const struct option_row *option, const char *value, long long lowest, long long highest,
						 long long *ret)
{
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < lowest || number > highest)
		return refuse("'--%s=%s': must be a number from %lld to %lld (see --help)", option->name, value, lowest,
					  highest);
	*ret = number;
	return true;
}

bool take_number(const struct option_row *option, const char *value, void *field)
{
	return take_between(option, value, 0, INT64_MAX, field);
}

bool take_leak_status(const struct option_row *option, const char *value, void *field)
{
	if (strcmp(value, "0") == 0)
		return refuse("'--%s=%s': must be from 1 to 255; 0 would mean that nothing leaked (see --help)", option->name,
					  value);
	return take_between(option, value, 1, 255, field);
}

bool take_duration(const struct option_row *option, const char *value, void *field)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"min", 60e9}, {"h", 3600e9}};
	char *end;
	double number = value[0] >= '0' && value[0] <= '9' ? strtod(value, &end) : -1;

	for (size_t i = 0; number > 0 && i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].unit) == 0 && number * units[i].ns >= 1 && number * units[i].ns < 9e18) {
			*(int64_t *)field = (int64_t)(number * units[i].ns);
			return true;
		}
	return refuse("'--%s=%s': must be a duration such as 500ms, 2s, 5min or 1h (see --help)", option->name, value);
}

/* A mistyped one would only make names fail to appear. */
bool take_folders(const struct option_row *option, const char *value, void *field)
{
	struct stat file;

	*(const char **)field = value;
	for (const char *at = value;; at++) {
		char *folder = strndup(at, strcspn(at, ":"));
		if (folder == NULL)
			return refuse("out of memory");
		bool good = stat(folder, &file) == 0;
		if (!good)
			complain("'--%s=%s': '%s': %s (name a directory)", option->name, value, folder, strerror(errno));
		else if (!S_ISDIR(file.st_mode))
			good = refuse("'--%s=%s': '%s' is not a directory", option->name, value, folder);
		free(folder);
		at += strcspn(at, ":");
		if (!good || *at == '\0')
			return good;
	}
}

bool take_debuginfod(const struct option_row *option, const char *value, void *field)
{
	return take_flag(option, value, field) && debuginfod_possible();
}

static bool add_pattern(struct patterns *patterns, const char *pattern)
{
	if (!array_room(patterns->items, patterns->count))
		return false;
	patterns->items[patterns->count] = strdup(pattern);
	if (patterns->items[patterns->count] == NULL)
		return refuse("out of memory");
	patterns->count++;
	return true;
}

bool take_pattern(const struct option_row *option, const char *value, void *field)
{
	return value[0] == '\0' ? refuse("'--%s=': the pattern is empty (see --help)", option->name)
							: add_pattern(field, value);
}

/* Blank lines and lines that begin with '#' are no patterns. */
static bool add_line(struct patterns *patterns, char *line)
{
	char *end = line + strlen(line);

	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	line += strspn(line, " \t");
	return line[0] == '\0' || line[0] == '#' || add_pattern(patterns, line);
}

bool take_pattern_file(const struct option_row *option, const char *value, void *field)
{
	struct text_file file;
	bool done = text_file_open(&file, value, "the patterns in", "");

	(void)option;
	if (!done)
		return false;
	for (char *line; done && (line = text_file_next(&file)) != NULL;)
		done = add_line(field, line);
	return text_file_close(&file) && done;
}
