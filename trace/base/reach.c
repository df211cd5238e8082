// SPDX-License-Identifier: PostgreSQL
/* reach.c - see reach.h. */
#include "trace/base/reach.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define HEAD_BYTES 1024    /* an ELF header and the usual program headers; a script's first line */
#define MOST_SCRIPTS 4     /* the kernel's own bound */
#define INTERPRETER_MAX 96 /* a dynamic linker's path is short */

const char *const reach_names[REACH_COUNT] = {
	[REACH_YES] = "seen",      [REACH_NOTHING] = "unknown", [REACH_STATIC] = "static",
	[REACH_SETUID] = "setuid", [REACH_MACHINE] = "machine", [REACH_LIBC] = "libc",
};

#if defined __x86_64__
#define OWN_MACHINE EM_X86_64
#elif defined __aarch64__
#define OWN_MACHINE EM_AARCH64
#endif

/* The kernel sets AT_SECURE when ids change or rights grow; the mount or the process may forbid both. */
static bool gains_rights(int fd, const struct stat *st)
{
	bool sets_user = (st->st_mode & S_ISUID) && st->st_uid != getuid();
	bool sets_group = (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st->st_gid != getgid();
	bool has_capabilities = getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
	struct statvfs mount;
	if (!sets_user && !sets_group && !has_capabilities)
		return false;
	return (fstatvfs(fd, &mount) != 0 || !(mount.f_flag & ST_NOSUID)) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

static enum reach judge_interpreter(int fd, const Elf64_Phdr *header)
{
	char path[INTERPRETER_MAX] = "";
	ssize_t length = pread(fd, path, sizeof path - 1, (off_t)header->p_offset);
	path[length > 0 ? length : 0] = '\0';
	const char *slash = strrchr(path, '/');
	/* ld-linux-x86-64.so.2, ld-linux-aarch64.so.1; musl's is ld-musl-*.so.1. */
	return slash == NULL || strncmp(slash, "/ld-musl", 8) != 0 ? REACH_YES : REACH_LIBC;
}

static enum reach judge_elf(int fd, const unsigned char *head, size_t length)
{
	Elf64_Ehdr elf;
	if (head[EI_CLASS] != ELFCLASS64 || length < sizeof elf)
		return REACH_MACHINE;
	memcpy(&elf, head, sizeof elf);
	if (elf.e_machine != OWN_MACHINE)
		return REACH_MACHINE;
	for (unsigned i = 0; i < elf.e_phnum; i++) {
		Elf64_Phdr header;
		off_t at = (off_t)elf.e_phoff + (off_t)i * elf.e_phentsize;
		if (elf.e_phentsize != sizeof header)
			return REACH_NOTHING;
		if ((size_t)at + sizeof header <= length)
			memcpy(&header, head + at, sizeof header);
		else if (pread(fd, &header, sizeof header, at) != sizeof header)
			return REACH_NOTHING;
		if (header.p_type == PT_INTERP)
			return judge_interpreter(fd, &header);
	}
	return REACH_STATIC;
}

/* The interpreter of a script's first line, in place; NULL: it is none. */
static const char *script_interpreter(char *head)
{
	if (strncmp(head, "#!", 2) != 0)
		return NULL;
	head += 2 + strspn(head + 2, " \t");
	head[strcspn(head, " \t\r\n")] = '\0';
	return head[0] != '\0' ? head : NULL;
}

/* A regular file only: opening anything else can do something. */
static int open_program(int folder, const char *path, struct stat *st)
{
	if (fstatat(folder, path, st, 0) != 0 || !S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return -1;
	return openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static void name_file(int fd, char *ret, size_t bytes)
{
	char link[40];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, ret, bytes - 1);
	ret[length > 0 ? length : 0] = '\0';
}

enum reach reach_judge(int folder, const char *path, char *ret_path, size_t bytes)
{
	char head[HEAD_BYTES + 1];
	int error = errno;
	enum reach reach = REACH_NOTHING;
	for (int scripts = 0; path != NULL && scripts <= MOST_SCRIPTS; scripts++, folder = AT_FDCWD) {
		struct stat st;
		int fd = open_program(folder, path, &st);
		if (fd < 0)
			break;
		ssize_t length = pread(fd, head, HEAD_BYTES, 0);
		head[length > 0 ? length : 0] = '\0';
		path = NULL;
		if (length > EI_NIDENT && memcmp(head, ELFMAG, SELFMAG) == 0)
			reach = gains_rights(fd, &st) ? REACH_SETUID : judge_elf(fd, (const unsigned char *)head, (size_t)length);
		else if (length > 0)
			path = script_interpreter(head);
		if (reach != REACH_NOTHING && ret_path != NULL)
			name_file(fd, ret_path, bytes);
		close(fd);
	}
	errno = error;
	return reach;
}
