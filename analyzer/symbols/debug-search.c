// SPDX-License-Identifier: PostgreSQL
/*
 * debug-search.c - where debug information is looked for; see debug-search.h.
 */
#include "analyzer/symbols/debug-search.h"

#include <elfutils/libdwelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/symbols/debuginfod.h"

static bool append(char **text, const char *folder, const char *more)
{
	char *real = realpath(folder, NULL); /* to libdwfl a relative path is one beside the file */
	char *whole = NULL;

	if (real == NULL)
		return true;
	if (asprintf(&whole, "%s:%s%s", *text, real, more) >= 0) {
		free(*text);
		*text = whole;
	}
	free(real);
	return whole != NULL;
}

/* "" and ".debug" are beside the file itself. */
char *debug_search_path(const struct symbol_choice *choice)
{
	char *path = strdup(":.debug");
	bool room = path != NULL;

	for (const char *at = choice->debug_path; room && at != NULL && *at != '\0'; at += strspn(at, ":")) {
		char *folder = strndup(at, strcspn(at, ":"));
		room = folder != NULL && append(&path, folder, "");
		free(folder);
		at += strcspn(at, ":");
	}
	if (room && choice->sysroot != NULL)
		room = append(&path, choice->sysroot, DEBUG_FOLDER);
	if (room && append(&path, DEBUG_FOLDER, ""))
		return path;
	free(path);
	return NULL;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int debug_find(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
			   const char *link, GElf_Word crc, char **ret_file)
{
	const struct symbol_choice *choice = *userdata;
	const unsigned char *build_id;
	GElf_Addr address;

	if (link == NULL && dwfl_module_build_id(module, &build_id, &address) <= 0)
		return -1;
	debuginfod_allow(choice->debuginfod);
	double begun = seconds_now();
	int fd = dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc, ret_file);
	debuginfod_spent(seconds_now() - begun);
	return fd;
}

bool debug_shared_is_right(Dwfl_Module *module)
{
	Dwarf_Addr bias;
	const char *name;
	const void *expected, *found;
	Dwarf *debug = dwfl_module_getdwarf(module, &bias);
	ssize_t length = debug != NULL ? dwelf_dwarf_gnu_debugaltlink(debug, &name, &expected) : 0;
	Dwarf *shared = length > 0 ? dwarf_getalt(debug) : NULL;

	return shared == NULL || (dwelf_elf_gnu_build_id(dwarf_getelf(shared), &found) == length &&
							  memcmp(found, expected, (size_t)length) == 0);
}
