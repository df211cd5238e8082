// SPDX-License-Identifier: PostgreSQL
/* identity.c - see identity.h. */
#include "preload/recorder/identity.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/elf/elf-object.h"
#include "trace/base/redact.h"

#define NS_PER_S INT64_C(1000000000)

static size_t read_file(const char *path, char *ret, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, ret, bytes);
	close(fd);
	return length > 0 ? (size_t)length : 0;
}

/*
 * When the kernel made this process, ns since 1970, to the length of a clock tick; 0: unknown.  A program that exec
 * replaces hands it on.
 */
static int64_t born_ns(void)
{
	const int start_time = 22, name = 2; /* numbers of fields; a name may hold anything */
	char text[1024];
	struct timespec today, since_boot;
	text[read_file("/proc/self/stat", text, sizeof text - 1)] = '\0';
	const char *at = strrchr(text, ')');
	for (int field = name; at != NULL && field < start_time; field++)
		at = strchr(at + 1, ' ');
	long ticks_per_second = sysconf(_SC_CLK_TCK);
	if (at == NULL || ticks_per_second <= 0)
		return 0;
	clock_gettime(CLOCK_REALTIME, &today);
	clock_gettime(CLOCK_BOOTTIME, &since_boot);
	int64_t boot = (today.tv_sec - since_boot.tv_sec) * NS_PER_S + today.tv_nsec - since_boot.tv_nsec;
	return boot + strtoll(at, NULL, 10) * (NS_PER_S / ticks_per_second);
}

void identify(struct spool_identity *ret)
{
	APART static char arguments[4096]; /* large, and this may be a small stack */
	memset(ret, 0, sizeof *ret);
	ret->born_ns = born_ns();
	gethostname(ret->host, sizeof ret->host - 1);
	elf_program_path(ret->exe, sizeof ret->exe);
	size_t length = read_file("/proc/self/cmdline", arguments, sizeof arguments);
	redact_command(ret->command, sizeof ret->command, arguments, length);
}
