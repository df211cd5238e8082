// SPDX-License-Identifier: PostgreSQL
/*
 * thunk-aarch64.S - what dlsym hands out for a function of one particular libpq.  See thunk.h.
 *
 * Each thunk notes the libpq's number in the thread's hint and goes on to the wrapper; x9, x16 and x17 are nobody's.
 */
#include "preload/libpq/libpq.h"

	.text

	.macro thunk name
	.p2align 5
	hint	#34
	adrp	x16, :gottprel:pqleak_hint
	ldr	x16, [x16, #:gottprel_lo12:pqleak_hint]
	mrs	x17, tpidr_el0
	mov	w9, #thunk_libpq
	str	w9, [x17, x16]
	b	pqleak_wrapper_\name
	.endm

	.globl	pqleak_thunks
	.hidden	pqleak_thunks
	.type	pqleak_thunks, %function
	.p2align 5
pqleak_thunks:
	.set	thunk_libpq, 0
	.rept	LIBPQ_MAX
	.set	thunk_libpq, thunk_libpq + 1
#define HOOK(verb, name, ...) thunk name;
#include "preload/libpq/hooks.def"
	.endr
	.size	pqleak_thunks, .-pqleak_thunks

	.section .note.GNU-stack, "", %progbits
