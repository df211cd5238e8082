// SPDX-License-Identifier: PostgreSQL
/*
 * sigxfsz.h - writing beyond RLIMIT_FSIZE without a signal.
 *
 * Beyond that limit the kernel sends SIGXFSZ to the writing thread, whether or
 * not the host ignores it.  Between these two calls the signal is blocked, and
 * taken out again unless one was waiting before: that one is the host's.
 * Used around everything in trace/ that makes a file grow in the host.
 */
#ifndef PQLEAK_TRACE_BASE_SIGXFSZ_H
#define PQLEAK_TRACE_BASE_SIGXFSZ_H

#include <signal.h>
#include <stdbool.h>
#include <time.h>

struct sigxfsz {
	sigset_t before;
	bool was_waiting;
};

static inline sigset_t sigxfsz_only(void)
{
	sigset_t only;
	sigemptyset(&only);
	sigaddset(&only, SIGXFSZ);
	return only;
}

static inline void sigxfsz_block(struct sigxfsz *ret)
{
	sigset_t only = sigxfsz_only();
	sigset_t waiting;
	pthread_sigmask(SIG_BLOCK, &only, &ret->before);
	sigpending(&waiting);
	ret->was_waiting = sigismember(&waiting, SIGXFSZ) == 1;
}

static inline void sigxfsz_restore(const struct sigxfsz *state)
{
	sigset_t only = sigxfsz_only();
	if (!state->was_waiting)
		sigtimedwait(&only, NULL, &(struct timespec){0});
	pthread_sigmask(SIG_SETMASK, &state->before, NULL);
}

#endif
