// SPDX-License-Identifier: PostgreSQL
/*
 * suppress-file.c - see suppress-file.h.
 */
#include "analyzer/known/suppress-file.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/text-file.h"

struct parser {
	struct suppressions *suppressions;
	struct text_file file;
};

__attribute__((format(printf, 2, 3))) static bool wrong(const struct parser *parser, const char *format, ...)
{
	char text[512];
	va_list values;

	va_start(values, format);
	vsnprintf(text, sizeof text, format, values);
	va_end(values);
	return refuse("%s:%d: %s (see SUPPRESSIONS in pqleak(1))", parser->file.path, parser->file.line, text);
}

static bool keep(char **ret, const char *value)
{
	free(*ret);
	*ret = strdup(value);
	return *ret != NULL || refuse("out of memory");
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t");
}

static bool begin_entry(const struct parser *parser, bool is_misuse, const char *pattern)
{
	struct suppressions *all = parser->suppressions;

	if (!array_room(all->items, all->count))
		return false;
	struct suppression *item = &all->items[all->count++];
	*item = (struct suppression){.line = parser->file.line, .is_misuse = is_misuse, .verdict = VERDICT_COUNT};
	if (pattern[0] == '\0')
		return wrong(parser, "the pattern is empty; '*' matches everything");
	return keep(&item->file, parser->file.path) && keep(&item->pattern, pattern);
}

static bool add_frame(struct suppression *item, const char *pattern)
{
	if (!array_room(item->frames, item->frame_count))
		return false;
	item->frames[item->frame_count] = NULL;
	return keep(&item->frames[item->frame_count++], pattern);
}

static bool is_date(const char *text)
{
	struct tm day = {0};
	char again[sizeof "2026-12-31"];
	const char *end = strptime(text, "%Y-%m-%d", &day);

	/* timegm() makes 2 March of 30 February, so only a day that exists comes back as it went. */
	return end != NULL && *end == '\0' && strlen(text) == sizeof again - 1 && timegm(&day) != -1 &&
		   strftime(again, sizeof again, "%Y-%m-%d", &day) > 0 && strcmp(again, text) == 0;
}

static bool set_kind(const struct parser *parser, struct suppression *item, const char *value)
{
	if (item->is_misuse)
		item->misuse = misuse_find(value);
	else
		item->kind = kind_find(value);
	return item->misuse != MISUSE_NONE || item->kind != KIND_NONE ||
		   wrong(parser, "unknown kind of %s '%s'", item->is_misuse ? "misuse" : "resource", value);
}

static bool set_verdict(const struct parser *parser, struct suppression *item, const char *value)
{
	item->verdict = verdict_find(value);
	return (!item->is_misuse && verdict_can_fail(item->verdict)) ||
		   wrong(
			   parser,
			   "'verdict: %s': must be leaked, open-at-death, open, abandoned, exit, thread or collector; misuse has no"
			   " verdict",
			   value);
}

static bool set(const struct parser *parser, struct suppression *item, const char *key, const char *value)
{
	static const char *const keys[] = {"kind", "verdict", "frame", "module", "reason", "expires", NULL};

	if (value[0] == '\0')
		return wrong(parser, "'%s:' has no value", key);
	if (strcmp(key, "kind") == 0)
		return set_kind(parser, item, value);
	if (strcmp(key, "verdict") == 0)
		return set_verdict(parser, item, value);
	if (strcmp(key, "frame") == 0)
		return add_frame(item, value);
	if (strcmp(key, "module") == 0)
		return keep(&item->module, value);
	if (strcmp(key, "reason") == 0)
		return keep(&item->reason, value);
	if (strcmp(key, "expires") == 0) {
		snprintf(item->expires, sizeof item->expires, "%s", value);
		return is_date(value) || wrong(parser, "'expires: %s': must be a date such as 2026-12-31", value);
	}
	char hint[HINT_TEXT];
	return wrong(parser, "unknown key '%s'; it must be one of kind, verdict, frame, module, reason and expires%s", key,
				 did_you_mean(hint, "", nearest(key, keys)));
}

/* An indented line: it narrows down the entry before it. */
static bool narrow(const struct parser *parser, char *line)
{
	char *colon = strchr(line, ':');

	if (colon == NULL)
		return wrong(parser, "'%s' is not of the form 'key: value'", line);
	*colon = '\0';
	if (parser->suppressions->count == 0)
		return wrong(parser, "an indented line must follow 'leak:PATTERN' or 'misuse:PATTERN'");
	return set(parser, &parser->suppressions->items[parser->suppressions->count - 1], trim(line), trim(colon + 1));
}

static bool take(const struct parser *parser, char *line)
{
	static const char leak[] = "leak:";
	static const char misuse[] = "misuse:";
	bool is_indented = line[0] == ' ' || line[0] == '\t';

	line = trim(line);
	if (line[0] == '\0' || line[0] == '#')
		return true;
	if (is_indented)
		return narrow(parser, line);
	if (strncmp(line, leak, sizeof leak - 1) == 0)
		return begin_entry(parser, false, trim(line + sizeof leak - 1));
	if (strncmp(line, misuse, sizeof misuse - 1) == 0)
		return begin_entry(parser, true, trim(line + sizeof misuse - 1));
	return wrong(parser, "'%.60s': an entry starts with 'leak:' or 'misuse:', and its other lines are indented", line);
}

bool suppress_read(struct suppressions *suppressions, const char *path)
{
	struct parser parser = {.suppressions = suppressions};
	bool done = text_file_open(&parser.file, path, "the suppressions in", "");

	if (!done)
		return false;
	for (char *line; done && (line = text_file_next(&parser.file)) != NULL;)
		done = take(&parser, line);
	return text_file_close(&parser.file) && done;
}

void suppressions_done(struct suppressions *suppressions)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *item = &suppressions->items[i];
		for (size_t f = 0; f < item->frame_count; f++)
			free(item->frames[f]);
		free(item->frames);
		free(item->file);
		free(item->pattern);
		free(item->module);
		free(item->reason);
	}
	free(suppressions->items);
}
