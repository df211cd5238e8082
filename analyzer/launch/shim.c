// SPDX-License-Identifier: PostgreSQL
/*
 * shim.c - where libpqleak.so is; see launch.h.
 *
 * The way from the executable to the shim is relative, so that an installation
 * can be moved, and staged with DESTDIR.
 */
#include "analyzer/launch/launch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/config.h"

static const char *const places[] = {
	PQLEAK_LIBRARY_FROM_BINDIR, /* installed */
	"../preload/libpqleak.so",  /* built: analyzer/pqleak beside preload/ */
};

/* The dynamic linker separates LD_PRELOAD at blanks and colons, and has no way to quote. */
static char *check_preloadable(char *path)
{
	if (strpbrk(path, " :\t\n") == NULL)
		return path;
	complain("cannot preload '%s': the dynamic linker does not accept a path with a space or a colon"
			 " (install pqleak elsewhere, or set PQLEAK_LIBRARY to a copy)",
			 path);
	free(path);
	return NULL;
}

/* NULL: there is no such file. */
static char *beside(const char *executable, const char *place)
{
	char *path = NULL;
	char *resolved = NULL;
	int folder = (int)(strrchr(executable, '/') - executable);

	if (place[0] == '/')
		return realpath(place, NULL);
	if (asprintf(&path, "%.*s/%s", folder, executable, place) >= 0)
		resolved = realpath(path, NULL);
	free(path);
	return resolved;
}

char *shim_find(void)
{
	const char *chosen = getenv("PQLEAK_LIBRARY");
	char executable[PATH_MAX];

	if (chosen != NULL && chosen[0] != '\0') {
		char *path = realpath(chosen, NULL);
		if (path == NULL)
			complain("cannot preload '%s' (from PQLEAK_LIBRARY): %s", chosen, strerror(errno));
		return path != NULL ? check_preloadable(path) : NULL;
	}
	ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
	if (length < 0) {
		complain("cannot find libpqleak.so: /proc is not mounted (set PQLEAK_LIBRARY to its path)");
		return NULL;
	}
	executable[length] = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char *path = beside(executable, places[i]);
		if (path != NULL)
			return check_preloadable(path);
	}
	complain("cannot find libpqleak.so next to '%s' (install pqleak, or set PQLEAK_LIBRARY to its path)", executable);
	return NULL;
}
