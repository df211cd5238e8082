// SPDX-License-Identifier: PostgreSQL
/*
 * output-file.c - see output-file.h.
 */
#include "analyzer/output-file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/message.h"

static bool cannot_write(const char *path, int error)
{
	return fail(false, "cannot write '%s': %s (name a file in a folder that you can write to)", path, strerror(error));
}

static bool open_temporary(struct output_file *output)
{
	size_t bytes = strlen(output->path) + sizeof ".XXXXXX";
	char *name = malloc(bytes);

	if (name == NULL)
		return fail(false, "out of memory");
	snprintf(name, bytes, "%s.XXXXXX", output->path);
	int descriptor = mkstemp(name);
	output->file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
	if (output->file == NULL) {
		free(name);
		return cannot_write(output->path, errno);
	}
	/* As any new file of the user's. */
	mode_t mask = umask(0);
	umask(mask);
	fchmod(descriptor, 0666 & ~mask);
	output->temporary = name;
	return true;
}

bool output_file_open(struct output_file *ret, const char *path)
{
	struct stat there;

	*ret = (struct output_file){.path = path};
	/* A pipe, /dev/null or a symbolic link is not replaced. */
	if (lstat(path, &there) != 0 || S_ISREG(there.st_mode))
		return open_temporary(ret);
	ret->file = fopen(path, "we");
	return ret->file != NULL || cannot_write(path, errno);
}

bool output_file_close(struct output_file *output, bool good)
{
	bool done = !ferror(output->file);
	int error = EIO;

	if (fflush(output->file) != 0) {
		done = false;
		error = errno;
	}
	if (fclose(output->file) != 0 && done) {
		done = false;
		error = errno;
	}
	if (output->temporary != NULL && done && good && rename(output->temporary, output->path) != 0) {
		done = false;
		error = errno;
	}
	if (output->temporary != NULL && !(done && good))
		unlink(output->temporary);
	free(output->temporary);
	return good && (done || cannot_write(output->path, error));
}
