// SPDX-License-Identifier: PostgreSQL
/*
 * units.c - which compilation unit an address belongs to; see units.h.
 */
#include "analyzer/symbols/units.h"

#include <dwarf.h>
#include <stdlib.h>

struct range {
	Dwarf_Addr low, high; /* as the debug information counts */
	Dwarf_Die *unit;
	Dwarf_Addr bias;
};

struct units {
	Dwfl_Module *module;
	struct range *ranges;
	size_t count, room;
	bool listed;
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
	free(units->ranges);
	free(units);
}

static bool add(struct units *units, const struct range *range)
{
	if (units->count == units->room) {
		size_t room = units->room > 0 ? 2 * units->room : 64;
		struct range *ranges = reallocarray(units->ranges, room, sizeof *ranges);
		if (ranges == NULL)
			return false;
		units->ranges = ranges;
		units->room = room;
	}
	units->ranges[units->count++] = *range;
	return true;
}

/* Every unit's own ranges, once, when .debug_aranges did not know an address. */
static void list(struct units *units)
{
	struct range range = {.unit = NULL};
	bool room = true;

	units->listed = true;
	while (room && (range.unit = dwfl_module_nextcu(units->module, range.unit, &range.bias)) != NULL) {
		Dwarf_Addr base;
		ptrdiff_t at = 0;
		while (room && (at = dwarf_ranges(range.unit, at, &base, &range.low, &range.high)) > 0)
			room = range.low == 0 || add(units, &range);
	}
}

static Dwarf_Die *find_unit(struct units *units, uint64_t address, Dwarf_Addr *ret_bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(units->module, address, ret_bias);

	if (unit != NULL)
		return unit;
	if (!units->listed)
		list(units);
	for (size_t i = 0; i < units->count; i++) {
		const struct range *range = &units->ranges[i];
		if (address - range->bias >= range->low && address - range->bias < range->high) {
			*ret_bias = range->bias;
			return range->unit;
		}
	}
	return NULL;
}

static bool is_namespace(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_namespace || dwarf_tag(die) == DW_TAG_module;
}

/*
 * The linker gives the debug information of functions that it threw away the address 0, and leaves them their size:
 * such a function, and its lines, may seem to lie over another one.
 */
static bool lies_under_a_discarded_one(Dwarf_Die *parent, Dwarf_Addr address)
{
	Dwarf_Die die;
	Dwarf_Addr low, high;

	for (int end = dwarf_child(parent, &die); end == 0; end = dwarf_siblingof(&die, &die)) {
		if (is_namespace(&die) && lies_under_a_discarded_one(&die, address))
			return true;
		if (dwarf_tag(&die) == DW_TAG_subprogram && dwarf_lowpc(&die, &low) == 0 && low == 0 &&
			dwarf_highpc(&die, &high) == 0 && address < high)
			return true;
	}
	return false;
}

bool units_find(struct units *units, uint64_t address, struct unit_place *ret)
{
	struct unit_place place;
	Dwarf_Addr bias;
	uint8_t type = DW_UT_compile;
	Dwarf_Die *unit = find_unit(units, address, &bias);

	if (unit == NULL)
		return false;
	place.lines = place.functions = *unit;
	place.address = address - bias;
	if (dwarf_cu_info(unit->cu, NULL, &type, NULL, &place.functions, NULL, NULL, NULL) != 0 || type != DW_UT_skeleton)
		place.functions = *unit;
	/* Without its .dwo file a unit has lines but no functions: nobody could say whether a line is an inlined one's. */
	if (place.functions.addr == NULL || lies_under_a_discarded_one(&place.functions, place.address))
		return false;
	*ret = place;
	return true;
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
	size_t count = descend(&place->functions, place->address, functions, 0);

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
