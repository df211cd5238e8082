// SPDX-License-Identifier: PostgreSQL
/*
 * programs.c - programs that this process starts, and libpqs of another namespace; see programs.h.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/libpq/libpq.h"
#include "preload/process/mark.h"
#include "preload/process/settings.h"
#include "preload/watch/programs.h"
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

/* --- Go makes its system calls without libc, also in a program that libc is linked into --- */

static bool is_go_note(const char *at, const char *end)
{
	while (at + sizeof(ElfW(Nhdr)) + 4 <= end) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
		if (note->n_namesz == 4 && note->n_type == 4 && memcmp(note + 1, "Go\0", 4) == 0)
			return true;
		at += sizeof *note + ((note->n_namesz + 3u) & ~3u) + ((note->n_descsz + 3u) & ~3u);
	}
	return false;
}

/* The program's own notes, as the kernel has mapped them. */
static bool is_go(void)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	uintptr_t base = 0;
	for (size_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_PHDR)
			base = (uintptr_t)headers - headers[i].p_vaddr;
	for (size_t i = 0; headers != NULL && i < count; i++)
		if (headers[i].p_type == PT_NOTE && is_go_note((const char *)(base + headers[i].p_vaddr),
													   (const char *)(base + headers[i].p_vaddr + headers[i].p_memsz)))
			return true;
	return false;
}

__attribute__((constructor)) static void loaded(void)
{
	int error = errno;
	char exe[PATH_BYTES];
	if (is_go()) {
		ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
		exe[length > 0 ? length : 0] = '\0';
		if (settings.trace[0] == '\0')
			settings_read();
		if (settings.is_shared)
			mark_unseen(getpid(), "go", exe, "");
	}
	errno = error;
}

/* --- namespaces --- */

/* Called while the dynamic linker's list is locked: nothing is unloaded meanwhile. */
static int look_into_namespaces(struct dl_phdr_info *info, size_t size, void *closure)
{
	(void)info, (void)size;
	const struct link_map **found = closure;
	const struct r_debug_extended *space = (const struct r_debug_extended *)&_r_debug;
	__asm__("" : "+r"(space)); /* the compiler knows only the beginning that all versions share */
	for (space = space->r_next; space != NULL && *found == NULL; space = space->r_next)
		for (const struct link_map *map = space->base.r_map; map != NULL && *found == NULL; map = map->l_next)
			if (map->l_ld != NULL && elf_own_function(map, LIBPQ_SIGN) != NULL)
				*found = map;
	return 1;
}

void programs_namespaces(void)
{
	const struct link_map *found = NULL;
	/* Version 2 has further namespaces. */
	if (_r_debug.r_version < 2)
		return;
	dl_iterate_phdr(look_into_namespaces, &found);
	if (found == NULL)
		return;
	char exe[PATH_BYTES];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[length > 0 ? length : 0] = '\0';
	mark_unseen(getpid(), "namespace", exe, found->l_name);
}
