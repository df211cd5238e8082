// SPDX-License-Identifier: PostgreSQL
/*
 * sample.c - a program with addresses worth naming; see symbols.py.
 *
 * Prints a line a call: what it is, and its address in the file, one before
 * the return address, as the shim records it.
 */
#include <link.h>
#include <stdint.h>
#include <stdio.h>

int plain(int depth);
int outer(int depth);
int cplusplus(int depth) __asm__("_ZN4bank7account4openEiRKSs");
int rust(int depth) __asm__("_ZN4bank7account4open17h0123456789abcdefE");

static int bias(struct dl_phdr_info *info, size_t size, void *ret)
{
	(void)size;
	*(uintptr_t *)ret = info->dlpi_addr;
	return 1; /* the first is the program */
}

static __attribute__((noinline)) int tell(const char *name)
{
	uintptr_t base = 0;

	dl_iterate_phdr(bias, &base);
	printf("%s %lu\n", name, (unsigned long)((uintptr_t)__builtin_return_address(0) - 1 - base));
	return 1;
}

__attribute__((noinline)) int plain(int depth)
{
	return tell("plain") + depth; /* line: plain */
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

__attribute__((noinline)) int cplusplus(int depth)
{
	return tell("cplusplus") + depth; /* line: cplusplus */
}

__attribute__((noinline)) int rust(int depth)
{
	return tell("rust") + depth; /* line: rust */
}

int main(void)
{
	return plain(0) + outer(0) + cplusplus(0) + rust(0) > 0 ? 0 : 1;
}
