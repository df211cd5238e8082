// SPDX-License-Identifier: PostgreSQL
/*
 * programs.h - the programs that this process starts: what will not be seen of them, and what they are given.
 *
 * Called by exits.c and spawn.c.  All of it is safe in signal handlers and
 * vfork children, and keeps errno.
 */
#ifndef PQLEAK_PRELOAD_WATCH_PROGRAMS_H
#define PQLEAK_PRELOAD_WATCH_PROGRAMS_H

#include <alloca.h>

#include "preload/watch/environment.h"

/* A program that is about to be started. */
struct program {
	char *const *environment; /* that the host gives it; may be NULL */
	enum environment_change change;
	size_t bytes; /* that an environment of its own takes; 0: it gets the host's */
	void *mapped; /* where that lies when the stack is too small for it */
};

/* Looks at a program; `folder` as in execveat.  What will be out of sight is left as a mark. */
void programs_look(struct program *ret, int folder, const char *path, char *const *arguments, char *const *environment);

/* The same for a name without a slash, which is looked for in PATH. */
void programs_look_in_path(struct program *ret, const char *file, char *const *arguments, char *const *environment);

/* The same for what system and popen start: the host's environment cannot be exchanged there. */
void programs_look_at_command(const char *command);

/*
 * The environment to start it with: the host's, or another one in `room`, which PROGRAM_ROOM takes from the caller's
 * stack.
 */
#define PROGRAM_STACK_BYTES 4096
#define PROGRAM_ROOM(program)                                                                                          \
	((program)->bytes > 0 && (program)->bytes <= PROGRAM_STACK_BYTES ? alloca((program)->bytes) : NULL)
char *const *programs_environment(struct program *program, void *room);

/* When it has been started, or was not. */
void programs_over(struct program *program);

#endif
