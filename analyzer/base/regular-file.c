// SPDX-License-Identifier: PostgreSQL
/*
 * regular-file.c - see regular-file.h.
 */
#include "analyzer/base/regular-file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Where a name is looked up. */
struct place {
	int root; /* a descriptor of the folder that is the root; -1: this machine's */
	const char *path;
};

static int open_at(const struct place *place, int flags)
{
	if (place->root < 0)
		return openat(AT_FDCWD, place->path, flags);
	struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};
	return (int)syscall(SYS_openat2, place->root, place->path, &how, sizeof how);
}

/* Files that the kernel makes up look regular: reading one may take its content away, wait, or never end. */
static bool is_made_up(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) != 0)
		return false;
	switch (system.f_type) {
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
		return true;
	default:
		return false;
	}
}

static bool is_regular(int fd, struct stat *ret)
{
	return fstat(fd, ret) == 0 && S_ISREG(ret->st_mode) && !is_made_up(fd);
}

/* O_PATH opens nothing.  What is opened then must be what was looked at; if it is another by now, nobody has waited. */
static int look_and_open(const struct place *place, int more_flags)
{
	struct stat looked_at, opened;
	int look = open_at(place, O_PATH | O_CLOEXEC | more_flags);

	if (look < 0)
		return -1;
	bool good = is_regular(look, &looked_at);
	close(look);
	int fd = good ? open_at(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more_flags) : -1;
	if (good && fd < 0)
		return -1;
	if (good && is_regular(fd, &opened) && opened.st_dev == looked_at.st_dev && opened.st_ino == looked_at.st_ino)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = EINVAL;
	return -1;
}

int regular_open(const char *path, int more_flags)
{
	return look_and_open(&(struct place){.root = -1, .path = path}, more_flags);
}

int regular_open_in(const char *root, const char *path, int more_flags)
{
	if (root[0] == '\0')
		return regular_open(path, more_flags);
	struct place place = {.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), .path = path};
	if (place.root < 0)
		return -1;
	int fd = look_and_open(&place, more_flags);
	bool unknown = fd < 0 && (errno == ENOSYS || errno == EPERM); /* an old kernel, or a container's filter */
	close(place.root);
	char *whole = NULL;
	if (!unknown || asprintf(&whole, "%s%s", root, path) < 0)
		return fd;
	fd = regular_open(whole, more_flags);
	free(whole);
	return fd;
}
