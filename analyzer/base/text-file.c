// SPDX-License-Identifier: PostgreSQL
/*
 * text-file.c - see text-file.h.
 */
#include "analyzer/base/text-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"

/* Of the files that were opened; there are few, and they are wanted to the end. */
static struct {
	dev_t device;
	ino_t number;
} * files;
static size_t file_count;

static bool remember(FILE *file)
{
	struct stat there;

	if (fstat(fileno(file), &there) != 0)
		return true;
	if (!array_room(files, file_count))
		return false;
	files[file_count].device = there.st_dev;
	files[file_count++].number = there.st_ino;
	return true;
}

bool text_file_was_read(const char *path)
{
	struct stat there;
	bool is_there = stat(path, &there) == 0 && S_ISREG(there.st_mode), found = false;

	for (size_t i = 0; is_there && i < file_count; i++)
		found = found || (files[i].device == there.st_dev && files[i].number == there.st_ino);
	return found;
}

bool text_file_open(struct text_file *ret, const char *path, const char *what, const char *advice)
{
	*ret = (struct text_file){.path = path, .what = what, .file = fopen(path, "re")};
	if (ret->file == NULL)
		return refuse("cannot read %s '%s': %s%s", what, path, strerror(errno), advice);
	ret->failed = !remember(ret->file);
	return !ret->failed || text_file_close(ret);
}

char *text_file_next(struct text_file *file)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of some editors, for UTF-8 */

	errno = 0;
	ssize_t length = file->failed ? -1 : getline(&file->text, &file->room, file->file);
	if (length < 0) {
		if (!file->failed && !feof(file->file))
			file->failed = !refuse("cannot read %s '%s': %s", file->what, file->path, strerror(errno));
		return NULL;
	}
	file->line++;
	if (strlen(file->text) != (size_t)length) {
		file->failed = !refuse("%s:%d: the line contains a NUL byte: this is not a text file", file->path, file->line);
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
