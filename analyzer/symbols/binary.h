// SPDX-License-Identifier: PostgreSQL
/*
 * binary.h - one executable or shared library, asked for names.
 *
 * Owns libdw: opening a file with its debug information (separate files and
 * debuginfod included), and finding the functions and lines of an address.  It
 * answers right or not at all.  That the file is the one that was traced is
 * module-file.h's business.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_BINARY_H
#define PQLEAK_ANALYZER_SYMBOLS_BINARY_H

#include <stdint.h>

#include "analyzer/symbols/module-file.h"

struct binary;

/* One function at an address; depth 0 is the innermost inlined one.  Texts may be NULL; they live during the call. */
typedef void (*binary_name)(void *context, int depth, const char *function, const char *file, int line);

/*
 * Opens the file that `file` holds, whose descriptor it takes.  `choice` must outlive it: it says where else to look
 * for debug information.  NULL: it is no file that could name anything.
 */
struct binary *binary_open(struct module_file *file, const struct symbol_choice *choice);

/* Calls `name` for each function at `address`, innermost first; not at all when nothing is known. */
void binary_lookup(struct binary *binary, uint64_t address, binary_name name, void *context);

void binary_free(struct binary *binary);

#endif
