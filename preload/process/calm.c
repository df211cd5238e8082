// SPDX-License-Identifier: PostgreSQL
/* calm.c - see calm.h. */
#include "preload/process/calm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>

#include "preload/elf/visibility.h"
#include "preload/process/try-lock.h"

/* --- what the host must not notice --- */

struct calm {
	sigset_t signals; /* as they were */
	sigset_t pending; /* those that waited already */
	int cancel_state;
	int error;
};

/* The signals that wait for this thread; none when the system does not tell. */
static sigset_t pending_now(void)
{
	sigset_t pending;
	if (sigpending(&pending) != 0)
		sigemptyset(&pending);
	return pending;
}

/* A signal that our own writing raised in this thread must not outlive the calm. */
static void consume(int number)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, number);
	while (sigtimedwait(&set, NULL, &(struct timespec){0}) == -1 && errno == EINTR)
		;
}

void calm_signals(sigset_t *ret)
{
	sigfillset(ret);
	/* Faults stay deliverable: blocking them would kill the process instead of calling its handler. */
	sigdelset(ret, SIGSEGV);
	sigdelset(ret, SIGBUS);
	sigdelset(ret, SIGFPE);
	sigdelset(ret, SIGILL);
	sigdelset(ret, SIGTRAP);
	sigdelset(ret, SIGSYS);
}

static void enter(struct calm *calm)
{
	calm->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &calm->cancel_state);
	sigset_t all;
	calm_signals(&all);
	pthread_sigmask(SIG_SETMASK, &all, &calm->signals);
	calm->pending = pending_now();
}

static void leave(const struct calm *calm)
{
	static const int raised[] = {SIGXFSZ, SIGPIPE};
	sigset_t pending = pending_now();
	for (size_t i = 0; i < sizeof raised / sizeof raised[0]; i++)
		if (sigismember(&pending, raised[i]) == 1 && sigismember(&calm->pending, raised[i]) == 0)
			consume(raised[i]);
	pthread_sigmask(SIG_SETMASK, &calm->signals, NULL);
	int ignored;
	pthread_setcancelstate(calm->cancel_state, &ignored);
	errno = calm->error;
}

/* --- the stack --- */

#define STACK_BYTES ((size_t)256 * 1024)
#define GUARD_BYTES                                                                                                    \
	((size_t)64 * 1024) /* a page of any processor: what grows past the stack faults, and overwrites nothing */

/* Calls work(closure) with the stack pointer at `top`: stack-*.S. */
HIDDEN void pqleak_call_on_stack(void *top, void (*work)(void *), void *closure);

static try_lock stack_lock;

static char *take_stack(void)
{
	static char *stack; /* mapped at the first use, and kept; written by whoever has the lock */
	if (!try_lock_take(&stack_lock))
		return NULL;
	if (stack == NULL) {
		char *mapped = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		if (mapped == MAP_FAILED || mprotect(mapped + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) != 0) {
			if (mapped != MAP_FAILED)
				munmap(mapped, GUARD_BYTES + STACK_BYTES);
			try_lock_give(&stack_lock);
			return NULL;
		}
		stack = mapped + GUARD_BYTES;
	}
	return stack;
}

void calm_run(void (*work)(void *), void *closure)
{
	struct calm calm;
	enter(&calm);
	char *stack = take_stack();
	if (stack != NULL) {
		pqleak_call_on_stack(stack + STACK_BYTES, work, closure);
		try_lock_give(&stack_lock);
	} else {
		work(closure);
	}
	leave(&calm);
}
