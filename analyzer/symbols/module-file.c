// SPDX-License-Identifier: PostgreSQL
/*
 * module-file.c - the file of a module of the trace; see module-file.h.
 */
#include "analyzer/symbols/module-file.h"

#include <elfutils/libdwelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/regular-file.h"
#include "analyzer/symbols/debuginfod.h"

#define NS_PER_S INT64_C(1000000000)
#define BUILD_ID_MOST 64     /* bytes; the usual one has 20 */
#define DELETED " (deleted)" /* what /proc/self/exe says of a program that was replaced while it ran */

const char *module_state_name(enum module_state state)
{
	static const char *const names[] = {
		[MODULE_OK] = "ok",
		[MODULE_CHANGED] = "changed",
		[MODULE_MISSING] = "missing",
		[MODULE_UNPROVEN] = "unproven",
		[MODULE_NO_SYMBOLS] = "no symbols",
		[MODULE_UNREADABLE] = "unreadable",
	};

	return names[state];
}

int module_file_in(const char *sysroot, const char *path, int more_flags)
{
	return regular_open_in(sysroot != NULL ? sysroot : "", path, more_flags);
}

/* The file's build-id, "" when it has none; false: it is no ELF file. */
static bool read_build_id(int fd, char ret[2 * BUILD_ID_MOST + 1])
{
	const void *bytes = NULL;
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool is_elf = elf != NULL && elf_kind(elf) == ELF_K_ELF;
	ssize_t length = is_elf ? dwelf_elf_gnu_build_id(elf, &bytes) : 0;

	ret[0] = '\0';
	for (ssize_t i = 0; i < length && i < BUILD_ID_MOST; i++)
		snprintf(ret + i * 2, 3, "%02x", ((const unsigned char *)bytes)[i]);
	elf_end(elf);
	return is_elf;
}

/* Neither written nor put in place since: the time of a change tells both, and nobody can set it. */
static bool untouched_since(int fd, int64_t ns)
{
	struct stat file;

	return fstat(fd, &file) == 0 && (int64_t)file.st_ctim.tv_sec * NS_PER_S + file.st_ctim.tv_nsec <= ns;
}

static enum module_state judge(int fd, const struct module_trace *module, bool own)
{
	char build_id[2 * BUILD_ID_MOST + 1];

	if (fd < 0)
		return MODULE_MISSING;
	if (!read_build_id(fd, build_id))
		return MODULE_CHANGED;
	if (module->build_id[0] != '\0')
		return strcmp(build_id, module->build_id) == 0 ? MODULE_OK : MODULE_CHANGED;
	/* A build-id that the trace does not know proves nothing, neither this file nor another. */
	if (build_id[0] != '\0' || !own || !module->here)
		return MODULE_UNPROVEN;
	return untouched_since(fd, module->since_ns) ? MODULE_OK : MODULE_CHANGED;
}

/* Gives a file to the caller if it is the one, else closes it. */
static enum module_state keep_or_close(int fd, const struct module_trace *module, bool own, int *ret_fd)
{
	enum module_state state = judge(fd, module, own);

	if (state == MODULE_OK)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return state;
}

/* The file at the module's path.  `own`: not in a sysroot, whose files were put there by somebody at some time. */
static enum module_state open_at_path(const char *sysroot, const struct module_trace *module, int *ret_fd)
{
	size_t length = strlen(module->path), deleted = strlen(DELETED);
	int fd = module->path[0] == '/' ? module_file_in(sysroot, module->path, 0) : -1;

	if (fd < 0 && length > deleted && strcmp(module->path + length - deleted, DELETED) == 0) {
		char *path = strndup(module->path, length - deleted);
		fd = path != NULL ? module_file_in(sysroot, path, 0) : -1;
		free(path);
	}
	return keep_or_close(fd, module, sysroot == NULL, ret_fd);
}

/* FOLDER/.build-id/ab/cdef....debug, or the file itself under the same name without its ending. */
static bool open_by_build_id(const char *folder, int length, const struct module_trace *module, int *ret_fd)
{
	static const char *const endings[] = {".debug", ""};

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		char *path = NULL;
		if (asprintf(&path, "%.*s/.build-id/%.2s/%s%s", length, folder, module->build_id, module->build_id + 2,
					 endings[i]) < 0)
			return false;
		int fd = module_file_in(NULL, path, 0);
		free(path);
		if (keep_or_close(fd, module, false, ret_fd) == MODULE_OK)
			return true;
	}
	return false;
}

static bool open_separate(const struct symbol_choice *choice, const struct module_trace *module, int *ret_fd)
{
	if (strlen(module->build_id) < 4)
		return false;
	for (const char *at = choice->debug_path; at != NULL && *at != '\0'; at += strspn(at, ":")) {
		int length = (int)strcspn(at, ":");
		if (open_by_build_id(at, length, module, ret_fd))
			return true;
		at += length;
	}
	char folder[PATH_MAX];
	int length = snprintf(folder, sizeof folder, "%s" DEBUG_FOLDER, choice->sysroot != NULL ? choice->sysroot : "");
	if (length < (int)sizeof folder && open_by_build_id(folder, length, module, ret_fd))
		return true;
	if (open_by_build_id(DEBUG_FOLDER, (int)strlen(DEBUG_FOLDER), module, ret_fd))
		return true;
	int fd = choice->debuginfod ? debuginfod_fetch(module->build_id) : -1;
	return keep_or_close(fd, module, false, ret_fd) == MODULE_OK;
}

enum module_state module_file_open(const struct symbol_choice *choice, const struct module_trace *module,
								   struct module_file *ret)
{
	char link[64], path[PATH_MAX];
	int fd = -1;

	*ret = (struct module_file){.fd = -1};
	elf_version(EV_CURRENT);
	enum module_state state = open_at_path(choice->sysroot, module, &fd);
	/* What a sysroot lacks may be here; only a build-id can tell. */
	if (fd < 0 && choice->sysroot != NULL && module->build_id[0] != '\0')
		open_at_path(NULL, module, &fd);
	if (fd < 0)
		open_separate(choice, module, &fd);
	if (fd < 0)
		return state;
	/* Debug information is looked for beside the real file. */
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	ret->fd = fd;
	ret->path = length > 0 ? strndup(path, (size_t)length) : strdup(module->path);
	return MODULE_OK;
}

void module_file_done(struct module_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	*file = (struct module_file){.fd = -1};
}
