// SPDX-License-Identifier: PostgreSQL
/* mark.c - see mark.h. */
#include "preload/process/mark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/process/hash.h"
#include "preload/process/settings.h"
#include "trace/spool/beside.h"

#define TEXT_BYTES 1536 /* an alternate stack is small */
#define EXE_BYTES 1024
#define NAME_BYTES 64
#define PLACE_BYTES 512 /* for what stands for %e and %h */

/* mknod needs no descriptor and no disk block. */
void mark_lost(const char *trace, int error)
{
	size_t bytes = strlen(trace) + NAME_BYTES;
	char *path = __builtin_alloca(bytes);
	snprintf(path, bytes, "%s" LOST_SUFFIX "%d-%d", trace, (int)getpid(), error);
	mknod(path, S_IFREG | 0600, 0);
}

void mark_unseen(int pid, const char *how, const char *exe, const char *detail)
{
	char text[TEXT_BYTES];
	size_t bytes = strlen(settings.trace) + PLACE_BYTES + NAME_BYTES;
	char *path = __builtin_alloca(bytes);
	int written = snprintf(text, sizeof text, "%d\n%s\n%s\n%s", pid, how, exe, detail);
	if (written < 0 || !settings_find_trace(path, bytes - NAME_BYTES))
		return;
	size_t used = strlen(path);
	/* Of which process is the first's business: a suite starts the same program a thousand times. */
	const char *of_all = strchr(text, '\n');
	snprintf(path + used, bytes - used, UNSEEN_SUFFIX "%016llx", (unsigned long long)hash_text(of_all, strlen(of_all)));
	if (symlink(text, path) == 0 || errno == EEXIST)
		return;
	int error = errno;
	path[used] = '\0';
	mark_lost(path, error);
}

void mark_unseen_here(const char *how, const char *detail)
{
	int error = errno;
	char exe[EXE_BYTES];
	elf_program_path(exe, sizeof exe);
	mark_unseen(getpid(), how, exe, detail);
	errno = error;
}
