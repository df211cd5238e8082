// SPDX-License-Identifier: PostgreSQL
/*
 * binary.h - one executable or shared library, asked for names.
 *
 * Owns libdw: opening a file with its debug information (separate files and
 * debuginfod included, by elfutils' own rules), and finding the functions and
 * lines of an address.  It answers right or not at all: a file that is not the
 * one that was traced gives no names.
 */
#ifndef PQLEAK_ANALYZER_BINARY_H
#define PQLEAK_ANALYZER_BINARY_H

#include <stdbool.h>
#include <stdint.h>

struct binary;

/* One function at an address; depth 0 is the innermost inlined one.  Texts may be NULL; they live during the call. */
typedef void (*binary_name)(void *context, int depth, const char *function, const char *file, int line);

/*
 * Opens the file that was traced: its build-id must be `build_id`.  When that is '' (it had none), the file must have
 * none either and must not have changed since `traced_ns`.  NULL: there is no such file any more.
 */
struct binary *binary_open(const char *path, const char *build_id, int64_t traced_ns);

/* Calls `name` for each function at `address`, innermost first; not at all when nothing is known. */
void binary_lookup(struct binary *binary, uint64_t address, binary_name name, void *context);

void binary_free(struct binary *binary);

#endif
