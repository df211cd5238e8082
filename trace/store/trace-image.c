// SPDX-License-Identifier: PostgreSQL
/*
 * trace-image.c - an empty trace, written as a whole.
 *
 * Called by trace-open.c, in the host and in the analyzer.  The file gets its
 * name when it is complete, and only if there is none of that name, so nobody
 * ever sees a part of it and nobody's trace is replaced.  Where the system
 * cannot do that, SQLite makes the trace.
 */
#include <endian.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "trace/store/failure.h"

/* scripts/embed-trace */
extern const unsigned char trace_image[];
extern const size_t trace_image_bytes, trace_image_created_at;

static bool write_all(int fd)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t created = htobe64((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	const size_t behind = trace_image_created_at + sizeof created;
	const struct iovec parts[] = {
		{(void *)(uintptr_t)trace_image, trace_image_created_at},
		{&created, sizeof created},
		{(void *)(uintptr_t)(trace_image + behind), trace_image_bytes - behind},
	};
	return writev(fd, parts, sizeof parts / sizeof parts[0]) == (ssize_t)trace_image_bytes;
}

bool trace_place_image(const char *path)
{
	char folder[PATH_MAX], self[64];
	const char *slash = strrchr(path, '/');
	size_t length = slash != NULL ? (size_t)(slash - path) + 1 : 0;
	if (length >= sizeof folder)
		return false;
	memcpy(folder, path, length);
	strcpy(folder + length, length == 0 ? "." : "");
	int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	bool is_placed = write_all(fd) && linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
	close(fd);
	return is_placed;
}
