// SPDX-License-Identifier: PostgreSQL
/*
 * binary.c - one executable or shared library, asked for names; see binary.h.
 *
 * libdwfl is given one file at a time, at bias 0: a trace speaks of addresses
 * in files, never of a process.
 */
#include "analyzer/binary.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzer/debuginfod.h"
#include "analyzer/units.h"

struct binary {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;
	const struct symbol_choice *choice;
	char *debug_path; /* in libdwfl's words */
	struct units *units;
	bool is_go; /* whose names have dots */
};

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

/* Where separate debug information is looked for; "" and ".debug" are beside the file itself. */
static char *make_debug_path(const struct symbol_choice *choice)
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

/* elfutils' own rules, but for one: without a build-id and a debuglink it would take any NAME.debug unproven. */
static int find_debug(Dwfl_Module *module, void **userdata, const char *name, Dwarf_Addr base, const char *file,
					  const char *link, GElf_Word crc, char **ret_file)
{
	const struct binary *binary = *userdata;
	const unsigned char *build_id;
	GElf_Addr address;

	if (link == NULL && dwfl_module_build_id(module, &build_id, &address) <= 0)
		return -1;
	debuginfod_allow(binary->choice->debuginfod);
	double begun = seconds_now();
	int fd = dwfl_standard_find_debuginfo(module, userdata, name, base, file, link, crc, ret_file);
	debuginfod_spent(seconds_now() - begun);
	return fd;
}

static bool has_section(struct binary *binary, const char *name)
{
	GElf_Addr bias;
	GElf_Shdr header;
	size_t names;
	Elf *elf = dwfl_module_getelf(binary->module, &bias);

	if (elf == NULL || elf_getshdrstrndx(elf, &names) != 0)
		return false;
	for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL; section = elf_nextscn(elf, section)) {
		const char *own = gelf_getshdr(section, &header) != NULL ? elf_strptr(elf, names, header.sh_name) : NULL;
		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

struct binary *binary_open(struct module_file *file, const struct symbol_choice *choice)
{
	struct binary *binary = calloc(1, sizeof *binary);
	GElf_Addr bias;
	void **userdata;

	if (binary == NULL)
		return NULL;
	binary->choice = choice;
	binary->debug_path = make_debug_path(choice);
	binary->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
										 .find_debuginfo = find_debug,
										 .section_address = dwfl_offline_section_address,
										 .debuginfo_path = &binary->debug_path};
	if (binary->debug_path != NULL)
		binary->dwfl = dwfl_begin(&binary->callbacks);
	if (binary->dwfl != NULL) {
		binary->module = dwfl_report_elf(binary->dwfl, file->path, file->path, file->fd, 0, true);
		dwfl_report_end(binary->dwfl, NULL, NULL);
	}
	if (binary->module != NULL)
		file->fd = -1; /* libdwfl's */
	if (binary->module == NULL || dwfl_module_getelf(binary->module, &bias) == NULL) {
		binary_free(binary);
		return NULL;
	}
	dwfl_module_info(binary->module, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	*userdata = binary;
	binary->units = units_new(binary->module);
	if (binary->units == NULL) {
		binary_free(binary);
		return NULL;
	}
	binary->is_go = has_section(binary, ".go.buildinfo");
	return binary;
}

void binary_free(struct binary *binary)
{
	if (binary == NULL)
		return;
	units_free(binary->units);
	if (binary->dwfl != NULL)
		dwfl_end(binary->dwfl);
	free(binary->debug_path);
	free(binary);
}

static bool is_function(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram || tag == DW_TAG_entry_point;
}

/* The name the linker would see when there is one (it can be demangled), else the name in the source. */
static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));

	if (name == NULL)
		name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));
	if (name == NULL)
		name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
	return name;
}

/* Where an inlined function was called from. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *die, const char **ret_file, int *ret_line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file;
	Dwarf_Word line;
	Dwarf_Files *files;
	size_t count;

	*ret_file = NULL;
	*ret_line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) == 0)
		*ret_line = (int)line;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) == 0 &&
		dwarf_getsrcfiles(unit, &files, &count) == 0)
		*ret_file = dwarf_filesrc(files, file, NULL, NULL);
}

static void tell(binary_name name, void *context, int depth, const char *function, const char *file, int line)
{
	/* Without its return type a name begins with its namespace, which tells drivers from the user's own code. */
	int style = DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO | DMGL_RET_DROP;
	char *demangled = function == NULL ? NULL : cplus_demangle(function, style);

	name(context, depth, demangled != NULL ? demangled : function, line > 0 ? file : NULL, file != NULL ? line : 0);
	free(demangled);
}

/* Takes off what compilers append to the name of a part or a copy of a function: ".cold", ".constprop.0". */
static void drop_clone_suffix(char *name)
{
	static const char *const words[] = {".cold", ".part", ".isra", ".constprop", ".lto_priv", ".llvm", ".localalias"};
	bool found = true;

	while (found) {
		size_t length = strlen(name);
		size_t end = length;
		while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9')
			end--;
		end = end < length && end > 1 && name[end - 1] == '.' ? end - 1 : length;
		found = false;
		for (size_t i = 0; i < sizeof words / sizeof words[0] && !found; i++) {
			size_t word = strlen(words[i]);
			found = end > word && memcmp(name + end - word, words[i], word) == 0;
			if (found)
				name[end - word] = '\0';
		}
	}
}

/* The ELF symbol that holds the address, for free(): the nearest one before it names it only when it reaches so far. */
static char *symbol_name(struct binary *binary, uint64_t address)
{
	GElf_Off inside;
	GElf_Sym symbol;
	const char *name = dwfl_module_addrinfo(binary->module, address, &inside, &symbol, NULL, NULL, NULL);

	if (name == NULL || name[0] == '\0' || inside >= symbol.st_size)
		return NULL;
	int type = GELF_ST_TYPE(symbol.st_info);
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return NULL;
	char *copy = strdup(name);
	if (copy != NULL && !binary->is_go)
		drop_clone_suffix(copy);
	return copy;
}

/* The functions around an address, from the debug information; false: it knows none. */
static bool tell_scopes(struct binary *binary, uint64_t address, binary_name name, void *context)
{
	struct unit_place place;
	Dwarf_Die *inner = NULL;
	Dwarf_Die *scopes = NULL;
	const char *file = NULL;
	int line = 0;
	int depth = 0;

	if (!units_find(binary->units, address, &place))
		return false;
	Dwarf_Line *row = dwarf_getsrc_die(&place.lines, place.address);
	if (row != NULL && dwarf_lineno(row, &line) == 0)
		file = dwarf_linesrc(row, NULL, NULL);
	/* dwarf_getscopes leaves the path of an inlined function for its definition; its callers lie on the die's own. */
	int count = dwarf_getscopes(&place.functions, place.address, &inner);
	if (count > 0)
		count = dwarf_getscopes_die(&inner[0], &scopes);
	for (int i = 0; i < count; i++) {
		if (!is_function(&scopes[i]))
			continue;
		const char *function = die_name(&scopes[i]);
		if (function == NULL)
			break;
		tell(name, context, depth++, function, file, line);
		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			break;
		call_place(&place.functions, &scopes[i], &file, &line);
	}
	free(inner);
	free(scopes);
	if (depth > 0)
		return true;
	/* Assembly and a compiler's least debug information: lines, but functions only in the ELF symbols. */
	char *function = symbol_name(binary, address);
	if (function != NULL || file != NULL)
		tell(name, context, depth++, function, file, line);
	free(function);
	return depth > 0;
}

void binary_lookup(struct binary *binary, uint64_t address, binary_name name, void *context)
{
	if (tell_scopes(binary, address, name, context))
		return;
	char *function = symbol_name(binary, address);
	if (function != NULL)
		tell(name, context, 0, function, NULL, 0);
	free(function);
}
