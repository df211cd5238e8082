// SPDX-License-Identifier: PostgreSQL
/*
 * text-file.c - see text-file.h.
 */
#include "analyzer/text-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/message.h"

bool text_file_open(struct text_file *ret, const char *path, const char *what, const char *advice)
{
	*ret = (struct text_file){.path = path, .what = what, .file = fopen(path, "re")};
	return ret->file != NULL || fail(false, "cannot read %s '%s': %s%s", what, path, strerror(errno), advice);
}

char *text_file_next(struct text_file *file)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of some editors, for UTF-8 */

	errno = 0;
	ssize_t length = file->failed ? -1 : getline(&file->text, &file->room, file->file);
	if (length < 0) {
		if (!file->failed && !feof(file->file))
			file->failed = !fail(false, "cannot read %s '%s': %s", file->what, file->path, strerror(errno));
		return NULL;
	}
	file->line++;
	if (strlen(file->text) != (size_t)length) {
		file->failed = !fail(false, "%s:%d: there is a NUL byte: this is no text", file->path, file->line);
		return NULL;
	}
	while (length > 0 && (file->text[length - 1] == '\n' || file->text[length - 1] == '\r'))
		file->text[--length] = '\0';
	return file->text + (file->line == 1 && strncmp(file->text, mark, strlen(mark)) == 0 ? strlen(mark) : 0);
}

bool text_file_close(struct text_file *file)
{
	free(file->text);
	fclose(file->file);
	return !file->failed;
}
