// SPDX-License-Identifier: PostgreSQL
/*
 * spawn.c - programs that are started by posix_spawn, which calls no exec that could be interposed.
 *
 * Owns the interposed posix_spawn, posix_spawnp, system and popen.  The last
 * two start /bin/sh, and what that starts it starts by exec: they matter where
 * the host has cleared its own environment.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>

#include "preload/elf/visibility.h"
#include "preload/watch/behind.h"
#include "preload/watch/programs.h"

/* `look` at it, and start it by `call` with `given`. */
#define SPAWN(look, call)                                                                                              \
	struct program program;                                                                                            \
	look;                                                                                                              \
	void *room = PROGRAM_ROOM(&program);                                                                               \
	char *const *given = programs_environment(&program, room);                                                         \
	int result = (call);                                                                                               \
	programs_over(&program);                                                                                           \
	return result

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
					   const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	SPAWN(programs_look(&program, AT_FDCWD, path, argv, envp),
		  BEHIND(posix_spawn)(pid, path, actions, attributes, argv, given));
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
						const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	SPAWN(programs_look_in_path(&program, file, argv, envp),
		  BEHIND(posix_spawnp)(pid, file, actions, attributes, argv, given));
}

EXPORT int system(const char *command)
{
	programs_look_at_command(command);
	return BEHIND(system)(command);
}

EXPORT FILE *popen(const char *command, const char *mode)
{
	programs_look_at_command(command);
	return BEHIND(popen)(command, mode);
}
