// SPDX-License-Identifier: PostgreSQL
/*
 * lua-aarch64.S - the thunks that stand for the openers of Lua modules: they note the lua_State and tail-jump to the real
 * opener with its one argument and the caller's stack.  See lua.h.
 */
#include "preload/bind/lua.h"

	.text

	.type	note_and_go, %function
	.p2align 4
note_and_go:
	.cfi_startproc
	stp	x29, x30, [sp, #-32]!
	.cfi_def_cfa_offset 32
	.cfi_offset x29, -32
	.cfi_offset x30, -24
	mov	x29, sp
	str	x0, [sp, #16]
	mov	w1, w9
	mov	x2, x30			/* the caller: Lua */
	bl	pqleak_note_lua
	mov	x16, x0
	ldr	x0, [sp, #16]
	ldp	x29, x30, [sp], #32
	.cfi_restore x29
	.cfi_restore x30
	.cfi_def_cfa_offset 0
	br	x16
	.cfi_endproc
	.size	note_and_go, .-note_and_go

	.globl	pqleak_lua_thunks
	.hidden	pqleak_lua_thunks
	.type	pqleak_lua_thunks, %function
	.p2align 4
pqleak_lua_thunks:
	.cfi_startproc
	.set	thunk_opener, 0
	.rept	LUA_MAX
	.p2align 4
	hint	#34			/* bti c */
	mov	w9, #thunk_opener
	b	note_and_go
	.set	thunk_opener, thunk_opener + 1
	.endr
	.cfi_endproc
	.size	pqleak_lua_thunks, .-pqleak_lua_thunks

	.section .note.GNU-stack, "", %progbits
