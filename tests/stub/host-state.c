// SPDX-License-Identifier: PostgreSQL
/* host-state.c - says everything about its own process that an interposer could disturb, before, during and after. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

enum { MANY = 20000 }; /* enough exec and clear that a spool is drained in between */

static int report; /* a descriptor for what we say: 1 may be closed */

static void say_descriptors(void)
{
	for (int fd = 0; fd < 64; fd++) {
		char name[32], target[512];
		snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
		ssize_t length = readlink(name, target, sizeof target - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		/* The numbers of pipes and sockets are new in each run. */
		dprintf(report, "  descriptor %d: %.*s, flags %x\n", fd, (int)strcspn(target, "["), target, fcntl(fd, F_GETFD));
	}
}

static void say_set(const char *what, const sigset_t *set)
{
	dprintf(report, "  %s:", what);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(set, number) == 1)
			dprintf(report, " %d", number);
	dprintf(report, "\n");
}

static void say_handlers(void)
{
	dprintf(report, "  handled:");
	for (int number = 1; number < NSIG; number++) {
		struct sigaction action;
		if (sigaction(number, NULL, &action) == 0 && (action.sa_handler != SIG_DFL || action.sa_flags != 0))
			dprintf(report, " %d (%s, %x)", number, action.sa_handler == SIG_IGN ? "ignored" : "caught",
					(unsigned)action.sa_flags);
	}
	dprintf(report, "\n");
}

static int count_threads(void)
{
	DIR *folder = opendir("/proc/self/task");
	int count = -2;
	while (folder != NULL && readdir(folder) != NULL)
		count++;
	if (folder != NULL)
		closedir(folder);
	return count;
}

static void say_state(const char *when)
{
	dprintf(report, "%s\n", when);
	say_descriptors();
	sigset_t set;
	sigprocmask(SIG_BLOCK, NULL, &set);
	say_set("blocked", &set);
	sigpending(&set);
	say_set("pending", &set);
	say_handlers();
	mode_t mask = umask(0);
	umask(mask);
	char folder[512] = "";
	char *cwd = getcwd(folder, sizeof folder);
	dprintf(report, "  umask %o, %d threads, folder %s\n", (unsigned)mask, count_threads(), cwd);
}

static void use_libpq(void)
{
	say_state("before");
	PGconn *conn = PQconnectdb("");
	say_state("connected");
	for (int i = 0; i < MANY; i++)
		PQclear(PQexec(conn, "SELECT 1"));
	say_state("used");
	PQfinish(conn);
	say_state("finished");
}

/* A process with a mask, signals that wait, and files of its own. */
static int busy(int argc, char **argv)
{
	(void)argc, (void)argv;
	report = 1;
	umask(027);
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGXFSZ);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
	raise(SIGPIPE);
	kill(getpid(), SIGXFSZ);
	int ends[2];
	require(pipe(ends) == 0 && open("/dev/zero", O_RDONLY | O_CLOEXEC) >= 0, "descriptors");
	use_libpq();
	return 0;
}

/* A daemon: nothing on 0, 1 and 2, and nothing may come to lie there. */
static int closed(int argc, char **argv)
{
	(void)argc, (void)argv;
	report = dup2(1, 50);
	close(0);
	close(1);
	close(2);
	use_libpq();
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"busy", busy}, {"closed", closed}, {0}}, argc, argv);
}
