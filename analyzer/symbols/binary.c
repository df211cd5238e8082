// SPDX-License-Identifier: PostgreSQL
/*
 * binary.c - one executable or shared library, asked for names; see binary.h.
 *
 * libdwfl is given one file at a time, at bias 0: a trace speaks of addresses
 * in files, never of a process.
 */
#include "analyzer/symbols/binary.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/debug-search.h"
#include "analyzer/symbols/units.h"

struct binary {
	Dwfl *dwfl;
	Dwfl_Module *module;
	Dwfl_Callbacks callbacks;
	char *debug_path;    /* in libdwfl's words */
	struct units *units; /* NULL: its debug information cannot be trusted */
	bool is_go;          /* whose names have dots */
};

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
	binary->debug_path = debug_search_path(choice);
	binary->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
										 .find_debuginfo = debug_find,
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
	*userdata = (void *)(uintptr_t)choice;
	if (debug_shared_is_right(binary->module)) {
		binary->units = units_new(binary->module);
		if (binary->units == NULL) {
			binary_free(binary);
			return NULL;
		}
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

/* The name the linker would see when there is one (it can be demangled), else the name in the source. */
static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));

	if (name == NULL)
		name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute));
	if (name == NULL)
		name = dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
	return name != NULL && name[0] != '\0' ? name : NULL; /* "": it is in a shared file that is another one now */
}

/* Whether a name is one that the linker sees, with all that is around the function in it. */
static bool is_mangled(const char *symbol)
{
	char *demangled = symbol != NULL ? cplus_demangle(symbol, DMGL_AUTO) : NULL;
	bool mangled = demangled != NULL;

	free(demangled);
	return mangled;
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
static bool tell_functions(struct binary *binary, uint64_t address, binary_name name, void *context)
{
	struct unit_place place;
	Dwarf_Die functions[UNIT_DEEPEST];
	const char *file = NULL;
	int line = 0;

	if (binary->units == NULL || !units_find(binary->units, address, &place))
		return false;
	Dwarf_Line *row = dwarf_getsrc_die(&place.lines, place.address);
	if (row != NULL && dwarf_lineno(row, &line) == 0)
		file = dwarf_linesrc(row, NULL, NULL);
	size_t count = units_functions(&place, functions);
	/* Inlined functions' names may be in a file that is not there; those of their callers are known all the same. */
	for (size_t i = 0; i + 1 < count; i++) {
		tell(name, context, (int)i, die_name(&functions[i]), file, line);
		call_place(&place.functions, &functions[i], &file, &line);
	}
	/*
	 * Assembly and a compiler's least debug information have lines, but functions only among the ELF symbols; and of a
	 * C++ lambda the debug information may say no more than "operator()".
	 */
	const char *function = count > 0 ? die_name(&functions[count - 1]) : NULL;
	char *symbol = function == NULL || !is_mangled(function) ? symbol_name(binary, address) : NULL;
	if (function == NULL || is_mangled(symbol))
		function = symbol;
	bool known = function != NULL || file != NULL;
	if (known)
		tell(name, context, count > 0 ? (int)count - 1 : 0, function, file, line);
	free(symbol);
	return known || count > 1;
}

void binary_lookup(struct binary *binary, uint64_t address, binary_name name, void *context)
{
	if (tell_functions(binary, address, name, context))
		return;
	char *function = symbol_name(binary, address);
	if (function != NULL)
		tell(name, context, 0, function, NULL, 0);
	free(function);
}
