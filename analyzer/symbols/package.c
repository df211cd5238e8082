// SPDX-License-Identifier: PostgreSQL
/*
 * package.c - see package.h.
 */
#include "analyzer/symbols/package.h"

#include <dirent.h>
#include <elf.h>
#include <limits.h>
#include <stdint.h>
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

/* --- what a file says of itself --- */

#define NOTE_OWNER "FDO"
#define NOTE_TYPE 0xcafe1a7e
#define MOST_SEGMENTS 64
#define MOST_NOTES (64 << 10) /* bytes */

static size_t aligned(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* The text of the note among these; NULL: it is not there. */
static char *find_note(const char *notes, size_t size)
{
	Elf64_Nhdr note;

	for (size_t at = 0; at + sizeof note <= size;) {
		memcpy(&note, notes + at, sizeof note);
		at += sizeof note;
		if (note.n_namesz > size || note.n_descsz > size || aligned(note.n_namesz) + aligned(note.n_descsz) > size - at)
			return NULL;
		const char *owner = notes + at, *text = owner + aligned(note.n_namesz);
		if (note.n_type == NOTE_TYPE && note.n_namesz == sizeof NOTE_OWNER &&
			memcmp(owner, NOTE_OWNER, sizeof NOTE_OWNER) == 0)
			return strndup(text, note.n_descsz);
		at += aligned(note.n_namesz) + aligned(note.n_descsz);
	}
	return NULL;
}

/* Of 64 bits, as all files are that are traced. */
static char *read_note(int fd)
{
	Elf64_Ehdr header;
	Elf64_Phdr segments[MOST_SEGMENTS];
	char *found = NULL;

	if (pread(fd, &header, sizeof header, 0) != (ssize_t)sizeof header ||
		memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
		header.e_phentsize != sizeof segments[0] || header.e_phnum > MOST_SEGMENTS || header.e_phoff > INT64_MAX)
		return NULL;
	ssize_t bytes = (ssize_t)(header.e_phnum * sizeof segments[0]);
	if (pread(fd, segments, (size_t)bytes, (off_t)header.e_phoff) != bytes)
		return NULL;
	for (int i = 0; i < header.e_phnum && found == NULL; i++) {
		if (segments[i].p_type != PT_NOTE || segments[i].p_filesz > MOST_NOTES || segments[i].p_offset > INT64_MAX)
			continue;
		char *notes = malloc((size_t)segments[i].p_filesz + 1);
		bytes = notes != NULL ? pread(fd, notes, (size_t)segments[i].p_filesz, (off_t)segments[i].p_offset) : -1;
		found = bytes > 0 ? find_note(notes, (size_t)bytes) : NULL;
		free(notes);
	}
	return found;
}

char *package_note(const char *sysroot, const char *path)
{
	int fd = module_file_in(sysroot, path, 0);
	char *note = fd >= 0 ? read_note(fd) : NULL;

	if (fd >= 0)
		close(fd);
	return note;
}
