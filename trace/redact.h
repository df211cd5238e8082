// SPDX-License-Identifier: PostgreSQL
/*
 * redact.h - a command line that may be written down.
 *
 * Used by the shim for its host's command line and by the launcher for the
 * command it runs.  Allocates nothing.
 */
#ifndef PQLEAK_TRACE_REDACT_H
#define PQLEAK_TRACE_REDACT_H

#include <stddef.h>

/*
 * Writes the arguments (`length` bytes, each ended by a NUL, as in /proc/PID/cmdline), separated by spaces.  An
 * argument that looks like a connection string, a statement or program text, holds a password or follows an option
 * that asks for one becomes "(redacted)".  Errs on the side of hiding.  Cut at `bytes`, always ended by a NUL.
 */
void redact_command(char *ret, size_t bytes, const char *arguments, size_t length);

#endif
