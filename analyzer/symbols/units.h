// SPDX-License-Identifier: PostgreSQL
/*
 * units.h - which compilation unit of a file's debug information an address
 * belongs to.
 *
 * Owns what libdwfl leaves open: units whose body lies in a .dwo file, and
 * functions that the linker threw away; and where units and their functions
 * lie, which is read once.  Called by binary.c alone.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_UNITS_H
#define PQLEAK_ANALYZER_SYMBOLS_UNITS_H

#include <elfutils/libdwfl.h>
#include <stdint.h>

struct units;
struct unit;

/* An address in the unit that holds it. */
struct unit_place {
	struct unit *unit;
	Dwarf_Die lines;     /* has the line table */
	Dwarf_Die functions; /* has the functions: the same, or that of its .dwo file */
	Dwarf_Addr address;  /* as the debug information counts */
};

/* NULL: out of memory. */
struct units *units_new(Dwfl_Module *module);
void units_free(struct units *units);

/* False: no unit is known to hold the address, or what it says of it cannot be trusted. */
bool units_find(struct units *units, uint64_t address, struct unit_place *ret);

#define UNIT_DEEPEST 64 /* functions inlined into each other at one address */

/*
 * The functions at the place, the innermost inlined one first; how many.  (dwarf_getscopes knows none where a function
 * is described by two units, as after link-time optimisation.)
 */
size_t units_functions(struct unit_place *place, Dwarf_Die functions[UNIT_DEEPEST]);

#endif
