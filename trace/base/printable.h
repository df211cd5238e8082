// SPDX-License-Identifier: PostgreSQL
/*
 * printable.h - text from elsewhere, made fit to be printed.
 *
 * What a trace or a file brings along must not drive a terminal, hide what is
 * printed or change its order.  Used by the shim for its line on standard error
 * and by the analyzer for all it prints.  Allocates nothing.
 */
#ifndef PQLEAK_TRACE_BASE_PRINTABLE_H
#define PQLEAK_TRACE_BASE_PRINTABLE_H

/*
 * Replaces by '?', in place, each byte of what is no character of UTF-8, drives a terminal (control characters), cannot
 * be seen (zero width), changes the direction of the text, or cannot stand in XML.
 */
void make_printable(char *text);

#endif
