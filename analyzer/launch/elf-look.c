// SPDX-License-Identifier: PostgreSQL
/*
 * elf-look.c - fingerprints in an executable; see elf-look.h.
 */
#include "analyzer/launch/elf-look.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Texts that a client of PostgreSQL leaves in its executable, even a stripped one.  All of a line must be there. */
static const struct {
	const char *sign;
	bool is_go;
	const char *text, *other;
} prints[] = {
	{"Go's lib/pq", true, "github.com/lib/pq.(*conn)", NULL},
	{"Go's lib/pq", true, "dep\tgithub.com/lib/pq\t", NULL},
	{"Go's pgx", true, "dep\tgithub.com/jackc/pg", NULL},
	{"Go's pgx", true, "github.com/jackc/pgx/v5/pgconn.(*", NULL},
	{"Go's pgx", true, "github.com/jackc/pgconn.(*", NULL},
	{"Go's go-pg", true, "dep\tgithub.com/go-pg/pg/", NULL},
	{"Go's pgdriver", true, "dep\tgithub.com/uptrace/bun/driver/pgdriver\t", NULL},
	{"a libpq inside", false, "PGREQUIREPEER", "invalid connection option \"%s\""},
	{"Rust's sqlx", false, "sqlx-postgres-", NULL},
	{"Rust's postgres-protocol", false, "postgres-protocol-", NULL},
	{"a client of PostgreSQL inside", false, "standard_conforming_strings", NULL},
};

struct file {
	void *bytes;
	size_t length;
};

static bool map_file(const char *path, struct file *ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return false;
	ret->bytes = MAP_FAILED;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		ret->length = (size_t)st.st_size;
		ret->bytes = mmap(NULL, ret->length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0); /* libelf wants to write */
	}
	close(fd);
	return ret->bytes != MAP_FAILED;
}

static bool has(const struct file *file, const char *text)
{
	return text == NULL || memmem(file->bytes, file->length, text, strlen(text)) != NULL;
}

static const char *find_sign(const struct file *file, bool is_go)
{
	for (size_t i = 0; i < sizeof prints / sizeof prints[0]; i++)
		if (is_go == prints[i].is_go && has(file, prints[i].text) && has(file, prints[i].other))
			return prints[i].sign;
	return "";
}

static void look_at_dynamic(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_look *look)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Dyn entry;

	for (int i = 0; data != NULL && gelf_getdyn(data, i, &entry) != NULL && entry.d_tag != DT_NULL; i++) {
		const char *name = entry.d_tag == DT_NEEDED ? elf_strptr(elf, header->sh_link, entry.d_un.d_val) : NULL;
		if (name != NULL && strncmp(name, "libpq", 5) == 0 && (name[5] == '.' || name[5] == '-'))
			look->needs_libpq = true;
	}
}

static void look_at_symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct elf_look *look)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	for (int i = 0; data != NULL && gelf_getsym(data, i, &symbol) != NULL; i++) {
		const char *name = symbol.st_shndx != SHN_UNDEF ? elf_strptr(elf, header->sh_link, symbol.st_name) : NULL;
		if (name != NULL && strcmp(name, "PQparameterStatus") == 0)
			look->exports_libpq = true;
	}
}

static void look_at_sections(Elf *elf, struct elf_look *look)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL; section = elf_nextscn(elf, section)) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) == NULL)
			continue;
		const char *name = elf_strptr(elf, names, header.sh_name);
		if (header.sh_type == SHT_DYNAMIC)
			look_at_dynamic(elf, section, &header, look);
		else if (header.sh_type == SHT_DYNSYM)
			look_at_symbols(elf, section, &header, look);
		else if (name != NULL && strcmp(name, ".go.buildinfo") == 0)
			look->is_go = true;
		else if (name != NULL && (strcmp(name, ".debug_info") == 0 || strcmp(name, ".zdebug_info") == 0 ||
								  strcmp(name, ".gnu_debugdata") == 0))
			look->has_lines = true;
	}
}

bool elf_look(const char *path, struct elf_look *ret)
{
	struct elf_look look = {.sign = ""};
	struct file file;

	if (elf_version(EV_CURRENT) == EV_NONE || !map_file(path, &file))
		return false;
	Elf *elf = elf_memory(file.bytes, file.length);
	bool good = elf != NULL && elf_kind(elf) == ELF_K_ELF;
	if (good) {
		look_at_sections(elf, &look);
		look.sign = find_sign(&file, look.is_go);
		*ret = look;
	}
	elf_end(elf);
	munmap(file.bytes, file.length);
	return good;
}
