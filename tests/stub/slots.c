// SPDX-License-Identifier: PostgreSQL
/*
 * slots.c - a plug-in with text relocations, as old or hand-written assembly has them.
 *
 * Its calls go through addresses beside its constants: a segment that was never writable, outside of RELRO.
 */
#include "stub.h"

extern void slots_use(void);
extern PGconn *(*const slots_connectdb)(const char *)__attribute__((visibility("hidden")));
extern void (*const slots_finish)(PGconn *) __attribute__((visibility("hidden")));

__asm__(".section .rodata.slots,\"a\"\n"
		".balign 8\n"
		".globl slots_connectdb, slots_finish\n"
		".hidden slots_connectdb, slots_finish\n"
		"slots_connectdb: .8byte PQconnectdb\n"
		"slots_finish: .8byte PQfinish\n"
		".previous\n");

void slots_use(void)
{
	slots_finish(slots_connectdb(""));
	slots_connectdb("");
	__asm__ volatile("");
}
