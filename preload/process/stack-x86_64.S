// SPDX-License-Identifier: PostgreSQL
/* stack-x86_64.S - pqleak_call_on_stack(top, work, closure): a call on another stack, for calm.c. */
	.text
	.globl	pqleak_call_on_stack
	.hidden	pqleak_call_on_stack
	.type	pqleak_call_on_stack, @function
	.p2align 4
pqleak_call_on_stack:
	.cfi_startproc
	endbr64
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	movq	%rdi, %rsp
	andq	$-16, %rsp
	movq	%rdx, %rdi
	call	*%rsi
	movq	%rbp, %rsp
	popq	%rbp
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size	pqleak_call_on_stack, .-pqleak_call_on_stack

	.section .note.GNU-stack, "", @progbits
