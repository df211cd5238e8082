// SPDX-License-Identifier: PostgreSQL
/* stack-aarch64.S - pqleak_call_on_stack(top, work, closure): a call on another stack, for calm.c. */
	.text
	.globl	pqleak_call_on_stack
	.hidden	pqleak_call_on_stack
	.type	pqleak_call_on_stack, %function
	.p2align 4
pqleak_call_on_stack:
	.cfi_startproc
	hint	#34			/* bti c */
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset x29, -16
	.cfi_offset x30, -8
	mov	x29, sp
	.cfi_def_cfa_register x29
	and	x9, x0, #-16
	mov	sp, x9
	mov	x0, x2
	blr	x1
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa sp, 0
	ret
	.cfi_endproc
	.size	pqleak_call_on_stack, .-pqleak_call_on_stack

	.section .note.GNU-stack, "", %progbits
