// SPDX-License-Identifier: PostgreSQL
/*
 * quiet.c - keeps libunwind's hands off the host's descriptors.
 *
 * Before it reads through a doubtful pointer, libunwind writes the byte into a
 * pipe and sees whether the kernel accepts it.  It makes that pipe in the
 * host and keeps it: the host's next open() gets another number than it would
 * have got, and in a host that closes all descriptors the bytes go into
 * whatever file has the number next.  It also blocks all signals whenever it takes
 * a lock: here they are blocked once, while it is called.
 */
#include "preload/recorder/stacks/capture.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"

/* What our pipe's ends are called; the kernel never hands out such a number. A host's own libunwind keeps its real
 * ones. */
enum {
	NO_READ_END = -1000,
	NO_WRITE_END = -1001,
};

static int pretend_pipe2(int ends[2], int flags)
{
	(void)flags;
	ends[0] = NO_READ_END;
	ends[1] = NO_WRITE_END;
	return 0;
}

static int pretend_close(int fd)
{
	return fd == NO_READ_END || fd == NO_WRITE_END ? 0 : close(fd);
}

static ssize_t pretend_read(int fd, void *buffer, size_t bytes)
{
	if (fd != NO_READ_END)
		return read(fd, buffer, bytes);
	errno = EAGAIN; /* an empty pipe, and a sound one */
	return -1;
}

/* Can these bytes be read? Where a sandbox forbids the question, whether they are mapped is the next best answer. */
static ssize_t pretend_write(int fd, const void *bytes, size_t count)
{
	if (fd != NO_WRITE_END)
		return write(fd, bytes, count);
	char copy[16];
	struct iovec here = {copy, count < sizeof copy ? count : sizeof copy};
	struct iovec there = {(void *)(uintptr_t)bytes, here.iov_len};
	ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	if (got >= 0 || errno == EFAULT)
		return got;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	unsigned char is_resident;
	if (mincore((void *)((uintptr_t)bytes & -page), 1, &is_resident) == 0)
		return (ssize_t)here.iov_len;
	errno = EFAULT;
	return -1;
}

/* libunwind writes through syscall(), to escape sanitizers. */
static long pretend_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == SYS_write && (int)a == NO_WRITE_END) /* passed as an int: the upper half is anything */
		return pretend_write(NO_WRITE_END, (const void *)b, (size_t)c);
	return syscall(number, a, b, c, d, e, f);
}

/* --- signals --- */

static void (*calm_signals)(sigset_t *ret);
static _Atomic uintptr_t *calm_thread; /* in which they are blocked; 0: none */

static uintptr_t this_thread(void)
{
	return (uintptr_t)pthread_self();
}

static int pretend_sigprocmask(int how, const sigset_t *set, sigset_t *ret_before)
{
	if (atomic_load_explicit(calm_thread, memory_order_relaxed) != this_thread())
		return sigprocmask(how, set, ret_before);
	if (ret_before != NULL)
		sigemptyset(ret_before); /* only to be set again by the next call */
	return 0;
}

bool quiet_begin(sigset_t *ret_before)
{
	sigset_t all;
	uintptr_t nobody = 0;
	calm_signals(&all);
	pthread_sigmask(SIG_SETMASK, &all, ret_before);
	/* Only now: a handler that came in between would find this thread calm, and be at it as well. */
	if (atomic_compare_exchange_strong(calm_thread, &nobody, this_thread()))
		return true;
	pthread_sigmask(SIG_SETMASK, ret_before, NULL);
	return false;
}

void quiet_end(const sigset_t *before)
{
	atomic_store(calm_thread, 0);
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* --- the slots --- */

static void *choose(const char *name)
{
	static const struct {
		const char *name;
		void (*function)(void);
	} pretended[] = {
		{"pipe2", (void (*)(void))pretend_pipe2},     {"read", (void (*)(void))pretend_read},
		{"write", (void (*)(void))pretend_write},     {"close", (void (*)(void))pretend_close},
		{"syscall", (void (*)(void))pretend_syscall}, {"sigprocmask", (void (*)(void))pretend_sigprocmask},
	};
	for (unsigned i = 0; i < sizeof pretended / sizeof pretended[0]; i++)
		if (strcmp(name, pretended[i].name) == 0)
			return __extension__(void *) pretended[i].function;
	return NULL;
}

void quiet_unwinder(void *handle, const struct recorder_settings *settings)
{
	calm_signals = settings->calm_signals;
	calm_thread = settings->calm_thread;
	struct link_map *map;
	struct elf_object object;
	if (dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && elf_object_at(map->l_ld, &object))
		elf_replace_slots(&object, choose, NULL, false);
}
