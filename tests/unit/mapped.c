// SPDX-License-Identifier: PostgreSQL
/* mapped.c - see mapped.h. */
#include "mapped.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>

size_t mapped_bytes;
bool mapped_is_refused;

/* The linker gives the calls to these, and ours to the real ones; mmap64 is what mmap is called in a program with large
 * files. */
extern void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
extern int __real_munmap(void *address, size_t length);
extern void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
extern void *__wrap_mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset);
extern int __wrap_munmap(void *address, size_t length);

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (mapped_is_refused) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	void *memory = __real_mmap(address, length, protection, flags, fd, offset);
	if (memory != MAP_FAILED)
		mapped_bytes += length;
	return memory;
}

void *__wrap_mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	return __wrap_mmap(address, length, protection, flags, fd, offset);
}

int __wrap_munmap(void *address, size_t length)
{
	mapped_bytes -= length;
	return __real_munmap(address, length);
}
