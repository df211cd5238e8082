// SPDX-License-Identifier: PostgreSQL
/* self.c - see self.h. */
#include "preload/recorder/self.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "trace/base/redact.h"

static size_t read_file(const char *path, char *ret, size_t bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	ssize_t length = read(fd, ret, bytes);
	close(fd);
	return length > 0 ? (size_t)length : 0;
}

void self_identify(struct spool_identity *ret)
{
	memset(ret, 0, sizeof *ret);
	gethostname(ret->host, sizeof ret->host - 1);
	elf_program_path(ret->exe, sizeof ret->exe);
	static char arguments[4096]; /* large, and this may be a small stack */
	size_t length = read_file("/proc/self/cmdline", arguments, sizeof arguments);
	redact_command(ret->command, sizeof ret->command, arguments, length);
}
