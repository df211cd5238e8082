// SPDX-License-Identifier: PostgreSQL
/*
 * package.c - see package.h.
 */
#include "analyzer/symbols/package.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/symbols/module-file.h"

#define LISTS "/var/lib/dpkg/info"
#define ENDING ".list"
#define MOST_LISTS 20000         /* a large desktop has 4,000 */
#define MOST_BYTES (8 << 20)     /* of one */
#define MOST_OF_ALL (256L << 20) /* and of all; the desktop's are 60 MB */

/* A path as dpkg may have it, between line ends: with and without the /usr into which /lib was merged. */
#define SPELLINGS 4

struct wanted {
	struct packaged_file *file;
	char lines[SPELLINGS][PATH_MAX + 8];
};

static void spell(struct wanted *wanted, const char *sysroot)
{
	static const char usr[] = "/usr";
	char *real = sysroot == NULL ? realpath(wanted->file->path, NULL) : NULL;
	const char *paths[] = {wanted->file->path, real};

	for (int i = 0; i < SPELLINGS; i++) {
		const char *path = paths[i / 2];
		bool is_below = path != NULL && strncmp(path, "/usr/", sizeof usr) == 0;
		wanted->lines[i][0] = '\0';
		if (path == NULL || strlen(path) >= PATH_MAX)
			continue;
		if (i % 2 == 0)
			snprintf(wanted->lines[i], sizeof wanted->lines[i], "\n%s\n", path);
		else
			snprintf(wanted->lines[i], sizeof wanted->lines[i], "\n%s%s\n", is_below ? "" : usr,
					 is_below ? path + sizeof usr - 1 : path);
	}
	free(real);
}

/* A list, with a line end before it; NULL: it cannot be read, or is too large.  Freed by the caller. */
static char *read_list(const char *sysroot, const char *name, long *ret_bytes)
{
	char path[sizeof LISTS + NAME_MAX + 2];
	struct stat size;

	snprintf(path, sizeof path, LISTS "/%s", name);
	int fd = module_file_in(sysroot, path, 0);
	char *text =
		fd >= 0 && fstat(fd, &size) == 0 && size.st_size < MOST_BYTES ? malloc((size_t)size.st_size + 2) : NULL;
	ssize_t bytes = text != NULL ? read(fd, text + 1, (size_t)size.st_size) : -1;

	if (fd >= 0)
		close(fd);
	if (bytes < 0) {
		free(text);
		return NULL;
	}
	text[0] = '\n';
	text[bytes + 1] = '\0';
	*ret_bytes = bytes;
	return text;
}

/* "libpq5:amd64.list": libpq5 */
static char *package_name(const char *list)
{
	size_t length = strlen(list) - strlen(ENDING);
	const char *colon = memchr(list, ':', length);
	size_t name = colon != NULL ? (size_t)(colon - list) : length;

	return strspn(list, "abcdefghijklmnopqrstuvwxyz0123456789+.-") >= name ? strndup(list, name) : strdup("");
}

static bool lists(const char *text, const struct wanted *wanted)
{
	for (int i = 0; i < SPELLINGS; i++)
		if (wanted->lines[i][0] != '\0' && strstr(text, wanted->lines[i]) != NULL)
			return true;
	return false;
}

/* How many of those without a package it lists; -1: out of memory. */
static int look(const char *sysroot, const char *name, struct wanted *wanted, size_t count, long *left)
{
	long bytes = 0;
	char *text = read_list(sysroot, name, &bytes);
	int found = 0;

	*left -= bytes;
	for (size_t i = 0; i < count && text != NULL && found >= 0; i++) {
		if (wanted[i].file->package != NULL || !lists(text, &wanted[i]))
			continue;
		wanted[i].file->package = package_name(name);
		found = wanted[i].file->package != NULL ? found + 1 : -1;
	}
	free(text);
	return found;
}

bool packages_find(const char *sysroot, struct packaged_file *files, size_t count)
{
	char folder[PATH_MAX];
	struct wanted *wanted = count > 0 ? calloc(count, sizeof *wanted) : NULL;
	size_t open = count;
	int lists_left = MOST_LISTS;
	long bytes_left = MOST_OF_ALL;
	bool done = true;

	if (count == 0)
		return true;
	if (wanted == NULL)
		return refuse("out of memory");
	for (size_t i = 0; i < count; i++) {
		wanted[i].file = &files[i];
		spell(&wanted[i], sysroot);
	}
	snprintf(folder, sizeof folder, "%s" LISTS, sysroot != NULL ? sysroot : "");
	DIR *listed = opendir(folder);
	for (struct dirent *entry; done && open > 0 && listed != NULL && (entry = readdir(listed)) != NULL;) {
		size_t length = strlen(entry->d_name);
		if (length <= strlen(ENDING) || strcmp(entry->d_name + length - strlen(ENDING), ENDING) != 0)
			continue;
		if (lists_left-- <= 0 || bytes_left <= 0)
			break;
		int found = look(sysroot, entry->d_name, wanted, count, &bytes_left);
		done = found >= 0 || refuse("out of memory");
		open -= found > 0 ? (size_t)found : 0;
	}
	if (listed != NULL)
		closedir(listed);
	free(wanted);
	return done;
}

bool packages_are_rpm(const char *sysroot)
{
	static const char *const databases[] = {"/usr/lib/sysimage/rpm", "/var/lib/rpm"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i++) {
		snprintf(path, sizeof path, "%s%s", sysroot != NULL ? sysroot : "", databases[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}
