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
#include <sys/stat.h>

#define NS_PER_S INT64_C(1000000000)
#define BUILD_ID_MOST 64 /* bytes; the usual one has 20 */

struct binary {
	Dwfl *dwfl;
	Dwfl_Module *module;
};

/* The standard search needs no setting of ours; it asks debuginfod only when DEBUGINFOD_URLS is set. */
static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static bool same_build_id(Dwfl_Module *module, const char *expected)
{
	const unsigned char *bytes;
	GElf_Addr address;
	char text[2 * BUILD_ID_MOST + 1] = "";
	int length = dwfl_module_build_id(module, &bytes, &address);

	for (int i = 0; i < length && i < BUILD_ID_MOST; i++)
		snprintf(text + (size_t)i * 2, 3, "%02x", bytes[i]);
	return strcmp(text, expected) == 0;
}

static bool unchanged_since(const char *path, int64_t ns)
{
	struct stat file;

	return stat(path, &file) == 0 && (int64_t)file.st_mtim.tv_sec * NS_PER_S + file.st_mtim.tv_nsec <= ns;
}

struct binary *binary_open(const char *path, const char *build_id, int64_t traced_ns)
{
	struct stat file;
	GElf_Addr bias;

	/* libdwfl opens what it is given: a pipe in place of a library would hang it. */
	if (stat(path, &file) != 0 || !S_ISREG(file.st_mode))
		return NULL;
	struct binary *binary = calloc(1, sizeof *binary);
	if (binary == NULL)
		return NULL;
	binary->dwfl = dwfl_begin(&callbacks);
	if (binary->dwfl != NULL) {
		binary->module = dwfl_report_elf(binary->dwfl, path, path, -1, 0, true);
		dwfl_report_end(binary->dwfl, NULL, NULL);
	}
	if (binary->module == NULL || dwfl_module_getelf(binary->module, &bias) == NULL ||
		!same_build_id(binary->module, build_id) || (build_id[0] == '\0' && !unchanged_since(path, traced_ns))) {
		binary_free(binary);
		return NULL;
	}
	return binary;
}

void binary_free(struct binary *binary)
{
	if (binary == NULL)
		return;
	if (binary->dwfl != NULL)
		dwfl_end(binary->dwfl);
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

/* The functions around an address, from the debug information; false: it knows none. */
static bool tell_scopes(struct binary *binary, uint64_t address, const char *file, int line, binary_name name,
						void *context)
{
	Dwarf_Addr bias;
	Dwarf_Die *inner = NULL;
	Dwarf_Die *scopes = NULL;
	int depth = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(binary->module, address, &bias);

	if (unit == NULL)
		return false;
	/* dwarf_getscopes leaves the path of an inlined function for its definition; its callers lie on the die's own. */
	int count = dwarf_getscopes(unit, address - bias, &inner);
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
		call_place(unit, &scopes[i], &file, &line);
	}
	free(inner);
	free(scopes);
	return depth > 0;
}

void binary_lookup(struct binary *binary, uint64_t address, binary_name name, void *context)
{
	const char *file = NULL;
	int line = 0;
	GElf_Off inside;
	GElf_Sym symbol;
	Dwfl_Line *place = dwfl_module_getsrc(binary->module, address);

	if (place != NULL)
		file = dwfl_lineinfo(place, NULL, &line, NULL, NULL, NULL);
	if (tell_scopes(binary, address, file, line, name, context))
		return;
	/* The nearest symbol before an address names it only when the address lies inside. */
	const char *function = dwfl_module_addrinfo(binary->module, address, &inside, &symbol, NULL, NULL, NULL);
	if (function != NULL && (inside >= symbol.st_size || GELF_ST_TYPE(symbol.st_info) == STT_OBJECT))
		function = NULL;
	if (function != NULL || file != NULL)
		tell(name, context, 0, function, file, line);
}
