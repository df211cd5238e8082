// SPDX-License-Identifier: PostgreSQL
/*
 * redact.h - what may be written down of a command line.
 *
 * A secret on a command line looks like any other word, so only what cannot
 * be one is kept.  Used by the shim for its host.  Allocates nothing.
 */
#ifndef PQLEAK_TRACE_BASE_REDACT_H
#define PQLEAK_TRACE_BASE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes the arguments (`length` bytes, each ended by a NUL, as in /proc/PID/cmdline), separated by spaces: the
 * program's name up to its first blank, the names of options, and arguments that name an existing file.  All else
 * becomes "(redacted)".  Cut at `bytes`, always ended by a NUL.
 */
void redact_command(char *ret, size_t bytes, const char *arguments, size_t length);

/* Whether a text that is usually harmless (an application's name) looks as if it held a password or a URI. */
bool redact_is_suspicious(const char *words, size_t length);

#endif
