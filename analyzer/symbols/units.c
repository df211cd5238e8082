// SPDX-License-Identifier: PostgreSQL
/*
 * units.c - which compilation unit an address belongs to; see units.h.
 */
#include "analyzer/symbols/units.h"

#include <dwarf.h>
#include <stdlib.h>

#include "analyzer/base/array.h"
#include "analyzer/symbols/spans.h"

/* A unit, and what is known of its functions once one of its addresses was asked for. */
struct unit {
	Dwarf_Die *die;
	Dwarf_Addr bias;
	bool is_read;
	Dwarf_Addr discarded; /* addresses below may lie under a function that the linker threw away */
	struct spans spans;   /* of `functions` */
	Dwarf_Die *functions; /* the outermost, and whatever else has addresses */
	size_t count;
};

struct units {
	Dwfl_Module *module;
	struct spans spans; /* of `items` */
	struct unit *items;
	size_t count;
	bool is_listed;
};

struct units *units_new(Dwfl_Module *module)
{
	struct units *units = calloc(1, sizeof *units);

	if (units != NULL)
		units->module = module;
	return units;
}

void units_free(struct units *units)
{
	if (units == NULL)
		return;
	for (size_t i = 0; i < units->count; i++) {
		spans_done(&units->items[i].spans);
		free(units->items[i].functions);
	}
	spans_done(&units->spans);
	free(units->items);
	free(units);
}

/* Adds the addresses of a unit or of a function. */
static bool add_ranges(struct spans *spans, Dwarf_Die *die, size_t value)
{
	Dwarf_Addr base, low, high;
	bool room = true;

	for (ptrdiff_t at = 0; room && (at = dwarf_ranges(die, at, &base, &low, &high)) > 0;)
		room = low == 0 || spans_add(spans, low, high, value);
	return room;
}

/*
 * Every unit's own ranges.  Not .debug_aranges: clang writes none, and gcc's may claim addresses between two parts of
 * a unit that are another unit's.
 */
static void list(struct units *units)
{
	struct unit unit = {.die = NULL};
	bool room = true;

	units->is_listed = true;
	while (room && (unit.die = dwfl_module_nextcu(units->module, unit.die, &unit.bias)) != NULL) {
		room = array_room(units->items, units->count) && add_ranges(&units->spans, unit.die, units->count);
		if (room)
			units->items[units->count++] = unit;
	}
	spans_sort(&units->spans);
}

static struct unit *find_unit(struct units *units, uint64_t address)
{
	size_t number;

	if (!units->is_listed)
		list(units);
	if (units->count == 0 || !spans_find(&units->spans, address - units->items[0].bias, &number))
		return NULL;
	return &units->items[number];
}

static bool is_function(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram || tag == DW_TAG_entry_point;
}

/* What has no addresses of its own, but may hold functions that have. */
static bool may_hold_functions(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return true;
	default:
		return false;
	}
}

/*
 * Reads where the functions of a unit lie, once: a unit of Rust or C++ may have a hundred thousand.  The linker gives
 * the debug information of functions that it threw away the address 0, and leaves them their size: such a function, and
 * its lines, may seem to lie over another one.
 */
static bool read_functions(struct unit *unit, Dwarf_Die *parent)
{
	Dwarf_Die die;
	Dwarf_Addr low, high;
	bool room = true;

	for (int end = dwarf_child(parent, &die); room && end == 0; end = dwarf_siblingof(&die, &die)) {
		size_t before = unit->spans.count;
		room = add_ranges(&unit->spans, &die, unit->count);
		if (room && unit->spans.count > before) {
			room = array_room(unit->functions, unit->count);
			if (room)
				unit->functions[unit->count++] = die;
		} else if (room && may_hold_functions(&die)) {
			room = read_functions(unit, &die);
		}
		if (dwarf_tag(&die) == DW_TAG_subprogram && dwarf_lowpc(&die, &low) == 0 && low == 0 &&
			dwarf_highpc(&die, &high) == 0 && high > unit->discarded)
			unit->discarded = high;
	}
	return room;
}

bool units_find(struct units *units, uint64_t address, struct unit_place *ret)
{
	struct unit_place place;
	uint8_t type = DW_UT_compile;

	place.unit = find_unit(units, address);
	if (place.unit == NULL)
		return false;
	place.lines = place.functions = *place.unit->die;
	place.address = address - place.unit->bias;
	if (dwarf_cu_info(place.lines.cu, NULL, &type, NULL, &place.functions, NULL, NULL, NULL) != 0 ||
		type != DW_UT_skeleton)
		place.functions = place.lines;
	/* Without its .dwo file a unit has lines but no functions: nobody could say whether a line is an inlined one's. */
	if (place.functions.addr == NULL)
		return false;
	if (!place.unit->is_read) {
		place.unit->is_read = true;
		if (!read_functions(place.unit, &place.functions))
			place.unit->discarded = UINT64_MAX; /* out of memory: it names nothing */
		spans_sort(&place.unit->spans);
	}
	if (place.address < place.unit->discarded)
		return false;
	*ret = place;
	return true;
}

/* Goes down from `parent`; functions come outermost first. */
static size_t descend(Dwarf_Die *parent, Dwarf_Addr address, Dwarf_Die *functions, size_t count)
{
	Dwarf_Die die;

	for (int end = dwarf_child(parent, &die); end == 0; end = dwarf_siblingof(&die, &die)) {
		bool has = dwarf_haspc(&die, address) > 0;
		if (!has && !may_hold_functions(&die))
			continue;
		size_t more = count;
		if (has && is_function(&die) && count < UNIT_DEEPEST)
			functions[more++] = die;
		more = descend(&die, address, functions, more);
		if (has || more > count)
			return more;
	}
	return count;
}

size_t units_functions(struct unit_place *place, Dwarf_Die functions[UNIT_DEEPEST])
{
	size_t count = 0, outermost;

	if (spans_find(&place->unit->spans, place->address, &outermost)) {
		Dwarf_Die *die = &place->unit->functions[outermost];
		if (is_function(die))
			functions[count++] = *die;
		count = descend(die, place->address, functions, count);
	}

	for (size_t i = 0; i < count / 2; i++) {
		Dwarf_Die die = functions[i];
		functions[i] = functions[count - 1 - i];
		functions[count - 1 - i] = die;
	}
	/* What lies around a function that is not inlined is no caller of it, though it may be written inside. */
	for (size_t i = 0; i < count; i++)
		if (dwarf_tag(&functions[i]) != DW_TAG_inlined_subroutine)
			return i + 1;
	return count;
}
