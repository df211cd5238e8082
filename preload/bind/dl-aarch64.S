// SPDX-License-Identifier: PostgreSQL
/*
 * dl-aarch64.S - dlsym, dlvsym and dlopen, which must not lose their caller's return address (here: the link register).
 *
 * Each saves the argument registers, asks the C function in dl.c, and either returns its answer or tail-jumps to the
 * real function with the registers as the caller left them.
 */
	.text

	/* has_version: whether the third argument is a version. */
	.macro interpose_lookup name, has_version
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
	.cfi_startproc
	hint	#34			/* bti c */
	stp	x29, x30, [sp, #-48]!
	.cfi_def_cfa_offset 48
	.cfi_offset x29, -48
	.cfi_offset x30, -40
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	str	x2, [sp, #32]
	.if	\has_version == 0
	mov	x2, #0
	.endif
	mov	x3, x30			/* the caller */
	bl	pqleak_answer_dlsym
	mov	x9, x0
	mov	x10, x1			/* answered? */
	ldp	x0, x1, [sp, #16]
	ldr	x2, [sp, #32]
	ldp	x29, x30, [sp], #48
	.cfi_def_cfa_offset 0
	cbz	x10, 1f
	mov	x0, x9
	ret
1:	adrp	x16, pqleak_real_\name
	ldr	x16, [x16, #:lo12:pqleak_real_\name]
	br	x16
	.cfi_endproc
	.size	\name, .-\name
	.endm

	interpose_lookup dlsym, 0
	interpose_lookup dlvsym, 1

	.globl	dlopen
	.type	dlopen, %function
	.p2align 4
dlopen:
	.cfi_startproc
	hint	#34
	stp	x29, x30, [sp, #-32]!
	.cfi_def_cfa_offset 32
	.cfi_offset x29, -32
	.cfi_offset x30, -24
	mov	x29, sp
	str	x0, [sp, #16]
	mov	w0, w1
	bl	pqleak_dlopen_mode
	mov	w1, w0
	ldr	x0, [sp, #16]
	ldp	x29, x30, [sp], #32
	.cfi_def_cfa_offset 0
	adrp	x16, pqleak_real_dlopen
	ldr	x16, [x16, #:lo12:pqleak_real_dlopen]
	br	x16
	.cfi_endproc
	.size	dlopen, .-dlopen

	.section .note.GNU-stack, "", %progbits
