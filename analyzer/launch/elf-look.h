// SPDX-License-Identifier: PostgreSQL
/*
 * elf-look.h - what an executable's file says about how it speaks PostgreSQL.
 *
 * Owns the fingerprints.  Reads regular files only, runs nothing, and ends in
 * bounded time and memory whatever the file.
 */
#ifndef PQLEAK_ANALYZER_LAUNCH_ELF_LOOK_H
#define PQLEAK_ANALYZER_LAUNCH_ELF_LOOK_H

#include <stdbool.h>

struct elf_look {
	const char *sign;   /* what in it speaks PostgreSQL without a libpq of its own file ("Go's lib/pq"); "" nothing */
	bool needs_libpq;   /* names libpq among the libraries it needs */
	bool exports_libpq; /* defines libpq's functions for others */
	bool is_secluded;   /* connects nowhere, loads no code, starts no program, and needs hardly more than libc: ls */
	bool names_auditor; /* names a library whose code the dynamic linker runs when it only lists what it would load */
	bool is_go;
	bool has_lines; /* debug information, or a debug link to it */
};

/* False: it cannot be read, is no ELF file, or is more than is searched and no sign was found so far. */
bool elf_look(const char *path, struct elf_look *ret);

#endif
