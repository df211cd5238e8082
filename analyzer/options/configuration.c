// SPDX-License-Identifier: PostgreSQL
/*
 * configuration.c - which configuration file counts, and where its options go; see configuration.h.
 */
#include "analyzer/options/configuration.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"

#define NAME ".pqleak.ini"

/* NAME in this folder or the nearest one above it, but not outside of a repository; NULL: there is none. */
static char *find(void)
{
	char folder[PATH_MAX], path[PATH_MAX + sizeof NAME + 1];
	struct stat there;

	if (getcwd(folder, sizeof folder) == NULL)
		return NULL;
	for (;;) {
		size_t length = strlen(folder);
		const char *end = length > 0 && folder[length - 1] == '/' ? "" : "/";
		snprintf(path, sizeof path, "%s%s" NAME, folder, end);
		if (lstat(path, &there) == 0)
			return strdup(path);
		snprintf(path, sizeof path, "%s%s.git", folder, end);
		char *slash = strrchr(folder, '/');
		if (access(path, F_OK) == 0 || slash == NULL || slash[1] == '\0')
			return NULL;
		slash[slash == folder ? 1 : 0] = '\0';
	}
}

/* Options can write files and open the gate: what another user has put into a folder above is not obeyed. */
static bool is_trusted(const char *path)
{
	struct stat there;

	if (lstat(path, &there) != 0 || there.st_uid == 0 || there.st_uid == geteuid())
		return true; /* what is gone is told when it is opened */
	return refuse("'%s' belongs to another user and is not used (--config=%s uses it, --no-config ignores it)", path,
				  path);
}

bool configuration_read(enum command_id command, int argc, char **argv, const char *named, bool unwanted,
						struct configured *ret)
{
	*ret = (struct configured){.argc = 1};
	ret->argv = calloc((size_t)argc + 1, sizeof *argv);
	if (ret->argv == NULL)
		return refuse("out of memory");
	ret->argv[0] = argv[0];
	ret->file = unwanted ? NULL : named != NULL ? strdup(named) : find();
	if (!unwanted && named != NULL && ret->file == NULL)
		return refuse("out of memory");
	if (ret->file != NULL && !((named != NULL || is_trusted(ret->file)) && configuration_parse(command, ret)))
		return false;
	char **longer = reallocarray(ret->argv, (size_t)(ret->argc + argc) + 1, sizeof *longer);
	if (longer == NULL)
		return refuse("out of memory");
	ret->argv = longer;
	for (int i = 1; i < argc; i++)
		longer[ret->argc++] = argv[i];
	longer[ret->argc] = NULL;
	return true;
}

void configuration_blame(const struct configured *configured, int last)
{
	if (last >= 1 && last <= configured->count)
		complain("this option comes from %s:%d", configured->file, configured->lines[last - 1]);
}

void configuration_done(struct configured *configured)
{
	for (int i = 0; i < configured->count; i++)
		free(configured->argv[1 + i]);
	free(configured->argv);
	free(configured->lines);
	free(configured->file);
}
