// SPDX-License-Identifier: PostgreSQL
/*
 * text-file.c - see text-file.h.
 */
#include "analyzer/base/text-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"

#define LONGEST_LINE ((size_t)1 << 20)

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

/* /dev/null is an empty file; a name of an open descriptor is the caller's own pipe. */
static bool is_readable(const char *path, const struct stat *there)
{
	static const char *const descriptors[] = {"/dev/fd/", "/proc/self/fd/", "/dev/stdin"};

	for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
		if (strncmp(path, descriptors[i], strlen(descriptors[i])) == 0)
			return true;
	return S_ISREG(there->st_mode) || S_ISDIR(there->st_mode) ||
		   (S_ISCHR(there->st_mode) && there->st_rdev == makedev(1, 3));
}

bool text_file_open(struct text_file *ret, const char *path, const char *what, const char *advice)
{
	struct stat there;

	*ret = (struct text_file){.path = path, .what = what};
	/* The name may stand in a file that somebody else wrote: opening a pipe waits, and a device has no end. */
	if (stat(path, &there) == 0 && !is_readable(path, &there))
		return refuse("cannot read %s '%s': it is not a regular file%s", what, path,
					  advice[0] != '\0' ? advice : " (name a text file)");
	ret->file = fopen(path, "re");
	if (ret->file == NULL)
		return refuse("cannot read %s '%s': %s%s", what, path, strerror(errno), advice);
	ret->failed = !remember(ret->file);
	return !ret->failed || text_file_close(ret);
}

/* As getline, but for lines that may not be endless: -1 also for one that is. */
static ssize_t read_line(struct text_file *file)
{
	size_t length = 0;
	int sign = EOF;

	if (file->text == NULL && (file->text = malloc(LONGEST_LINE + 1)) == NULL) {
		file->failed = !refuse("out of memory");
		return -1;
	}
	while (length < LONGEST_LINE && (sign = getc_unlocked(file->file)) != EOF) {
		file->text[length++] = (char)sign;
		if (sign == '\n')
			break;
	}
	file->text[length] = '\0';
	if (length == LONGEST_LINE && sign != '\n') {
		file->failed =
			!refuse("%s:%d: the line is longer than 1 MB: this is not a text file", file->path, file->line + 1);
		return -1;
	}
	return length > 0 ? (ssize_t)length : -1;
}

char *text_file_next(struct text_file *file)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of some editors, for UTF-8 */

	errno = 0;
	ssize_t length = file->failed ? -1 : read_line(file);
	if (length < 0 || ferror(file->file)) {
		if (!file->failed && ferror(file->file))
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
