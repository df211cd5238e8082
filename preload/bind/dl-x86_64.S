// SPDX-License-Identifier: PostgreSQL
/*
 * dl-x86_64.S - dlsym, dlvsym and dlopen, which must not lose their caller's return address.
 *
 * Each saves the argument registers, asks the C function in dl.c, and either returns its answer or tail-jumps to the
 * real function with the stack as the caller left it.
 */
	.text

	/* has_version: whether the third argument is a version. */
	.macro interpose_lookup name, has_version
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
	endbr64
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	pushq	%rsi
	.cfi_adjust_cfa_offset 8
	pushq	%rdx
	.cfi_adjust_cfa_offset 8
	.if	\has_version == 0
	xorl	%edx, %edx
	.endif
	movq	24(%rsp), %rcx		/* the caller */
	call	pqleak_answer_dlsym
	testq	%rdx, %rdx		/* answered? The pops leave the flags alone. */
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	popq	%rsi
	.cfi_adjust_cfa_offset -8
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jz	1f
	ret
1:	jmp	*pqleak_real_\name(%rip)
	.cfi_endproc
	.size	\name, .-\name
	.endm

	interpose_lookup dlsym, 0
	interpose_lookup dlvsym, 1

	.globl	dlopen
	.type	dlopen, @function
	.p2align 4
dlopen:
	.cfi_startproc
	endbr64
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	movl	%esi, %edi
	call	pqleak_dlopen_mode
	movl	%eax, %esi
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	jmp	*pqleak_real_dlopen(%rip)
	.cfi_endproc
	.size	dlopen, .-dlopen

	.section .note.GNU-stack, "", @progbits
