// SPDX-License-Identifier: PostgreSQL
/*
 * ends.c - the ways a process ends without running its exit handlers.
 *
 * Owns the interposed _exit, _Exit, abort and exec family.  Each leaves a word
 * in the spool and goes on.  They may be called in signal handlers and in
 * vfork children, so nothing here drains, allocates or waits; in a vfork
 * child, which shares our memory, process_ends does nothing.
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "elf-object.h"
#include "process.h"

#define EXPORT __attribute__((visibility("default")))

static struct {
	void (*_exit)(int);
	void (*abort)(void);
	int (*execve)(const char *, char *const[], char *const[]);
	int (*execvpe)(const char *, char *const[], char *const[]);
	int (*fexecve)(int, char *const[], char *const[]);
	int (*execveat)(int, const char *, char *const[], char *const[], int);
} real;

/* Not dlsym, and not only in the constructor: other libraries' constructors come first and may end the process. */
static void find_real(void)
{
	if (real.execveat != NULL)
		return;
	real._exit = (__extension__(void (*)(int))elf_find_function("_exit"));
	real.abort = (__extension__(void (*)(void))elf_find_function("abort"));
	real.execve = (__extension__(__typeof__(real.execve))elf_find_function("execve"));
	real.execvpe = (__extension__(__typeof__(real.execvpe))elf_find_function("execvpe"));
	real.fexecve = (__extension__(__typeof__(real.fexecve))elf_find_function("fexecve"));
	real.execveat = (__extension__(__typeof__(real.execveat))elf_find_function("execveat"));
}

__attribute__((constructor)) static void loaded(void)
{
	find_real();
}

EXPORT __attribute__((noreturn)) void _exit(int status)
{
	find_real();
	process_ends(END_RAW_EXIT, false);
	real._exit(status);
	__builtin_unreachable();
}

EXPORT __attribute__((noreturn)) void _Exit(int status)
{
	_exit(status);
}

EXPORT __attribute__((noreturn)) void abort(void)
{
	find_real();
	process_ends(END_ABORT, false);
	real.abort();
	__builtin_unreachable();
}

/* An exec that returns has failed: the process lives on. */
#define EXEC(call)                                                                                                     \
	find_real();                                                                                                       \
	process_ends(END_EXEC, false);                                                                                     \
	int result = (call);                                                                                               \
	process_ends(END_RUNNING, false);                                                                                  \
	return result

EXPORT int execve(const char *path, char *const argv[], char *const envp[])
{
	EXEC(real.execve(path, argv, envp));
}

EXPORT int execv(const char *path, char *const argv[])
{
	EXEC(real.execve(path, argv, environ));
}

EXPORT int execvpe(const char *file, char *const argv[], char *const envp[])
{
	EXEC(real.execvpe(file, argv, envp));
}

EXPORT int execvp(const char *file, char *const argv[])
{
	EXEC(real.execvpe(file, argv, environ));
}

EXPORT int fexecve(int fd, char *const argv[], char *const envp[])
{
	EXEC(real.fexecve(fd, argv, envp));
}

EXPORT int execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	EXEC(real.execveat(dir, path, argv, envp, flags));
}

/* The list forms: the arguments become an array on the stack, as in libc, because exec may not allocate. */
#define LIST_EXEC(function, name, environment_argument)                                                                \
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
	EXEC(function(name, argv, envp))

EXPORT int execl(const char *path, const char *first, ...)
{
	LIST_EXEC(real.execve, path, environ);
}

EXPORT int execlp(const char *file, const char *first, ...)
{
	LIST_EXEC(real.execvpe, file, environ);
}

EXPORT int execle(const char *path, const char *first, ...)
{
	LIST_EXEC(real.execve, path, va_arg(list, char *const *));
}
