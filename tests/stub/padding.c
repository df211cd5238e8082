// SPDX-License-Identifier: PostgreSQL
/* padding.c - code that a plug-in may have before the rest of it, which then lies elsewhere: little, so as not to take
 * a page more. */
extern void padding(void);

void padding(void)
{
	__asm__ volatile(".rept 64\n\tnop\n\t.endr");
}
