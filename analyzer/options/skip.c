// SPDX-License-Identifier: PostgreSQL
/*
 * skip.c - the user's own patterns of code that is no call site; see skip.h.
 */
#include "analyzer/options/skip.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/text-file.h"

bool skip_add(struct skip *skip, const char *pattern)
{
	char **patterns = reallocarray(skip->patterns, skip->count + 1, sizeof *patterns);

	if (patterns != NULL) {
		skip->patterns = patterns;
		patterns[skip->count] = strdup(pattern);
	}
	if (patterns == NULL || patterns[skip->count] == NULL)
		return fail(false, "out of memory");
	skip->count++;
	return true;
}

static bool add_line(struct skip *skip, char *line)
{
	char *end = line + strlen(line);

	while (end > line && strchr(" \t\r\n", end[-1]) != NULL)
		*--end = '\0';
	line += strspn(line, " \t");
	return line[0] == '\0' || line[0] == '#' || skip_add(skip, line);
}

bool skip_add_file(struct skip *skip, const char *path)
{
	struct text_file file;
	bool done = text_file_open(&file, path, "the patterns in", "");

	if (!done)
		return false;
	for (char *line; done && (line = text_file_next(&file)) != NULL;)
		done = add_line(skip, line);
	return text_file_close(&file) && done;
}
