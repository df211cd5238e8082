// SPDX-License-Identifier: PostgreSQL
/* thread.c - see thread.h. */
#include "analyzer/reading/thread.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int thread_is_alive(int pid, const char *exe, int thread)
{
	char path[64], real[PATH_MAX];

	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	ssize_t length = readlink(path, real, sizeof real - 1);
	if (length < 0)
		return -1;
	real[length] = '\0';
	if (strncmp(real, exe, strlen(exe)) != 0) /* " (deleted)" may follow */
		return -1;
	snprintf(path, sizeof path, "/proc/%d/task/%d", pid, thread);
	if (access(path, F_OK) == 0)
		return 1;
	return errno == ENOENT ? 0 : -1;
}
