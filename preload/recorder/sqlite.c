// SPDX-License-Identifier: PostgreSQL
/* sqlite.c - see sqlite.h. */
#include "preload/recorder/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "preload/recorder/stacks/memory.h"

/* --- memory --- */

static void *take(int bytes)
{
	return memory_take((size_t)bytes);
}

static int size(void *block)
{
	return (int)memory_size(block);
}

static void *resize(void *block, int bytes)
{
	if ((size_t)bytes <= memory_size(block))
		return block;
	void *larger = memory_take((size_t)bytes);
	if (larger != NULL) {
		memcpy(larger, block, memory_size(block));
		memory_give(block);
	}
	return larger;
}

static int round_up(int bytes)
{
	return (bytes + 15) & ~15;
}

static int start(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

static void stop(void *unused)
{
	(void)unused;
}

/* --- files --- */

/* SQLite keeps off descriptors 0 to 2 by filling the holes with /dev/null, and so a host's closed stdin would open. */
static int open_above_standard(const char *path, int flags, int mode)
{
	int fd = open(path, flags, mode);
	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	int error = errno;
	close(fd);
	errno = error;
	return above;
}

bool sqlite_prepare(void)
{
	static bool is_prepared;
	static const sqlite3_mem_methods memory = {take, memory_give, resize, size, round_up, start, stop, NULL};
	if (is_prepared)
		return true;
	if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK ||
		sqlite3_config(SQLITE_CONFIG_MALLOC, &memory) != SQLITE_OK)
		return false;
	sqlite3_vfs *files = sqlite3_vfs_find(NULL);
	is_prepared =
		files != NULL &&
		files->xSetSystemCall(files, "open", __extension__(sqlite3_syscall_ptr) open_above_standard) == SQLITE_OK;
	return is_prepared;
}
