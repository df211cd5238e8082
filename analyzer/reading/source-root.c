// SPDX-License-Identifier: PostgreSQL
/*
 * source-root.c - source files by their place in the user's repository: an annotation lands on its line, and a baseline
 * made in one checkout holds in another.
 */
#include "analyzer/reading/functions.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"

/* Shortens a folder to the one above it that has a `.git`, if any has. */
static void find_working_tree(char *folder)
{
	char candidate[PATH_MAX + 8];

	for (size_t length = strlen(folder); length > 0; length--) {
		if (folder[length] != '\0' && folder[length] != '/')
			continue;
		snprintf(candidate, sizeof candidate, "%.*s/.git", (int)length, folder);
		if (access(candidate, F_OK) == 0) {
			folder[length] = '\0';
			return;
		}
	}
}

/*
 * A file that was compiled elsewhere (/build/shop/src/pool.c) is the one below the root with the longest part of its
 * path (src/pool.c).  A name alone is too little: many a project has a main.c, and so has many a library.
 */
static const char *below_root(const char *root, const char *path)
{
	char candidate[PATH_MAX];
	const char *name = strrchr(path, '/');

	for (const char *at = path; name != NULL && at < name; at = strchr(at, '/') + 1) {
		if (at[0] == '/' || strncmp(at, "./", 2) == 0 || strstr(at, "../") != NULL)
			continue;
		int length = snprintf(candidate, sizeof candidate, "%s/%s", root, at);
		if (length > 0 && length < (int)sizeof candidate && access(candidate, F_OK) == 0)
			return at;
	}
	return path;
}

/* What follows the root in a path; NULL: it is not below it. */
static const char *after_root(const char *root, const char *path)
{
	size_t length = strlen(root);

	return path[0] == '/' && strncmp(path, root, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static void sql_source_path(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *root = sqlite3_user_data(context);
	const char *path = (const char *)sqlite3_value_text(values[0]);

	(void)count;
	if (path == NULL)
		return;
	/* The root has no symbolic links and no ".." in it. */
	char *real = path[0] == '/' ? realpath(path, NULL) : NULL;
	const char *below = real != NULL ? after_root(root, real) : NULL;
	if (below == NULL && strstr(path, "/../") == NULL)
		below = after_root(root, path); /* a link in the repository that leads out of it, or no such file here */
	sqlite3_result_text(context, below != NULL ? below : below_root(root, path), -1, SQLITE_TRANSIENT);
	free(real);
}

/* A script that was typed in has no file, and one above where it was compiled is not to be found. */
static void sql_source_file(sqlite3_context *context, int count, sqlite3_value **values)
{
	const char *path = (const char *)sqlite3_value_text(values[0]);

	if (path != NULL && path[0] != '<' && strncmp(path, "../", 3) != 0)
		sql_source_path(context, count, values);
}

bool source_root_use(sqlite3 *db, const char *root)
{
	struct stat there;
	char *folder = realpath(root != NULL ? root : ".", NULL);

	if (folder != NULL && (stat(folder, &there) != 0 || !S_ISDIR(there.st_mode))) {
		free(folder);
		folder = NULL;
		errno = ENOTDIR;
	}
	if (folder == NULL)
		return refuse("'--source-root=%s': %s (name the source directory)", root != NULL ? root : ".", strerror(errno));
	if (root == NULL)
		find_working_tree(folder);
	if (strcmp(folder, "/") == 0)
		folder[0] = '\0';
	/* SQLite frees the folder with the first, and with the connection both go. */
	if (sqlite3_create_function_v2(db, "source_path", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, folder, sql_source_path,
								   NULL, NULL, free) != SQLITE_OK ||
		sqlite3_create_function(db, "source_file", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, folder, sql_source_file, NULL,
								NULL) != SQLITE_OK)
		return refuse("cannot prepare the trace: %s", sqlite3_errmsg(db));
	return true;
}
