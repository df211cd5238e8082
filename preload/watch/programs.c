// SPDX-License-Identifier: PostgreSQL
/*
 * programs.c - programs that this process starts and that LD_PRELOAD does not reach.
 *
 * They are looked at before they are executed (exits.c, spawn.c); what is found
 * is left as a mark (mark.h).
 */
#include "preload/watch/blind-spots.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/process/mark.h"
#include "preload/process/settings.h"
#include "trace/base/reach.h"

#define PATH_BYTES 1024 /* for the stack's sake; a longer path is looked at, but named in part */

/* Whether the dynamic linker of the new program will be told of us. */
static bool is_preloaded(char *const *environment)
{
	static const char variable[] = "LD_PRELOAD=", own[] = "libpqleak.so";
	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, variable, sizeof variable - 1) == 0)
			return strstr(*environment, own) != NULL;
	return false;
}

void programs_look(int folder, const char *path, char *const *environment)
{
	/* Without a trace that is shared nobody will ask what is beside this process's own. */
	if (!settings.is_shared || path == NULL)
		return;
	int error = errno;
	char found[PATH_BYTES];
	enum reach reach = reach_judge(folder, path, found, sizeof found);
	if (reach != REACH_YES && reach != REACH_NOTHING)
		mark_unseen(0, reach_names[reach], found, "");
	else if (reach == REACH_YES && !is_preloaded(environment))
		mark_unseen(0, "environment", found, "");
	errno = error;
}

void programs_look_in_path(const char *file, char *const *environment)
{
	const char *folders = getenv("PATH");
	if (file == NULL || strchr(file, '/') != NULL) {
		programs_look(AT_FDCWD, file, environment);
		return;
	}
	if (folders == NULL)
		folders = "/bin:/usr/bin"; /* as execvp */
	int error = errno;
	for (const char *folder = folders; settings.is_shared;) {
		char path[PATH_BYTES];
		struct stat st;
		size_t length = strcspn(folder, ":");
		int written = snprintf(path, sizeof path, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "", file);
		if (written < (int)sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0) {
			programs_look(AT_FDCWD, path, environment);
			break;
		}
		folder += length;
		if (*folder++ == '\0')
			break;
	}
	errno = error;
}
