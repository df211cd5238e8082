// SPDX-License-Identifier: PostgreSQL
/*
 * lua-x86_64.S - the thunks that stand for the openers of Lua modules: they note the lua_State and tail-jump to the real
 * opener with its one argument and the caller's stack.  See lua.h.
 */
#include "preload/bind/lua.h"

	.text

	.type	note_and_go, @function
	.p2align 4
note_and_go:
	.cfi_startproc
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	movl	%r11d, %esi
	movq	8(%rsp), %rdx		/* the caller: Lua */
	call	pqleak_note_lua
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jmp	*%rax
	.cfi_endproc
	.size	note_and_go, .-note_and_go

	.globl	pqleak_lua_thunks
	.hidden	pqleak_lua_thunks
	.type	pqleak_lua_thunks, @function
	.p2align 4
pqleak_lua_thunks:
	.cfi_startproc
	.set	thunk_opener, 0
	.rept	LUA_MAX
	.p2align 4
	endbr64
	movl	$(thunk_opener), %r11d
	jmp	note_and_go
	.set	thunk_opener, thunk_opener + 1
	.endr
	.cfi_endproc
	.size	pqleak_lua_thunks, .-pqleak_lua_thunks

	.section .note.GNU-stack, "", @progbits
