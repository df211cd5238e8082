// SPDX-License-Identifier: PostgreSQL
/*
 * bounded.c - see bounded.h.
 */
#include "analyzer/symbols/bounded.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/base/regular-file.h"

static bool is_inside;

/* --- what libdw opens --- */

/*
 * libdw opens .dwo files, dwz's shared file and debug links by itself, by names that stand in the file that it reads,
 * and would wait there for whoever writes to a pipe.  A program's own open() comes before the C library's, so this is
 * the one that libdw calls.  Outside of a bounded process it changes nothing.
 */
static int open_looking(const char *path, int flags, mode_t mode)
{
	if (!is_inside || (flags & (O_ACCMODE | O_CREAT | O_DIRECTORY | O_PATH)) != O_RDONLY)
		return openat(AT_FDCWD, path, flags, mode);
	int fd = regular_open(path, flags & O_NOFOLLOW);
	bounded_allow_file(fd);
	return fd;
}

#define OPEN_LIKE(name, symbol)                                                                                        \
	int name(const char *path, int flags, ...) __asm__(symbol);                                                        \
	int name(const char *path, int flags, ...)                                                                         \
	{                                                                                                                  \
		va_list more;                                                                                                  \
		va_start(more, flags);                                                                                         \
		mode_t mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;           \
		va_end(more);                                                                                                  \
		return open_looking(path, flags, mode);                                                                        \
	}

OPEN_LIKE(open_plainly, "open")
OPEN_LIKE(open_largely, "open64")

/* --- bounds --- */

/* Lowers or raises a bound, as far as the user's own allows. */
static void set_bound(__rlimit_resource_t resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) != 0)
		return;
	limit.rlim_cur = value < limit.rlim_max ? value : limit.rlim_max;
	setrlimit(resource, &limit);
}

/* The address sanitizer takes terabytes of addresses. */
#if defined __SANITIZE_ADDRESS__
#define IS_BOUNDABLE false
#else
#define IS_BOUNDABLE true
#endif

static rlim_t memory;

static void allow_bytes(int64_t bytes)
{
	memory += (rlim_t)bytes;
	if (IS_BOUNDABLE)
		set_bound(RLIMIT_AS, memory);
}

/* What is mapped already: libraries, and what the trace takes. */
static int64_t bytes_mapped(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file != NULL) {
		if (fscanf(file, "%lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

void bounded_allow_file(int fd)
{
	struct stat file;

	if (is_inside && fd >= 0 && fstat(fd, &file) == 0)
		allow_bytes(file.st_size);
}

static int64_t milliseconds(const struct rusage *used)
{
	return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * INT64_C(1000) +
		   (used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;
}

int64_t bounded_used(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return milliseconds(&used);
}

void bounded_allow_seconds(int64_t seconds)
{
	set_bound(RLIMIT_CPU, (rlim_t)(bounded_used() / 1000 + seconds + 1));
}

/* --- the process --- */

static const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU};

__attribute__((noreturn)) static void work_in_child(int fd, void (*work)(void *, FILE *), void *context, int64_t bytes)
{
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		signal(signals[i], SIG_DFL);
	is_inside = true;
	set_bound(RLIMIT_CORE, 0);
	allow_bytes(bytes_mapped() + bytes);
	FILE *answers = fdopen(fd, "w");
	if (answers != NULL)
		work(context, answers);
	/* No handler of exit(): buffers and connections are the parent's. */
	_exit(answers != NULL && fflush(answers) == 0 ? 0 : 1);
}

bool bounded_begin(struct bounded *ret, void (*work)(void *context, FILE *answers), void *context, int64_t bytes)
{
	int ends[2];

	*ret = (struct bounded){.pid = -1};
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	fflush(NULL); /* a library that gives up calls exit(), which would write what is still in buffers a second time */
	ret->pid = fork();
	if (ret->pid == 0) {
		close(ends[0]);
		work_in_child(ends[1], work, context, bytes);
	}
	close(ends[1]);
	ret->answers = ret->pid > 0 ? fdopen(ends[0], "r") : NULL;
	if (ret->answers == NULL)
		close(ends[0]);
	if (ret->pid > 0 && ret->answers == NULL)
		bounded_end(ret);
	return ret->answers != NULL;
}

int64_t bounded_end(struct bounded *bounded)
{
	struct rusage used;
	pid_t ended = -1;

	if (bounded->answers != NULL)
		fclose(bounded->answers);
	kill(bounded->pid, SIGKILL); /* it has answered, or nobody listens any more */
	do
		ended = wait4(bounded->pid, NULL, 0, &used);
	while (ended < 0 && errno == EINTR);
	*bounded = (struct bounded){.pid = -1};
	return ended < 0 ? -1 : milliseconds(&used);
}
