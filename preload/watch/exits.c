// SPDX-License-Identifier: PostgreSQL
/*
 * exits.c - the ways a process ends without running its exit handlers.
 *
 * Owns the interposed _exit, _Exit, abort and exec family.  Each leaves a word
 * in the spool and goes on.  They may be called in signal handlers and in
 * vfork children, so nothing here drains, allocates or waits; in a vfork
 * child, which shares our memory, process_ends does nothing.  What an exec
 * is about to run is looked at first.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "preload/elf/visibility.h"
#include "preload/process/process.h"
#include "preload/watch/behind.h"
#include "preload/watch/programs.h"

EXPORT __attribute__((noreturn)) void _exit(int status)
{
	process_ends(END_RAW_EXIT, DRAIN_LATER);
	BEHIND(_exit)(status);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	process_ends(END_RAW_EXIT, DRAIN_LATER);
	BEHIND(_Exit)(status);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void abort(void)
{
	process_ends(END_ABORT, DRAIN_LATER);
	BEHIND(abort)();
	__builtin_unreachable();
}

static void look_at_path(struct program *program, const char *path, char *const *argv, char *const *envp)
{
	programs_look(program, AT_FDCWD, path, argv, envp);
}

static void look_at_descriptor(struct program *program, int fd, char *const *argv, char *const *envp)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	programs_look(program, AT_FDCWD, path, argv, envp);
}

/* An empty path with AT_EMPTY_PATH is the descriptor itself. */
static void look_at(struct program *program, int folder, const char *path, char *const *argv, char *const *envp)
{
	if (path != NULL && path[0] == '\0')
		look_at_descriptor(program, folder, argv, envp);
	else
		programs_look(program, folder, path, argv, envp);
}

/*
 * `look` at what is about to run: programs.h.  `call` executes it with `given`, which is `environment` or, where the
 * program is to have another one, that.  An exec that returns has failed: the process lives on.
 */
#define EXEC(look, environment, call)                                                                                  \
	struct program program;                                                                                            \
	char *const *own = environment;                                                                                    \
	look;                                                                                                              \
	void *room = PROGRAM_ROOM(&program);                                                                               \
	char *const *given = programs_environment(&program, room);                                                         \
	process_ends(END_EXEC, DRAIN_LATER);                                                                               \
	int result = (call);                                                                                               \
	process_ends(END_RUNNING, DRAIN_LATER);                                                                            \
	programs_over(&program);                                                                                           \
	return result

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	EXEC(look_at_path(&program, path, argv, own), envp, BEHIND(execve)(path, argv, given));
}

EXPORT int execv(const char *path, char *const argv[])
{
	EXEC(look_at_path(&program, path, argv, own), environ,
		 given == own ? BEHIND(execv)(path, argv) : BEHIND(execve)(path, argv, given));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	EXEC(programs_look_in_path(&program, file, argv, own), envp, BEHIND(execvpe)(file, argv, given));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	EXEC(programs_look_in_path(&program, file, argv, own), environ,
		 given == own ? BEHIND(execvp)(file, argv) : BEHIND(execvpe)(file, argv, given));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	EXEC(look_at_descriptor(&program, fd, argv, own), envp, BEHIND(fexecve)(fd, argv, given));
}

EXPORT int execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	EXEC(look_at(&program, dir, path, argv, own), envp, BEHIND(execveat)(dir, path, argv, given, flags));
}

/* The list forms: the arguments become an array on the stack, as in libc, because exec may not allocate. */
#define LIST_EXEC(look, function, name, environment_argument)                                                          \
	va_list list;                                                                                                      \
	size_t count = 1;                                                                                                  \
	va_start(list, first);                                                                                             \
	while (va_arg(list, char *) != NULL)                                                                               \
		count++;                                                                                                       \
	va_end(list);                                                                                                      \
	char **argv = __builtin_alloca((count + 1) * sizeof *argv);                                                        \
	va_start(list, first);                                                                                             \
	argv[0] = (char *)(uintptr_t)first;                                                                                \
	for (size_t i = 1; i <= count; i++)                                                                                \
		argv[i] = va_arg(list, char *);                                                                                \
	char *const *envp = environment_argument;                                                                          \
	va_end(list);                                                                                                      \
	EXEC(look(&program, name, argv, own), envp, function(name, argv, given))

EXPORT int execl(const char *path, const char *first, ...)
{
	LIST_EXEC(look_at_path, BEHIND_BY(elf_libc_function, execve), path, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	LIST_EXEC(programs_look_in_path, BEHIND_BY(elf_libc_function, execvpe), file, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	LIST_EXEC(look_at_path, BEHIND_BY(elf_libc_function, execve), path, va_arg(list, char *const *));
}
