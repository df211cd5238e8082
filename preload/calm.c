// SPDX-License-Identifier: PostgreSQL
/* calm.c - see calm.h. */
#include "calm.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

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

static bool is_dev_null(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

void calm_enter(struct calm *calm)
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
	pthread_sigmask(SIG_SETMASK, &all, &calm->signals);
	calm->pending_size = is_pending(SIGXFSZ);
	calm->pending_pipe = is_pending(SIGPIPE);
	for (int fd = 0; fd < 3; fd++)
		calm->closed[fd] = fcntl(fd, F_GETFD) == -1 && errno == EBADF;
}

void calm_leave(struct calm *calm)
{
	/* SQLite keeps its files off descriptors 0-2 by filling the holes with /dev/null: make them holes again. */
	for (int fd = 0; fd < 3; fd++)
		if (calm->closed[fd] && is_dev_null(fd))
			close(fd);
	if (!calm->pending_size && is_pending(SIGXFSZ))
		consume(SIGXFSZ);
	if (!calm->pending_pipe && is_pending(SIGPIPE))
		consume(SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &calm->signals, NULL);
	int ignored;
	pthread_setcancelstate(calm->cancel_state, &ignored);
	errno = calm->error;
}
