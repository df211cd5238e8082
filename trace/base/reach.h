// SPDX-License-Identifier: PostgreSQL
/*
 * reach.h - whether LD_PRELOAD reaches a program, as far as its file tells.
 *
 * Owns that judgement.  Called by the shim before an exec, perhaps in a signal
 * handler or a vfork child, and by the launcher before the command: it makes
 * plain system calls, needs 3 KiB of stack, and keeps nothing but errno.
 */
#ifndef PQLEAK_TRACE_BASE_REACH_H
#define PQLEAK_TRACE_BASE_REACH_H

#include <stdbool.h>
#include <stddef.h>

enum reach {
	REACH_YES,     /* the dynamic linker will load what LD_PRELOAD names */
	REACH_NOTHING, /* there is no such file, or it cannot be executed or read */
	REACH_STATIC,  /* it has no dynamic linker */
	REACH_SETUID,  /* it runs with more rights than its caller: the linker ignores LD_PRELOAD */
	REACH_MACHINE, /* it is for another machine than this library */
	REACH_LIBC,    /* its dynamic linker is not glibc's, or of a glibc that is too old */
	REACH_COUNT
};

/* What a trace calls it. */
extern const char *const reach_names[REACH_COUNT];

/*
 * Judges the program that the kernel would load for `path`: the interpreter, where that is a script.  `ret_path` gets
 * the absolute path of what was judged, unless the answer is REACH_NOTHING, and `ret_script` that of the script, or "";
 * without room for it (0 bytes) it may be NULL.  Nothing is opened but regular files.
 */
enum reach reach_judge(int folder, const char *path, char *ret_path, size_t bytes, char *ret_script,
					   size_t bytes_of_script);

/* The absolute path of a regular file; false: it is none, or cannot be read. */
bool reach_name(const char *path, char *ret_path, size_t bytes);

#endif
