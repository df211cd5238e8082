// SPDX-License-Identifier: PostgreSQL
/* mark.c - see mark.h. */
#include "preload/process/mark.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/process/hash.h"
#include "preload/process/settings.h"
#include "trace/base/sent.h"
#include "trace/spool/beside.h"

#define TEXT_BYTES 1792 /* an alternate stack is small */
#define EXE_BYTES 1024
#define NAME_BYTES 64
#define PLACE_BYTES 512 /* for what stands for %e and %h */

static_assert(TEXT_BYTES <= SENT_BYTES, "the launcher takes what is sent");

/*
 * An abstract socket is reached by every user and from every root directory.  By system calls, because those of libc
 * are places where the host's thread may be cancelled.  Where the launcher's queue is full it has marks enough.
 */
static bool tell_launcher(const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t length = strlen(settings.marks);
	if (length == 0)
		return false;
	static_assert(sizeof settings.marks < sizeof address.sun_path, "the name fits behind its zero");
	memcpy(address.sun_path + 1, settings.marks, length);
	int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	long sent = syscall(SYS_sendto, fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL, &address,
						offsetof(struct sockaddr_un, sun_path) + 1 + length);
	bool is_told = sent >= 0 || errno == EAGAIN;
	syscall(SYS_close, fd);
	return is_told;
}

/* A symbolic link needs no descriptor and no disk block, and neither does mknod, for file systems without links. */
bool mark_lost(const char *trace, int error)
{
	char exe[EXE_BYTES], text[EXE_BYTES + NAME_BYTES];
	elf_program_path(exe, sizeof exe);
	const char *started_as = (const char *)getauxval(AT_EXECFN);
	if (exe[0] == '\0' && started_as != NULL) /* there may be no /proc below another root */
		snprintf(exe, sizeof exe, "%s", started_as);
	if (trace[0] != '\0') {
		size_t bytes = strlen(trace) + NAME_BYTES;
		char *path = __builtin_alloca(bytes);
		snprintf(path, bytes, "%s" LOST_SUFFIX "%d-%d", trace, (int)getpid(), error);
		snprintf(text, sizeof text, "%u\n%s", (unsigned)geteuid(), exe);
		if (symlink(text, path) == 0 || errno == EEXIST || mknod(path, S_IFREG | 0600, 0) == 0)
			return true;
	}
	snprintf(text, sizeof text, SENT_LOST "%d\n%s", error, exe);
	return tell_launcher(text);
}

void mark_unseen(int pid, const char *how, const char *exe, const char *detail, const char *sign)
{
	char text[TEXT_BYTES];
	size_t bytes = strlen(settings.trace) + PLACE_BYTES + NAME_BYTES;
	char *path = __builtin_alloca(bytes);
	int written = snprintf(text, sizeof text, SENT_UNSEEN "%d\n%s\n%s\n%s\n%s", pid, how, exe, detail, sign);
	if (written < 0 || !settings_find_trace(path, bytes - NAME_BYTES))
		return;
	const char *words = text + sizeof SENT_UNSEEN - 1;
	size_t used = strlen(path);
	/* Of which process is the first's business: a suite starts the same program a thousand times. */
	const char *of_all = strchr(words, '\n');
	snprintf(path + used, bytes - used, UNSEEN_SUFFIX "%016llx", (unsigned long long)hash_text(of_all, strlen(of_all)));
	if (symlink(words, path) == 0 || errno == EEXIST)
		return;
	int error = errno;
	path[used] = '\0';
	if (!tell_launcher(text))
		mark_lost(path, error);
}

void mark_unseen_here(const char *how, const char *detail)
{
	int error = errno;
	char exe[EXE_BYTES];
	elf_program_path(exe, sizeof exe);
	mark_unseen(getpid(), how, exe, detail, "");
	errno = error;
}
