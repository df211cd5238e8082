// SPDX-License-Identifier: PostgreSQL
/* programs.c - see programs.h.  Judged as trace/base/reach.h and trace/base/signs.h do; marks are mark.h's. */
#include "preload/watch/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/process/mark.h"
#include "preload/process/settings.h"
#include "trace/base/reach.h"
#include "trace/base/signs.h"

#define PATH_BYTES 1024 /* for the stack's sake; a longer path is looked at, but named in part */
#define SCRIPT_BYTES 512

/* --- the script that an interpreter is told --- */

/* The first argument that is a file, unless the program comes in an argument itself. */
static void find_script(const char *exe, char *const *arguments, char ret[SCRIPT_BYTES])
{
	const char *slash = strrchr(exe, '/');
	ret[0] = '\0';
	if (!sign_is_interpreter(slash != NULL ? slash + 1 : exe) || arguments == NULL || arguments[0] == NULL)
		return;
	for (arguments++; *arguments != NULL; arguments++) {
		const char *argument = *arguments;
		if (strcmp(argument, "-c") == 0 || strcmp(argument, "-e") == 0 || strcmp(argument, "-m") == 0 ||
			strcmp(argument, "-r") == 0 || (argument[0] != '-' && reach_name(argument, ret, SCRIPT_BYTES)))
			return;
	}
}

/* --- what will be out of sight --- */

/*
 * What is started without us, with everything that it starts in turn.  Only of an environment that was cleared a
 * variable says something: others are everybody's.
 */
static void mark(const char *how, const char *exe, const char *script, bool is_lost, char *const *arguments,
				 char *const *environment)
{
	char sign[SIGN_BYTES] = "";
	if (is_lost && (environment_has_us(environment) || !sign_in_environment(environment, sign)))
		sign_in_arguments(arguments, sign);
	mark_unseen(0, how, exe, script, sign);
}

/* Without a trace that is shared nobody will ask what is beside this process's own. */
static void judge(struct program *program, enum reach reach, const char *exe, char *script, char *const *arguments)
{
	bool has_us = environment_has_us(program->environment);
	bool preloads_us = has_us || environment_preloads_us(program->environment);
	/* Its linker would print a line, and start it all the same. */
	bool is_closed = preloads_us && reach == REACH_YES && !environment_reaches_us(program->environment);
	bool stops_us = is_closed || reach == REACH_LIBC || reach == REACH_MACHINE || reach == REACH_SETUID;

	if (preloads_us && (is_closed || reach == REACH_LIBC || reach == REACH_MACHINE))
		program->change = ENVIRONMENT_WITHOUT_US;
	else if (!has_us && !stops_us && settings.keep_environment)
		program->change = ENVIRONMENT_WITH_US;
	program->bytes = environment_bytes(program->environment, program->change);
	bool is_lost = stops_us || (!has_us && program->change != ENVIRONMENT_WITH_US);
	if (!settings.is_shared || (reach == REACH_YES && !is_lost))
		return;
	if (script[0] == '\0' && is_lost)
		find_script(exe, arguments, script);
	mark(is_closed            ? "library"
		 : reach == REACH_YES ? "environment"
							  : reach_names[reach],
		 exe, is_lost ? script : "", is_lost, arguments, program->environment);
}

/* False: that is no program of which anything can be said. */
static bool look(struct program *program, int folder, const char *path, char *const *arguments)
{
	char exe[PATH_BYTES], script[SCRIPT_BYTES];
	enum reach reach = reach_judge(folder, path, exe, sizeof exe, script, sizeof script);
	if (reach != REACH_NOTHING)
		judge(program, reach, exe, script, arguments);
	return reach != REACH_NOTHING;
}

void programs_look(struct program *ret, int folder, const char *path, char *const *arguments, char *const *environment)
{
	int error = errno;
	*ret = (struct program){.environment = environment};
	look(ret, folder, path, arguments);
	errno = error;
}

/* What is no program to the kernel is a script to exec's relatives that look into PATH. */
static void look_or_shell(struct program *program, const char *path, char *const *arguments)
{
	char exe[PATH_BYTES], script[SCRIPT_BYTES];
	if (look(program, AT_FDCWD, path, arguments) || access(path, X_OK) != 0 || !reach_name(path, script, sizeof script))
		return;
	enum reach reach = reach_judge(AT_FDCWD, "/bin/sh", exe, sizeof exe, NULL, 0);
	if (reach != REACH_NOTHING)
		judge(program, reach, exe, script, arguments);
}

static void look_in_folders(struct program *program, const char *file, char *const *arguments)
{
	const char *folders = getenv("PATH");
	if (folders == NULL)
		folders = "/bin:/usr/bin"; /* as execvp */
	for (const char *folder = folders;;) {
		char path[PATH_BYTES];
		struct stat st;
		size_t length = strcspn(folder, ":");
		int written = snprintf(path, sizeof path, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", file);
		if (written < (int)sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0) {
			look_or_shell(program, path, arguments);
			return;
		}
		folder += length;
		if (*folder++ == '\0')
			return;
	}
}

void programs_look_in_path(struct program *ret, const char *file, char *const *arguments, char *const *environment)
{
	int error = errno;
	*ret = (struct program){.environment = environment};
	if (file != NULL && strchr(file, '/') != NULL)
		look_or_shell(ret, file, arguments);
	else if (file != NULL)
		look_in_folders(ret, file, arguments);
	errno = error;
}

void programs_look_at_command(const char *command)
{
	char name[] = "sh", option[] = "-c";
	char *const arguments[] = {name, option, (char *)(size_t)command, NULL};
	struct program program = {.environment = environ};
	char exe[PATH_BYTES], script[SCRIPT_BYTES] = "";
	int error = errno;
	bool has_us = environment_has_us(environ);
	enum reach reach = (has_us && environment_reaches_us(environ)) || command == NULL
						   ? REACH_NOTHING
						   : reach_judge(AT_FDCWD, "/bin/sh", exe, sizeof exe, NULL, 0);
	if (reach != REACH_NOTHING && settings.is_shared)
		mark(has_us ? "library" : "environment", exe, script, true, arguments, program.environment);
	errno = error;
}

/* --- what they are given --- */

char *const *programs_environment(struct program *program, void *room)
{
	int error = errno;
	if (room == NULL && program->bytes > 0) {
		room = mmap(NULL, program->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		program->mapped = room = room != MAP_FAILED ? room : NULL;
	}
	errno = error;
	return room != NULL ? environment_make(program->environment, program->change, room) : program->environment;
}

void programs_over(struct program *program)
{
	int error = errno;
	if (program->mapped != NULL)
		munmap(program->mapped, program->bytes);
	errno = error;
}
