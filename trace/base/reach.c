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

#define HEAD_BYTES 1024     /* an ELF header and the usual program headers; a script's first line */
#define MOST_SCRIPTS 4      /* the kernel's own bound */
#define INTERPRETER_MAX 256 /* a dynamic linker's path */

const char *const reach_names[REACH_COUNT] = {
	[REACH_YES] = "seen",      [REACH_NOTHING] = "unknown", [REACH_STATIC] = "static",
	[REACH_SETUID] = "setuid", [REACH_MACHINE] = "machine", [REACH_LIBC] = "libc",
};

#if defined __x86_64__
#define OWN_MACHINE EM_X86_64
#define OWN_LINKER "/lib64/ld-linux-x86-64.so.2"
#elif defined __aarch64__
#define OWN_MACHINE EM_AARCH64
#define OWN_LINKER "/lib/ld-linux-aarch64.so.1"
#endif

/* The version of the newest function that the shim needs of a dynamic linker, as a linker that has it spells it. */
static const char linker_sign[] = "GLIBC_2.35";
#define MOST_LINKER (4 << 20)

/*
 * The kernel sets AT_SECURE when ids change or rights grow; the mount or the process may forbid both.  And when the
 * effective ids are not the real ones to begin with.
 */
static bool gains_rights(int fd, const struct stat *st)
{
	if (geteuid() != getuid() || getegid() != getgid())
		return true;
	bool sets_user = (st->st_mode & S_ISUID) && st->st_uid != getuid();
	bool sets_group = (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st->st_gid != getgid();
	bool has_capabilities = getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
	struct statvfs mount;
	if (!sets_user && !sets_group && !has_capabilities)
		return false;
	return (fstatvfs(fd, &mount) != 0 || !(mount.f_flag & ST_NOSUID)) && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

/* A regular file only: opening anything else can do something. */
static int open_regular(int folder, const char *path, struct stat *st)
{
	if (fstatat(folder, path, st, 0) != 0 || !S_ISREG(st->st_mode))
		return -1;
	return openat(folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* musl's linker ends the program when it cannot load the shim, and so does a glibc of before 2.35. */
static bool is_linker_of_ours(const char *path)
{
	char piece[HEAD_BYTES];
	struct stat st;
	size_t kept = 0;
	int fd = open_regular(AT_FDCWD, path, &st);
	bool found = fd < 0; /* there is none, and the program will not start; or only the kernel may read it */
	for (off_t at = 0; fd >= 0 && !found && at < MOST_LINKER;) {
		ssize_t length = pread(fd, piece + kept, sizeof piece - kept, at);
		if (length <= 0)
			break;
		size_t whole = kept + (size_t)length;
		found = memmem(piece, whole, linker_sign, sizeof linker_sign) != NULL /* its NUL, too */;
		kept = whole < sizeof linker_sign ? whole : sizeof linker_sign;
		memmove(piece, piece + whole - kept, kept);
		at += length;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

static enum reach judge_interpreter(int fd, const Elf64_Phdr *header)
{
	char path[INTERPRETER_MAX] = "";
	ssize_t length = pread(fd, path, sizeof path - 1, (off_t)header->p_offset);
	path[length > 0 ? length : 0] = '\0';
	return strcmp(path, OWN_LINKER) == 0 || is_linker_of_ours(path) ? REACH_YES : REACH_LIBC;
}

/* musl's linker can be told a program, as /lib/ld-musl-x86_64.so.1 PROGRAM. */
static bool is_musl_linker(const char *path)
{
	const char *slash = strrchr(path, '/');
	return strncmp(slash != NULL ? slash + 1 : path, "ld-musl", 7) == 0;
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

static void name_file(int fd, char *ret, size_t bytes)
{
	char link[40];
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, ret, bytes - 1);
	ret[length > 0 ? length : 0] = '\0';
}

/* As it was called, if that says where it is: pg_wrapper is known as /usr/bin/psql. */
static void name_script(int fd, const char *path, char *ret, size_t bytes)
{
	if (path[0] == '/' && strncmp(path, "/proc/", 6) != 0 && strlen(path) < bytes)
		strcpy(ret, path);
	else
		name_file(fd, ret, bytes);
}

bool reach_name(const char *path, char *ret_path, size_t bytes)
{
	struct stat st;
	int error = errno;
	int fd = open_regular(AT_FDCWD, path, &st);
	if (fd >= 0) {
		name_script(fd, path, ret_path, bytes);
		close(fd);
	}
	errno = error;
	return fd >= 0;
}

enum reach reach_judge(int folder, const char *path, char *ret_path, size_t bytes, char *ret_script,
					   size_t bytes_of_script)
{
	char head[HEAD_BYTES + 1];
	int error = errno;
	enum reach reach = REACH_NOTHING;
	if (bytes_of_script > 0)
		ret_script[0] = '\0';
	for (int scripts = 0; path != NULL && scripts <= MOST_SCRIPTS; scripts++, folder = AT_FDCWD) {
		struct stat st;
		int fd = open_regular(folder, path, &st);
		if (fd < 0 || !(st.st_mode & 0111)) {
			if (fd >= 0)
				close(fd);
			break;
		}
		bool is_musl = is_musl_linker(path);
		if (scripts == 0 && bytes_of_script > 0)
			name_script(fd, path, ret_script, bytes_of_script);
		ssize_t length = pread(fd, head, HEAD_BYTES, 0);
		head[length > 0 ? length : 0] = '\0';
		path = NULL;
		if (length > EI_NIDENT && memcmp(head, ELFMAG, SELFMAG) == 0)
			reach = gains_rights(fd, &st) ? REACH_SETUID
					: is_musl             ? REACH_LIBC
										  : judge_elf(fd, (const unsigned char *)head, (size_t)length);
		else if (length > 0)
			path = script_interpreter(head);
		if (reach != REACH_NOTHING)
			name_file(fd, ret_path, bytes);
		if (scripts == 0 && bytes_of_script > 0 && path == NULL)
			ret_script[0] = '\0'; /* a program itself */
		close(fd);
	}
	errno = error;
	return reach;
}
