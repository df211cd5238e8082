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
	sigset_t signals;  /* as they were */
	bool pending_size; /* SIGXFSZ was already pending */
	bool pending_pipe; /* SIGPIPE was already pending */
	int cancel_state;
	int error;
};

static bool is_pending(int number)
{
	sigset_t pending;
	return sigpending(&pending) == 0 && sigismember(&pending, number) == 1;
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

static void enter(struct calm *calm)
{
	calm->error = errno;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &calm->cancel_state);
	sigset_t all;
	sigfillset(&all);
	/* Faults stay deliverable: blocking them would kill the process instead of calling its handler. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGTRAP);
	sigdelset(&all, SIGSYS);
	pthread_sigmask(SIG_SETMASK, &all, &calm->signals);
	calm->pending_size = is_pending(SIGXFSZ);
	calm->pending_pipe = is_pending(SIGPIPE);
}

static void leave(const struct calm *calm)
{
	if (!calm->pending_size && is_pending(SIGXFSZ))
		consume(SIGXFSZ);
	if (!calm->pending_pipe && is_pending(SIGPIPE))
		consume(SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &calm->signals, NULL);
	int ignored;
	pthread_setcancelstate(calm->cancel_state, &ignored);
	errno = calm->error;
}

/* --- the stack --- */

#define STACK_BYTES ((size_t)256 * 1024)

/* Calls work(closure) with the stack pointer at `top`: stack-*.S. */
HIDDEN void pqleak_call_on_stack(void *top, void (*work)(void *), void *closure);

static try_lock stack_lock;

static char *take_stack(void)
{
	static char *stack; /* mapped at the first use, and kept; written by whoever has the lock */
	if (!try_lock_take(&stack_lock))
		return NULL;
	if (stack == NULL) {
		char *mapped = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
		if (mapped == MAP_FAILED) {
			try_lock_give(&stack_lock);
			return NULL;
		}
		stack = mapped;
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
