// SPDX-License-Identifier: PostgreSQL
/*
 * linker.h - the dynamic linker's own functions, from behind every interposer.
 *
 * Owns the addresses of the real dlsym, dlvsym, dlopen and dlclose, and the
 * count of what was unloaded.  The addresses are looked for in the symbol
 * tables, because dlsym cannot be asked for dlsym, and at the first use,
 * because the constructors of other libraries may come before ours.
 */
#ifndef PQLEAK_PRELOAD_ELF_LINKER_H
#define PQLEAK_PRELOAD_ELF_LINKER_H

#include <stdatomic.h>
#include <stdint.h>

/* Counts dlclose calls, before and after each (dl.c): what was known of addresses may no longer hold. */
extern _Atomic uint32_t linker_unloads;

/* Makes sure that the addresses are known; the assembly in dl-*.S jumps to them. */
void linker_prepare(void);

/*
 * The real dlsym, or dlvsym when `version` is not NULL, for a handle that does not depend on the caller.  RTLD_NEXT is
 * the global scope behind this library.  Sets dlerror as they do.
 */
void *linker_find(void *handle, const char *name, const char *version);

/* The real dlclose: for handles of our own it unloads nothing, and need not be counted. */
int linker_close(void *handle);

#endif
