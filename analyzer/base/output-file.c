// SPDX-License-Identifier: PostgreSQL
/*
 * output-file.c - see output-file.h.
 */
#include "analyzer/base/output-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"

/* `error` 0: nobody knows, for stdio keeps no reason of a write that was long ago. */
static bool cannot_write(const char *path, int error)
{
	return refuse("cannot write '%s': %s (name a file in a writable directory)", path,
				  error != 0 ? strerror(error) : "the disk is full, or the file is no longer writable");
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* A trace or another database, what SQLite keeps beside one, or a spool: without them what is in a trace is lost. */
static bool is_database(const char *path)
{
	static const struct {
		const char *bytes;
		size_t length;
	} magics[] = {{"SQLite format 3", 16},
				  {"pqlspool", 8},                         /* as trace/spool/spool.h has it */
				  {"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8}, /* a journal */
				  {"\x37\x7f\x06", 3}};                    /* a write-ahead log */
	char magic[16] = "";
	FILE *file = fopen(path, "re");
	size_t length = file != NULL ? fread(magic, 1, sizeof magic, file) : 0;

	if (file != NULL)
		fclose(file);
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (length >= magics[i].length && memcmp(magic, magics[i].bytes, magics[i].length) == 0)
			return true;
	return false;
}

/* That a name stands for, as /dev/stdout; -1: none. */
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
	char *end;

	if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0)
		return strcmp(path, "/dev/stdout") == 0 ? STDOUT_FILENO : STDERR_FILENO;
	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0) {
			long number = strtol(path + strlen(folders[i]), &end, 10);
			return *end == '\0' && number >= 0 && number <= INT_MAX ? (int)number : -1;
		}
	return -1;
}

bool output_file_possible(const char *path)
{
	struct stat there;
	bool exists = stat(path, &there) == 0;

	if (descriptor_of(path) >= 0)
		return fcntl(descriptor_of(path), F_GETFD) >= 0 || cannot_write(path, errno);
	if (exists && S_ISDIR(there.st_mode))
		return cannot_write(path, EISDIR);
	if (exists && S_ISREG(there.st_mode) && access(path, R_OK) != 0)
		return cannot_write(path, errno); /* nobody can tell what it would replace */
	if (exists && S_ISREG(there.st_mode) && is_database(path))
		return refuse(
			"'%s' is a trace, a part of one, or another database, and was not overwritten (name another file)", path);
	char *target = exists ? realpath(path, NULL) : strdup(path);
	char *folder = target != NULL ? folder_of(target) : NULL;
	int error = folder == NULL                      ? errno
				: exists && !S_ISREG(there.st_mode) ? (access(path, W_OK) == 0 ? 0 : errno)
				: access(folder, W_OK | X_OK) != 0  ? errno
													: 0;
	free(folder);
	free(target);
	return error == 0 || cannot_write(path, error);
}

bool output_file_same(const char *one, const char *other)
{
	struct stat a, b;
	bool is_there = stat(one, &a) == 0;

	if (is_there != (stat(other, &b) == 0))
		return false;
	if (is_there)
		return S_ISREG(a.st_mode) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	/* Neither is there yet: the same name in the same folder. */
	const char *slash = strrchr(one, '/'), *other_slash = strrchr(other, '/');
	char *folder = folder_of(one), *other_folder = folder_of(other);
	bool same = strcmp(slash != NULL ? slash + 1 : one, other_slash != NULL ? other_slash + 1 : other) == 0 &&
				folder != NULL && other_folder != NULL && stat(folder, &a) == 0 && stat(other_folder, &b) == 0 &&
				a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	free(folder);
	free(other_folder);
	return same;
}

/* `mode`: that of what is there, or 0. */
static bool open_temporary(struct output_file *output, mode_t mode)
{
	if (output->target == NULL)
		return cannot_write(output->path, errno);
	if (asprintf(&output->temporary, "%s.XXXXXX", output->target) < 0) {
		output->temporary = NULL;
		return refuse("out of memory");
	}
	int descriptor = mkstemp(output->temporary), error = errno;
	if (descriptor < 0)
		return cannot_write(output->path, error);
	/* As any new file of the user's. */
	mode_t mask = umask(0);
	umask(mask);
	if (fchmod(descriptor, mode != 0 ? mode & 07777 : 0666 & ~mask) == 0)
		output->file = fdopen(descriptor, "w");
	error = errno;
	if (output->file != NULL)
		return true;
	close(descriptor);
	unlink(output->temporary);
	return cannot_write(output->path, error);
}

/* Goes on where the descriptor stands: what a shell has redirected is not written from the start again. */
static FILE *open_descriptor(int number)
{
	fflush(stdout);
	int copy = fcntl(number, F_DUPFD_CLOEXEC, 0);
	FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;

	if (copy >= 0 && file == NULL)
		close(copy);
	return file;
}

static void done(struct output_file *output)
{
	free(output->target);
	free(output->temporary);
}

bool output_file_open(struct output_file *ret, const char *path)
{
	struct stat there;
	int number = descriptor_of(path);

	*ret = (struct output_file){.path = path};
	if (number >= 0) {
		ret->file = open_descriptor(number);
		return ret->file != NULL || cannot_write(path, errno);
	}
	if (!output_file_possible(path))
		return false;
	bool exists = stat(path, &there) == 0, opened;
	/* A pipe or /dev/null is not replaced, nor is a symbolic link: what it names is. */
	if ((exists && S_ISREG(there.st_mode)) || (!exists && lstat(path, &there) != 0)) {
		ret->target = exists ? realpath(path, NULL) : strdup(path);
		opened = open_temporary(ret, exists ? there.st_mode : 0);
	} else {
		ret->file = fopen(path, "we");
		opened = ret->file != NULL || cannot_write(path, errno);
	}
	if (!opened)
		done(ret);
	return opened;
}

bool output_file_close(struct output_file *output, bool good)
{
	bool written = !ferror(output->file);
	int error = 0;

	if (fflush(output->file) != 0) {
		written = false;
		error = errno;
	}
	if (fclose(output->file) != 0 && written) {
		written = false;
		error = errno;
	}
	if (output->temporary != NULL && written && good && rename(output->temporary, output->target) != 0) {
		written = false;
		error = errno;
	}
	if (output->temporary != NULL && !(written && good))
		unlink(output->temporary);
	done(output);
	return good && (written || cannot_write(output->path, error));
}
