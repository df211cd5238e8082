// SPDX-License-Identifier: PostgreSQL
/*
 * launch.c - starting a command and waiting for it; see launch.h.
 */
#include "analyzer/launch/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "analyzer/base/message.h"

#define SIGNALS 4
#define NS_PER_S 1000000000
#define MEANWHILE_MS 2000

/* The child, for the signal handler. */
static volatile sig_atomic_t child;

/* When it was first told to end, ns since 1970; 0: it was not. */
static _Atomic int64_t told_ns;

static const int signals[SIGNALS] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

static bool is_file_limit_ours; /* SIGXFSZ was not ignored when we began */

void launch_survive_file_limit(void)
{
	is_file_limit_ours = signal(SIGXFSZ, SIG_IGN) != SIG_IGN;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void pass_on(int number)
{
	int saved = errno;
	int64_t never = 0;

	if (child > 0) {
		atomic_compare_exchange_strong(&told_ns, &never, now_ns());
		kill((pid_t)child, number);
	}
	errno = saved;
}

static int start_status(int error)
{
	return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

/* errno, or 0 when `path` can be executed. */
static int execution_error(const char *path)
{
	struct stat file;

	if (access(path, X_OK) != 0)
		return errno;
	if (stat(path, &file) != 0)
		return errno;
	return S_ISREG(file.st_mode) ? 0 : EACCES;
}

/* Looks where execvp will look, so that a mistyped name does not cost the previous trace. */
static int find_error(const char *program, char ret_path[PATH_MAX])
{
	const char *folders = getenv("PATH");
	int error = ENOENT;

	snprintf(ret_path, PATH_MAX, "%s", program);
	if (strchr(program, '/') != NULL || folders == NULL || program[0] == '\0')
		return program[0] == '\0' ? ENOENT : strchr(program, '/') != NULL ? execution_error(program) : 0;
	for (const char *folder = folders;; folder++) {
		size_t length = strcspn(folder, ":");
		int written = snprintf(ret_path, PATH_MAX, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", program);
		int this_error = written >= PATH_MAX ? ENAMETOOLONG : execution_error(ret_path);
		if (this_error == 0)
			return 0;
		if (this_error == EACCES)
			error = EACCES;
		folder += length;
		if (*folder == '\0')
			return error;
	}
}

int launch_find(const char *program, char ret_path[PATH_MAX])
{
	int error = find_error(program, ret_path);

	if (error == 0)
		return 0;
	return fail(start_status(error), "cannot run '%s': %s", program, strerror(error));
}

static bool set_environment(const struct launch *launch)
{
	const char *present = getenv("LD_PRELOAD");
	char *preload = NULL;

	bool done = true;
	if (launch->preload != NULL &&
		asprintf(&preload, "%s%s%s", launch->preload, present != NULL && present[0] != '\0' ? ":" : "",
				 present != NULL ? present : "") < 0)
		return false;
	if (preload != NULL)
		done = setenv("LD_PRELOAD", preload, 1) == 0;
	free(preload);
	for (const char *(*variable)[2] = launch->environment; done && (*variable)[0] != NULL; variable++)
		done = setenv((*variable)[0], (*variable)[1], 1) == 0;
	return done;
}

/* In the child: becomes the command, or tells the parent why not. */
__attribute__((noreturn)) static void become(const struct launch *launch, int report,
											 const struct sigaction *dispositions, const sigset_t *mask)
{
	for (int i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &dispositions[i], NULL);
	if (is_file_limit_ours)
		signal(SIGXFSZ, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	int error = ENOMEM;
	if (set_environment(launch)) {
		execvp(launch->command[0], launch->command);
		error = errno;
	}
	ssize_t written = write(report, &error, sizeof error);
	(void)written; /* the exit status says it too */
	_exit(start_status(error));
}

/* A kernel without pidfd_open just waits; what would have been done meanwhile is done in the end. */
static int wait_for(pid_t pid, const struct launch *launch)
{
	int status = 0;
	enum { END, HEARD, BOTH };
	struct pollfd wait[BOTH] = {[END] = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
								[HEARD] = {.fd = launch->listener->fd, .events = POLLIN}};

	while (wait[END].fd >= 0 && wait[END].revents == 0) {
		int ready = poll(wait, BOTH, MEANWHILE_MS);
		if (ready == 0)
			launch->meanwhile(launch->context);
		else if (ready < 0 && errno != EINTR)
			break;
		else if (ready > 0 && wait[HEARD].revents != 0)
			listen_hear(launch->listener, launch->hear, launch->context);
	}
	if (wait[END].fd >= 0)
		close(wait[END].fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	listen_hear(launch->listener, launch->hear, launch->context);
	return status;
}

/* Blocks the signals until the child's pid is known, so that none is lost; returns what was before. */
static void guard_signals(struct sigaction *ret_dispositions, sigset_t *ret_mask)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction forward = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
	sigset_t block;

	sigemptyset(&block);
	for (int i = 0; i < SIGNALS; i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, ret_mask);
	for (int i = 0; i < SIGNALS; i++) {
		bool ours = signals[i] == SIGTERM || signals[i] == SIGHUP;
		sigaction(signals[i], ours ? &forward : &ignore, &ret_dispositions[i]);
		if (ours && ret_dispositions[i].sa_handler == SIG_IGN) /* nohup(1) */
			sigaction(signals[i], &ignore, NULL);
	}
}

int launch_run(const struct launch *launch, struct launched *ret)
{
	struct sigaction dispositions[SIGNALS];
	sigset_t mask;
	int report[2];
	int error = 0;

	if (pipe2(report, O_CLOEXEC) != 0)
		return fail(STATUS_RUN_FAILED, "cannot run '%s': %s", launch->command[0], strerror(errno));
	fflush(NULL); /* nothing of ours may be printed twice */
	guard_signals(dispositions, &mask);
	pid_t pid = fork();
	if (pid == 0)
		become(launch, report[1], dispositions, &mask);
	error = errno;
	child = pid;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return fail(STATUS_RUN_FAILED, "cannot run '%s': %s", launch->command[0], strerror(error));
	}
	ssize_t told;
	while ((told = read(report[0], &error, sizeof error)) < 0 && errno == EINTR)
		;
	close(report[0]);
	ret->pid = pid;
	ret->wait_status = wait_for(pid, launch);
	ret->told_ns = told_ns;
	child = 0;
	if (told == (ssize_t)sizeof error)
		return fail(start_status(error), "cannot run '%s': %s", launch->command[0], strerror(error));
	return 0;
}

int launch_exit_status(int wait_status)
{
	return WIFSIGNALED(wait_status) ? STATUS_SIGNALLED + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}
