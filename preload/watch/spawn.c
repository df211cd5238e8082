// SPDX-License-Identifier: PostgreSQL
/*
 * spawn.c - programs that are started by posix_spawn, which calls no exec that could be interposed.
 *
 * Owns the interposed posix_spawn and posix_spawnp.  system and popen start
 * /bin/sh, and what that starts it starts by exec.
 */
#include <fcntl.h>
#include <spawn.h>

#include "preload/elf/visibility.h"
#include "preload/watch/behind.h"
#include "preload/watch/blind-spots.h"

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
					   const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	programs_look(AT_FDCWD, path, envp);
	return BEHIND(posix_spawn)(pid, path, actions, attributes, argv, envp);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
						const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	programs_look_in_path(file, envp);
	return BEHIND(posix_spawnp)(pid, file, actions, attributes, argv, envp);
}
