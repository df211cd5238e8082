// SPDX-License-Identifier: PostgreSQL
/*
 * thunk-x86_64.S - what dlsym hands out for a function of one particular libpq.  See thunk.h.
 *
 * Each thunk notes the libpq's number in the thread's hint and goes on to the wrapper; r11 is nobody's.
 */
#include "preload/libpq/libpq.h"

	.text

	.macro thunk name
	.p2align 5
	endbr64
	movq	pqleak_hint@gottpoff(%rip), %r11
	movl	$(thunk_libpq), %fs:(%r11)
	jmp	pqleak_wrapper_\name
	.endm

	.globl	pqleak_thunks
	.hidden	pqleak_thunks
	.type	pqleak_thunks, @function
	.p2align 5
pqleak_thunks:
	.set	thunk_libpq, 0
	.rept	LIBPQ_MAX
	.set	thunk_libpq, thunk_libpq + 1
#define HOOK(verb, name, ...) thunk name;
#include "preload/libpq/hooks.def"
	.endr
	.size	pqleak_thunks, .-pqleak_thunks

	.section .note.GNU-stack, "", @progbits
