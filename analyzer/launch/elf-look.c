// SPDX-License-Identifier: PostgreSQL
/*
 * elf-look.c - fingerprints in an executable; see elf-look.h.
 *
 * Headers, two tables and what is loaded are read, each up to a bound: the file may be anybody's.
 */
#include "analyzer/launch/elf-look.h"

#include <assert.h>
#include <errno.h>
#include <gelf.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/base/regular-file.h"

/* What a look costs, whatever the file says of itself; an executable of 200 MB loads as much. */
#define MOST_BYTES (INT64_C(1) << 30)         /* searched in one file */
#define MOST_BYTES_OF_ALL (INT64_C(16) << 30) /* in all files of a command */
#define MOST_SEGMENTS 1024
#define MOST_DYNAMIC 4096     /* entries; a program has some forty */
#define MOST_TABLE (64 << 20) /* bytes of a table of symbols */
#define PIECE (1 << 20)
#define LONGEST_TEXT 64

/*
 * Texts that a client of PostgreSQL leaves in its executable, even a stripped one.  All of a line must be there.  Go's
 * are names of functions: its list of modules has also what only forwards the protocol, or is not used at all.
 */
static const struct {
	const char *sign;
	enum { GO = 1, NOT_GO = 2, ANY = GO | NOT_GO } of;
	const char *text, *other;
} prints[] = {
	{"Go's lib/pq", GO, "github.com/lib/pq.(*conn)", NULL},
	{"Go's pgx", GO, "github.com/jackc/pg", "/pgconn.(*PgConn)"},
	{"Go's pgx", GO, "github.com/jackc/pgx.(*Conn)", NULL},
	{"Go's go-pg", GO, "github.com/go-pg/pg", ".(*baseDB)"},
	{"Go's pgdriver", GO, "github.com/uptrace/bun/driver/pgdriver.(*Conn)", NULL},
	{"a libpq inside", ANY, "PGREQUIREPEER", "invalid connection option \"%s\""},
	{"Rust's sqlx", NOT_GO, "sqlx-postgres-", NULL},
	{"Rust's postgres-protocol", NOT_GO, "postgres-protocol-", NULL},
	{"a client of PostgreSQL inside", NOT_GO, "standard_conforming_strings", NULL},
};

static_assert(sizeof prints / sizeof prints[0] <= 16, "two bits each in struct found");

/* Which texts were found: of line i the first is bit 2 * i, the other the next. */
struct found {
	uint32_t texts;
};

static void search(const char *bytes, size_t length, struct found *found)
{
	for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++) {
		const char *const texts[] = {prints[i].text, prints[i].other};
		for (size_t j = 0; j < 2; j++) {
			uint32_t bit = UINT32_C(1) << (2 * i + j);
			if ((found->texts & bit) == 0 &&
				(texts[j] == NULL || memmem(bytes, length, texts[j], strlen(texts[j])) != NULL))
				found->texts |= bit;
		}
	}
}

static const char *sign_of(const struct found *found, bool is_go)
{
	for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++)
		if ((prints[i].of & (is_go ? GO : NOT_GO)) != 0 && (found->texts >> (2 * i) & 3) == 3)
			return prints[i].sign;
	return "";
}

/*
 * Searches a part of the file, a piece at a time; holes are passed over.  False: it is more than may be searched, or
 * cannot be read.
 */
static bool search_part(int fd, off_t at, off_t end, int64_t *left, struct found *found)
{
	static char piece[LONGEST_TEXT + PIECE];
	size_t kept = 0; /* of the piece before, for what lies across both */

	while (at < end) {
		off_t data = lseek(fd, at, SEEK_DATA);
		if (data < 0 && errno == ENXIO)
			return true; /* nothing but a hole */
		if (data > at)
			kept = 0;
		at = data > at ? data : at;
		if (at >= end)
			return true;
		off_t hole = lseek(fd, at, SEEK_HOLE);
		off_t behind = hole > at && hole < end ? hole : end;
		size_t wanted = behind - at < PIECE ? (size_t)(behind - at) : PIECE;
		ssize_t length = *left > 0 ? pread(fd, piece + kept, wanted, at) : -1;
		if (length <= 0)
			return length == 0; /* the file ends sooner than it says */
		search(piece, kept + (size_t)length, found);
		*left -= length;
		at += length;
		size_t whole = kept + (size_t)length;
		kept = whole < LONGEST_TEXT ? whole : LONGEST_TEXT;
		memmove(piece, piece + whole - kept, kept);
	}
	return true;
}

/* What is loaded when the program starts holds all texts that it uses; debug information may be a hundred times that.
 */
static bool search_loaded(Elf *elf, int fd, struct found *found)
{
	static int64_t all_left = MOST_BYTES_OF_ALL;
	int64_t left = all_left < MOST_BYTES ? all_left : MOST_BYTES, begun_with = left;
	size_t count = 0;
	GElf_Phdr header;

	if (elf_getphdrnum(elf, &count) != 0 || count > MOST_SEGMENTS)
		return false;
	bool whole = true;
	for (size_t i = 0; whole && i < count; i++)
		if (gelf_getphdr(elf, (int)i, &header) != NULL && header.p_type == PT_LOAD && header.p_offset <= INT64_MAX)
			whole = search_part(
				fd, (off_t)header.p_offset,
				header.p_filesz > INT64_MAX - header.p_offset ? INT64_MAX : (off_t)(header.p_offset + header.p_filesz),
				&left, found);
	all_left -= begun_with - left;
	return whole;
}

/* What it must not call, and what it may need, that nothing else comes of it. */
static const char *const ways_out[] = {
	"connect", "dlopen",  "dlmopen",  "execl",       "execle",       "execlp", "execv", "execve",  "execvp",
	"execvpe", "fexecve", "execveat", "posix_spawn", "posix_spawnp", "system", "popen", "syscall",
};
static const char *const plain_libraries[] = {
	"libc.so.6", "libm.so.6", "ld-linux-", "libselinux.so.1", "libacl.so.1", "libattr.so.1", "libpcre2-8.so.0",
};

static bool is_among(const char *name, const char *const *list, size_t count, bool by_beginning)
{
	for (size_t i = 0; i < count; i++)
		if (by_beginning ? strncmp(name, list[i], strlen(list[i])) == 0 : strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static void look_at_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_look *look)
{
	Elf_Data *data = header->sh_size <= MOST_TABLE ? elf_getdata(section, NULL) : NULL;
	GElf_Dyn entry;

	for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED ? elf_strptr(elf, header->sh_link, entry.d_un.d_val) : NULL;
		if (name != NULL && strncmp(name, "libpq", 5) == 0 && (name[5] == '.' || name[5] == '-'))
			look->needs_libpq = true;
		if (name != NULL && !is_among(name, plain_libraries, sizeof plain_libraries / sizeof plain_libraries[0], true))
			look->is_secluded = false;
	}
}

static void look_at_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_look *look)
{
	Elf_Data *data = header->sh_size <= MOST_TABLE ? elf_getdata(section, NULL) : NULL;
	GElf_Sym symbol;

	look->is_secluded = data != NULL && look->is_secluded;
	for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name == NULL)
			continue;
		if (symbol.st_shndx != SHN_UNDEF && strcmp(name, "PQparameterStatus") == 0)
			look->exports_libpq = true;
		else if (symbol.st_shndx == SHN_UNDEF && is_among(name, ways_out, sizeof ways_out / sizeof ways_out[0], false))
			look->is_secluded = false;
	}
}

static void look_at_sections(Elf *elf, struct elf_look *look)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	bool has_symbols = false;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL; section = elf_nextscn(elf, section)) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) == NULL)
			continue;
		const char *name = elf_strptr(elf, names, header.sh_name);
		if (header.sh_type == SHT_DYNAMIC) {
			look_at_dynamic(elf, section, &header, look);
		} else if (header.sh_type == SHT_DYNSYM) {
			look_at_symbols(elf, section, &header, look);
			has_symbols = true;
		} else if (name != NULL && strcmp(name, ".go.buildinfo") == 0) {
			look->is_go = true;
		} else if (name != NULL && (strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0 ||
									strcmp(name, ".gnu_debugdata") == 0)) {
			look->has_lines = true;
		}
	}
	look->is_secluded = look->is_secluded && has_symbols && !look->is_go; /* which makes its own system calls */
}

/* Whether the dynamic linker, which goes by addresses and not by sections, will find a library to be audited by. */
static bool names_auditor(int fd, off_t at)
{
	Elf64_Dyn entries[MOST_DYNAMIC];
	ssize_t length = pread(fd, entries, sizeof entries, at);

	for (size_t i = 0; length > 0 && i < (size_t)length / sizeof entries[0]; i++) {
		if (entries[i].d_tag == DT_NULL)
			return false;
		if (entries[i].d_tag == DT_AUDIT || entries[i].d_tag == DT_DEPAUDIT)
			return true;
	}
	return true; /* nobody knows what else it names */
}

static bool look_for_auditors(Elf *elf, int fd)
{
	size_t count = 0;
	GElf_Phdr dynamic, part;
	bool found = false;

	if (elf_getphdrnum(elf, &count) != 0 || count > MOST_SEGMENTS)
		return true;
	for (size_t i = 0; i < count; i++) {
		if (gelf_getphdr(elf, (int)i, &dynamic) == NULL || dynamic.p_type != PT_DYNAMIC)
			continue;
		bool is_loaded = false;
		for (size_t j = 0; j < count && !found; j++)
			if (gelf_getphdr(elf, (int)j, &part) != NULL && part.p_type == PT_LOAD && dynamic.p_vaddr >= part.p_vaddr &&
				dynamic.p_vaddr - part.p_vaddr < part.p_filesz) {
				is_loaded = true;
				found = names_auditor(fd, (off_t)(part.p_offset + (dynamic.p_vaddr - part.p_vaddr)));
			}
		found = found || !is_loaded;
	}
	return found;
}

/* libelf makes an entry of its own for each section.  Where a header has no room for the number it is 0. */
static bool is_small_enough(Elf *elf)
{
	GElf_Ehdr header;

	return gelf_getehdr(elf, &header) != NULL && (header.e_shnum > 0 || header.e_shoff == 0);
}

bool elf_look(const char *path, struct elf_look *ret)
{
	struct elf_look look = {.sign = "", .is_secluded = true};
	struct found found = {0};
	int fd = elf_version(EV_CURRENT) != EV_NONE ? regular_open(path, 0) : -1;

	if (fd < 0)
		return false;
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	bool good = elf != NULL && elf_kind(elf) == ELF_K_ELF && is_small_enough(elf);
	if (good) {
		look_at_sections(elf, &look);
		look.names_auditor = look_for_auditors(elf, fd);
		bool whole = search_loaded(elf, fd, &found);
		look.sign = sign_of(&found, look.is_go);
		good = whole || look.sign[0] != '\0';
	}
	if (good)
		*ret = look;
	elf_end(elf);
	close(fd);
	return good;
}
