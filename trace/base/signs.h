// SPDX-License-Identifier: PostgreSQL
/*
 * signs.h - what betrays, in words, that a program will speak PostgreSQL.
 *
 * Owns the lists of such words.  Called by the shim before an exec, perhaps in
 * a signal handler or a vfork child, and by the analyzer for a script's text:
 * it only reads what it is given, and keeps nothing.  Of a variable it tells
 * the name, of an argument or a text the word of the list; never a value.
 */
#ifndef PQLEAK_TRACE_BASE_SIGNS_H
#define PQLEAK_TRACE_BASE_SIGNS_H

#include <stdbool.h>
#include <stddef.h>

#define SIGN_BYTES 96

/* The variable that libpq reads, or that holds an address of a database: "PGHOST in its environment". */
bool sign_in_environment(char *const *environment, char ret[SIGN_BYTES]);

/* An address of a database, the name of a driver or of a program of PostgreSQL: "psql in its arguments". */
bool sign_in_arguments(char *const *arguments, char ret[SIGN_BYTES]);

/* The same, or a variable that libpq reads, in the text of a script, which a NUL ends: "psycopg in its script". */
bool sign_in_script(const char *text, char ret[SIGN_BYTES]);

/* Whether a program of this name runs the script that its first argument names. */
bool sign_is_interpreter(const char *name);

#endif
