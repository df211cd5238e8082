// SPDX-License-Identifier: PostgreSQL
/*
 * forms.c - a program with addresses worth naming, built at test time in every form that a file with or without debug
 * information has; see test_forms.py.
 *
 * Prints a line a call: what it is, and its address in the file, one before the return address, as the shim records it.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>

int plain(int depth);
int outer(int depth);
int colder(int depth);
int legacy(int depth) __asm__("_ZN4bank7account4open17h0123456789abcdefE");
int modern(int depth) __asm__("_RNvNtCs1234_4bank7account5close");
volatile int never;

#ifdef DISCARDED
/* Longer than the program's code before its functions; --gc-sections throws it away, and its lines seem to lie at 0. */
int discarded(int depth);
int discarded(int depth)
{
	__asm__ volatile(".rept 20000\n\tnop\n\t.endr");
	return never + depth;
}
#endif

static __attribute__((noinline)) int tell(const char *name)
{
	struct dl_find_object object;
	uintptr_t address = (uintptr_t)__builtin_return_address(0) - 1;

	if (_dl_find_object((void *)address, &object) == 0)
		printf("%s %lu\n", name, (unsigned long)(address - object.dlfo_link_map->l_addr));
	return 1;
}

static __attribute__((noinline, cold)) int tell_coldly(const char *name)
{
	struct dl_find_object object;
	uintptr_t address = (uintptr_t)__builtin_return_address(0) - 1;

	if (_dl_find_object((void *)address, &object) == 0)
		printf("%s %lu\n", name, (unsigned long)(address - object.dlfo_link_map->l_addr));
	return 1;
}

__attribute__((noinline)) int plain(int depth)
{
	return tell("plain") + depth; /* line: plain */
}

static __attribute__((noinline)) int hidden(int depth)
{
	return tell("hidden") + depth + never; /* line: hidden */
}

static inline __attribute__((always_inline)) int inner(int depth)
{
	return tell("inlined") + depth; /* line: inner */
}

static inline __attribute__((always_inline)) int middle(int depth)
{
	return inner(depth) + 2; /* line: middle */
}

__attribute__((noinline)) int outer(int depth)
{
	return middle(depth) + 3; /* line: outer */
}

__attribute__((noinline)) int colder(int depth)
{
	if (never == 0)
		depth += tell_coldly("cold"); /* line: cold */
	return depth * 3;
}

__attribute__((noinline)) int legacy(int depth)
{
	return tell("legacy") + depth; /* line: legacy */
}

__attribute__((noinline)) int modern(int depth)
{
	return tell("modern") + depth; /* line: modern */
}

int main(void)
{
	return plain(0) + hidden(0) + outer(0) + colder(0) + legacy(0) + modern(0) > 0 ? 0 : 1;
}
