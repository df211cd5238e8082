// SPDX-License-Identifier: PostgreSQL
/* own.c - a plug-in that defines a function of the name of one of libc's: where it is opened deep, it calls its own. */
#include <stdlib.h>
#include <sys/types.h>

#include "stub.h"

extern void slots_use(void);
extern ssize_t send(int fd, const void *bytes, size_t length, int flags);

__attribute__((noinline)) ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	(void)bytes, (void)flags;
	return fd - (ssize_t)length;
}

void slots_use(void)
{
	PQfinish(PQconnectdb(""));
	if (send(50, "eight...", 8, 0) != 42)
		abort();
}
