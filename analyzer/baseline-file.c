// SPDX-License-Identifier: PostgreSQL
/*
 * baseline-file.c - see baseline-file.h.
 */
#include "analyzer/baseline-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/kinds.h"
#include "analyzer/message.h"
#include "analyzer/misuse.h"
#include "analyzer/verdicts.h"

static const char head[] = "# pqleak baseline, version 1";

static bool wrong(const struct baseline *baseline, int line, const char *what)
{
	return fail(false, "%s:%d: %s (write the baseline anew with 'pqleak baseline -o %s TRACE')", baseline->file, line,
				what, baseline->file);
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

static bool is_known_kind(const char *kind, const char *verdict)
{
	if (strcmp(verdict, "misuse") == 0)
		return misuse_find(kind) != MISUSE_NONE;
	return verdict_find(verdict) != VERDICT_COUNT && kind_find(kind) != KIND_NONE;
}

static bool add(struct baseline *baseline, const char *line, int number)
{
	struct known *items = reallocarray(baseline->items, baseline->count + 1, sizeof *items);
	char *copy = items != NULL ? strdup(line) : NULL;

	if (items != NULL)
		baseline->items = items;
	if (copy == NULL)
		return fail(false, "out of memory");
	struct known *known = &items[baseline->count++];
	*known = (struct known){.line = copy};
	char *rest = copy, *end;
	const char *count = field(&rest);
	known->kind = field(&rest);
	known->verdict = field(&rest);
	known->path = field(&rest);
	if (known->path == NULL || rest != NULL)
		return wrong(baseline, number, "this is no entry of count, kind, verdict and path with tabs between");
	errno = 0;
	known->count = strtoll(count, &end, 10);
	if (errno != 0 || end == count || *end != '\0' || known->count <= 0)
		return wrong(baseline, number, "the count is no number above 0");
	return is_known_kind(known->kind, known->verdict) ||
		   wrong(baseline, number, "there is no such kind or verdict; a later pqleak may have written it");
}

static bool take(struct baseline *baseline, const char *line, int number)
{
	if (strncmp(line, "<<<<<<<", 7) == 0 || strncmp(line, "=======", 7) == 0 || strncmp(line, ">>>>>>>", 7) == 0)
		return fail(false,
					"%s:%d: here is a conflict of a merge: keep the lines of both sides, for one path the larger count,"
					" or write the baseline anew with 'pqleak baseline -o %s TRACE'",
					baseline->file, number, baseline->file);
	if (number == 1 && strcmp(line, head) != 0)
		return wrong(baseline, number, "this is no baseline of pqleak, or one of another version");
	return line[0] == '#' || line[0] == '\0' || add(baseline, line, number);
}

bool baseline_read(struct baseline *baseline, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	int number = 0;
	bool done = true;

	if (file == NULL)
		return fail(false, "cannot read the baseline '%s': %s (write one with 'pqleak baseline -o %s TRACE')", path,
					strerror(errno), path);
	baseline_done(baseline);
	*baseline = (struct baseline){.file = strdup(path)};
	if (baseline->file == NULL)
		done = fail(false, "out of memory");
	errno = 0;
	for (ssize_t length; done && (length = getline(&line, &room, file)) >= 0;) {
		number++;
		if (strlen(line) != (size_t)length) {
			done = wrong(baseline, number, "there is a NUL byte");
			continue;
		}
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
			line[--length] = '\0';
		done = take(baseline, line, number);
	}
	if (ferror(file))
		done = fail(false, "cannot read the baseline '%s': %s", path, strerror(errno));
	else if (done && number == 0)
		done = wrong(baseline, 1, "the file is empty, which no baseline is");
	free(line);
	fclose(file);
	return done;
}

void baseline_write_head(FILE *file, const char *name)
{
	fprintf(file, "%s\n# To write it anew: pqleak baseline -o %s TRACE\n# count\tkind\tverdict\tpath\n", head,
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
