// SPDX-License-Identifier: PostgreSQL
/*
 * spawn.c - programs that are started by posix_spawn, which calls no exec that could be interposed.
 *
 * Owns the interposed posix_spawn and posix_spawnp.  system and popen start
 * /bin/sh, and what that starts it starts by exec.
 */
#include <fcntl.h>
#include <spawn.h>

#include "preload/elf/elf-object.h"
#include "preload/watch/programs.h"

#define EXPORT __attribute__((visibility("default")))

typedef int spawn_function(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
						   char *const[], char *const[]);

static spawn_function *find(const char *name)
{
	return __extension__(spawn_function *) elf_next_function(name);
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
					   const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	programs_look(AT_FDCWD, path, envp);
	return find("posix_spawn")(pid, path, actions, attributes, argv, envp);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
						const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
	programs_look_in_path(file, envp);
	return find("posix_spawnp")(pid, file, actions, attributes, argv, envp);
}
