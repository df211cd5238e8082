// SPDX-License-Identifier: PostgreSQL
/* spool-here.c - see spool-here.h. */
#include "trace/spool/spool-here.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t parse_hexadecimal(const char *text, ssize_t length)
{
	uint64_t value = 0;
	int digits = 0;
	for (ssize_t i = 0; i < length && digits < 16; i++) {
		char c = text[i];
		if (c == '-')
			continue;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			break;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		digits++;
	}
	return value;
}

uint64_t spool_boot_id(void)
{
	int saved = errno;
	char text[40];
	uint64_t id = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		id = parse_hexadecimal(text, read(fd, text, sizeof text));
		close(fd);
	}
	errno = saved;
	return id;
}

uint64_t spool_pid_namespace(void)
{
	int saved = errno;
	struct stat st;
	uint64_t id = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
	errno = saved;
	return id;
}
