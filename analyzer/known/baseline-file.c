// SPDX-License-Identifier: PostgreSQL
/*
 * baseline-file.c - see baseline-file.h.
 */
#include "analyzer/known/baseline-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/text-file.h"
#include "analyzer/words/kinds.h"

static const char head[] = "# pqleak baseline, version 2";
static const char bare_head[] = "# pqleak baseline, version 1";

static bool wrong(const struct baseline *baseline, int line, const char *what)
{
	return refuse("%s:%d: %s (rewrite it with 'pqleak baseline -o %s TRACE')", baseline->file, line, what,
				  baseline->file);
}

/* Cuts the next field off `*rest`; NULL: there is none. */
static char *field(char **rest)
{
	char *begin = *rest;

	if (begin == NULL || begin[0] == '\0')
		return NULL;
	char *tab = strchr(begin, '\t');
	*rest = tab != NULL ? tab + 1 : NULL;
	if (tab != NULL)
		*tab = '\0';
	return begin;
}

/* Whether a path names any code: not all of its steps are '?' or '?:?', behind the function of libpq that it begins
 * with. */
static bool says_something(const struct baseline *baseline, const char *path)
{
	static const char between[] = " < ";
	const char *step = path;

	if (!baseline->bare && (step = strstr(path, between)) != NULL)
		step += sizeof between - 1;
	while (step != NULL) {
		const char *end = strstr(step, between);
		size_t length = end != NULL ? (size_t)(end - step) : strlen(step);
		if (length > 0 && !(length == 1 && step[0] == '?') && !(length == 3 && strncmp(step, "?:?", 3) == 0))
			return true;
		step = end != NULL ? end + sizeof between - 1 : NULL;
	}
	return false;
}

static bool is_known_kind(const char *kind, const char *verdict)
{
	if (strcmp(verdict, "misuse") == 0)
		return misuse_find(kind) != MISUSE_NONE;
	return verdict_find(verdict) != VERDICT_COUNT && kind_find(kind) != KIND_NONE;
}

static bool add(struct baseline *baseline, const char *line, int number)
{
	char *copy = array_room(baseline->items, baseline->count) ? strdup(line) : NULL;

	if (copy == NULL)
		return refuse("out of memory");
	struct known *known = &baseline->items[baseline->count++];
	*known = (struct known){.line = copy};
	char *rest = copy, *end;
	const char *count = field(&rest);
	known->kind = field(&rest);
	known->verdict = field(&rest);
	known->path = field(&rest);
	if (known->path == NULL || rest != NULL)
		return wrong(baseline, number, "the line is not count, kind, verdict and path, separated by tabs");
	errno = 0;
	known->count = strtoll(count, &end, 10);
	if (errno != 0 || end == count || *end != '\0' || known->count <= 0)
		return wrong(baseline, number, "the count is not a positive number");
	if (!says_something(baseline, known->path))
		return wrong(baseline, number, "the path names no code, so the line would excuse any leak of its kind");
	return is_known_kind(known->kind, known->verdict) ||
		   wrong(baseline, number, "unknown kind or verdict; a later pqleak may have written the file");
}

static bool take(struct baseline *baseline, const char *line, int number)
{
	if (strncmp(line, "<<<<<<<", 7) == 0 || strncmp(line, "|||||||", 7) == 0 || strncmp(line, "=======", 7) == 0 ||
		strncmp(line, ">>>>>>>", 7) == 0)
		return refuse(
			"%s:%d: this is a merge conflict: keep the lines of both sides (for the same path, the larger count),"
			" or rewrite the baseline with 'pqleak baseline -o %s TRACE'",
			baseline->file, number, baseline->file);
	if (number == 1 && !(baseline->bare = strcmp(line, bare_head) == 0) && strcmp(line, head) != 0)
		return wrong(baseline, number, "this is not a pqleak baseline, or is one of another version");
	return line[0] == '#' || line[0] == '\0' || add(baseline, line, number);
}

bool baseline_read(struct baseline *baseline, const char *path)
{
	struct text_file file;
	char advice[512];

	snprintf(advice, sizeof advice, " (write one with 'pqleak baseline -o %s TRACE')", path);
	if (!text_file_open(&file, path, "the baseline", advice))
		return false;
	baseline_done(baseline);
	*baseline = (struct baseline){.file = strdup(path)};
	bool done = baseline->file != NULL || refuse("out of memory");
	for (char *line; done && (line = text_file_next(&file)) != NULL;)
		done = take(baseline, line, file.line);
	if (done && !file.failed && file.line == 0)
		done = wrong(baseline, 1, "the file is empty, so it is not a baseline");
	return text_file_close(&file) && done;
}

bool baseline_replaceable(const char *path)
{
	char begin[sizeof head + 1] = "";
	struct stat there;
	FILE *file = stat(path, &there) == 0 && S_ISREG(there.st_mode) ? fopen(path, "re") : NULL;

	if (file == NULL)
		return true; /* output_file_possible() has seen that it can be read if it is a file */
	size_t length = fread(begin, 1, sizeof head, file);
	fclose(file);
	begin[strcspn(begin, "\r\n")] = '\0';
	return length == 0 || strcmp(begin, head) == 0 || strcmp(begin, bare_head) == 0 ||
		   refuse("'%s' is not a pqleak baseline and was not overwritten (name another file, or remove it)", path);
}

void baseline_write_head(FILE *file, const char *name)
{
	fprintf(file, "%s\n# To rewrite it: pqleak baseline -o %s TRACE\n# count\tkind\tverdict\tpath\n", head,
			name != NULL ? name : "FILE");
}

void baseline_done(struct baseline *baseline)
{
	for (size_t i = 0; i < baseline->count; i++)
		free(baseline->items[i].line);
	free(baseline->items);
	free(baseline->file);
	*baseline = (struct baseline){0};
}
