// SPDX-License-Identifier: PostgreSQL
/* perl-like.c - a Perl without ithreads, as far as is looked at: it has no perl_clone, and nothing else is asked of it.
 */
#include "interpreter-like.h"

#include <stddef.h>
#include <stdlib.h>

extern const void *Perl_caller_cx(int level, const void **debugged);
extern void Perl_runops_standard(void (*call)(void *), void *argument);

const void *Perl_caller_cx(int level, const void **debugged)
{
	(void)level, (void)debugged;
	abort(); /* others pass an interpreter first */
}

__attribute__((noinline)) void Perl_runops_standard(void (*call)(void *), void *argument)
{
	call(argument);
	__asm__ volatile(""); /* no tail call: it stays on the stack */
}

void like_run(unsigned line, void (*call)(void *), void *argument)
{
	(void)line;
	Perl_runops_standard(call, argument);
	__asm__ volatile("");
}
