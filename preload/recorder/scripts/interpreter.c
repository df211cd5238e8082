// SPDX-License-Identifier: PostgreSQL
/* interpreter.c - see interpreter.h. */
#include "preload/recorder/scripts/interpreter.h"

#include <string.h>
#include <sys/auxv.h>

#include "preload/elf/elf-object.h"
#include "preload/recorder/stacks/module.h"

#define ADDRESS(name) &script_##name,
static const struct script_language *const languages[] = {SCRIPT_LANGUAGES(ADDRESS)};

enum {
	KNOWN = 64,  /* modules that are examined once; more are examined for each new stack */
	NONE = 0xff, /* the module is no interpreter */
};

struct known {
	const struct link_map *map;
	uintptr_t low;
	uint8_t interpreter; /* its index, or NONE */
};

static struct recorder_lock *guard;
static struct known known[KNOWN];
static uint32_t known_count;
uint32_t interpreter_count, interpreter_unloads;
struct script_interpreter interpreters[INTERPRETERS];
static uint32_t identities; /* so many there were; a child that is forked goes on from there */

static void forget(uint32_t unloads)
{
	known_count = interpreter_count = 0;
	interpreter_unloads = unloads;
}

void interpreter_reset(struct recorder_lock *lock)
{
	guard = lock;
	forget(0);
}

/* --- modules --- */

static bool recall(const struct elf_object *object, uint32_t unloads, uint8_t *ret)
{
	if (unloads != interpreter_unloads)
		forget(unloads);
	for (uint32_t i = 0; i < known_count; i++)
		if (known[i].map == object->map && known[i].low == object->low) {
			*ret = known[i].interpreter;
			return true;
		}
	return false;
}

/* Another thread may have been here before. */
static uint8_t remember(const struct elf_object *object, uint32_t unloads, const struct script_interpreter *found)
{
	uint8_t interpreter = NONE;
	if (recall(object, unloads, &interpreter))
		return interpreter;
	if (found != NULL && interpreter_count < INTERPRETERS) {
		interpreter = (uint8_t)interpreter_count;
		interpreters[interpreter_count] = *found;
		interpreters[interpreter_count++].identity = ++identities;
	}
	/* One that was forgotten would be found, and numbered, again and again. */
	if (known_count < KNOWN)
		known[known_count++] = (struct known){object->map, object->low, interpreter};
	else if (found != NULL)
		known[KNOWN - 1] = (struct known){object->map, object->low, interpreter};
	return interpreter;
}

/* The other parts of the loops that were found.  False: what was found can be no loop. */
static bool add_parts(struct script_interpreter *interpreter, size_t count)
{
	enum { LEAST = 8192 };
	bool is_whole = true;
	size_t used = count;
	for (size_t i = 0; i < count; i++) {
		struct function_part part = {interpreter->loop[i].low, interpreter->loop[i].high}, others[SCRIPT_LOOPS];
		size_t found = function_other_parts(part, others, SCRIPT_LOOPS - used);
		is_whole &= found > 0 || part.low == 0 || part.high - part.low >= LEAST;
		for (size_t j = 0; j < found; j++) {
			interpreter->loop[used].low = others[j].low;
			interpreter->loop[used++].high = others[j].high;
		}
	}
	return is_whole;
}

/* Whether the object is that language's interpreter. */
static bool resolve(const struct elf_object *object, const struct script_language *language,
					struct script_interpreter *ret)
{
	size_t bytes;
	if (elf_own_symbol(object->map, language->functions[0], &bytes) == NULL)
		return false;
	*ret = (struct script_interpreter){.language = language, .low = object->low, .high = object->high};
	bool is_needed = true;
	for (int n = 0; n < SCRIPT_FUNCTIONS && language->functions[n] != NULL; n++) {
		if (language->functions[n][0] == '\0')
			is_needed = false;
		else
			ret->function[n] = elf_own_symbol(object->map, language->functions[n], &bytes);
		if (is_needed && ret->function[n] == NULL)
			return false;
	}
	ret->is_loop_hidden = true;
	size_t i = 0;
	for (; i < SCRIPT_LOOPS && language->loops[i] != NULL; i++) {
		ret->loop[i].low = (uintptr_t)elf_own_symbol(object->map, language->loops[i], &bytes);
		ret->loop[i].high = ret->loop[i].low != 0 ? ret->loop[i].low + bytes : 0;
		ret->is_loop_hidden &= ret->loop[i].low == 0;
	}
	ret->is_loop_hidden &= language->may_hide_loops;
	if (language->may_part_loops)
		ret->is_loop_hidden |= !add_parts(ret, i);
	if (ret->is_loop_hidden)
		ret->loop[0].low = object->low, ret->loop[0].high = object->high;
	return true;
}

static uint8_t examine(const struct elf_object *object, uint32_t unloads, uint32_t thread)
{
	uint8_t interpreter = NONE;
	if (!lock_take(guard, thread))
		return NONE;
	bool is_known = recall(object, unloads, &interpreter);
	lock_give(guard);
	if (is_known)
		return interpreter;
	struct script_interpreter found;
	bool is_interpreter = false;
	for (size_t i = 0; i < sizeof languages / sizeof languages[0] && !is_interpreter; i++)
		is_interpreter = resolve(object, languages[i], &found);
	if (!lock_take(guard, thread))
		return NONE;
	interpreter = remember(object, unloads, is_interpreter ? &found : NULL);
	lock_give(guard);
	return interpreter;
}

/* --- stacks --- */

bool interpreter_get(uint32_t interpreter, uint32_t unloads, uint32_t thread, struct script_interpreter *ret)
{
	if (!lock_take(guard, thread))
		return false;
	const struct script_interpreter *found = interpreter_at(interpreter, unloads);
	if (found != NULL)
		*ret = *found;
	lock_give(guard);
	return found != NULL;
}

bool interpreter_is_loop(const struct script_interpreter *interpreter, uintptr_t return_address)
{
	/* One less lies inside the call. */
	for (int i = 0; i < SCRIPT_LOOPS; i++)
		if (return_address - 1 >= interpreter->loop[i].low && return_address - 1 < interpreter->loop[i].high)
			return true;
	return false;
}

bool interpreter_may_run(const struct script_interpreter *interpreter, uintptr_t return_address)
{
	struct elf_object object;
	return interpreter_is_loop(interpreter, return_address) ||
		   (interpreter->language->makes_code && !elf_object_at((const void *)(return_address - 1), &object));
}

static bool matches(const char *pattern, const char *text)
{
	for (; *pattern != '*'; pattern++, text++)
		if (*pattern != *text)
			return false;
		else if (*text == '\0')
			return true;
	while (*pattern == '*')
		pattern++;
	for (; *text != '\0'; text++)
		if (matches(pattern, text))
			return true;
	return *pattern == '\0';
}

static bool is_driver(const struct script_language *language, uintptr_t return_address, struct elf_object *ret)
{
	if (language->drivers == NULL || !elf_object_at((const void *)(return_address - 1), ret))
		return false;
	for (const char *const *pattern = language->drivers; *pattern != NULL; pattern++)
		if (matches(*pattern, ret->map->l_name))
			return true;
	return false;
}

static bool runs(const struct script_interpreter *interpreter, const uintptr_t *frames, size_t count)
{
	/* Code of no object may be another's than the interpreter's, but not where that called its driver. */
	struct elf_object driver;
	bool is_called = is_driver(interpreter->language, frames[0], &driver);
	for (size_t i = 0; i < count; i++)
		if (is_called ? interpreter_may_run(interpreter, frames[i]) : interpreter_is_loop(interpreter, frames[i]))
			return true;
	return false;
}

/* Whether only drivers lie between libpq and the interpreter; they are met. */
static bool may_wait(const struct script_interpreter *interpreter, const uintptr_t *frames, size_t count)
{
	bool is_known = true;
	for (size_t i = 0; i < count && !script_is_inside(interpreter, frames[i]); i++) {
		struct elf_object driver;
		bool is_met = is_driver(interpreter->language, frames[i], &driver);
		if (is_met && interpreter->language->meet_driver != NULL)
			interpreter->language->meet_driver(interpreter, &driver);
		is_known &= is_met;
	}
	return is_known;
}

/*
 * Code that an interpreter made at run time has no unwind tables, so a stack may end there, and the interpreter be none
 * of its modules.  Then it is one that was seen before, or the program itself.
 */
static uint32_t marks_of_cut_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint32_t thread)
{
	struct elf_object object;
	if (count == 0 || elf_object_at((const void *)(frames[count - 1] - 1), &object))
		return 0;
	if (elf_object_at((const void *)getauxval(AT_PHDR), &object))
		examine(&object, unloads, thread);
	struct script_interpreter found;
	for (uint32_t i = 0; interpreter_get(i, unloads, thread, &found); i++)
		if (runs(&found, frames, count))
			return STACK_RUNS(i) | (may_wait(&found, frames, count) ? STACK_MAY_WAIT : 0);
	return 0;
}

uint32_t interpreter_marks(const uintptr_t *frames, size_t count, uint32_t unloads, uint32_t thread)
{
	uint32_t marks = 0, asked = 0;
	bool is_known = true;
	struct elf_object object = {.low = 0, .high = 0};
	for (size_t i = 0; i < count; i++) {
		if (frames[i] - 1 >= object.low && frames[i] - 1 < object.high)
			continue; /* as the frame inside it */
		if (!elf_object_at((const void *)(frames[i] - 1), &object)) {
			object.low = object.high = 0;
			continue;
		}
		uint8_t interpreter = examine(&object, unloads, thread);
		struct script_interpreter found;
		if (interpreter == NONE || (asked & STACK_RUNS(interpreter)))
			continue;
		asked |= STACK_RUNS(interpreter);
		if (interpreter_get(interpreter, unloads, thread, &found) && runs(&found, frames, count)) {
			marks |= STACK_RUNS(interpreter);
			is_known &= may_wait(&found, frames, count);
		}
	}
	if (marks == 0)
		return marks_of_cut_stack(frames, count, unloads, thread);
	return is_known ? marks | STACK_MAY_WAIT : marks;
}

void interpreter_meet(const void *driver, const void *interpreter, uintptr_t stack, uint32_t unloads, uint32_t thread)
{
	struct elf_object object, known_driver;
	struct script_interpreter found;
	if (!elf_object_at(interpreter, &object))
		return;
	uint8_t number = examine(&object, unloads, thread);
	if (number == NONE || !interpreter_get(number, unloads, thread, &found) ||
		!is_driver(found.language, (uintptr_t)driver, &known_driver))
		return;
	if (found.language->meet_driver != NULL)
		found.language->meet_driver(&found, &known_driver);
	if (found.language->note != NULL)
		found.language->note(stack);
}
