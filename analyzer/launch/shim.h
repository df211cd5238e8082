// SPDX-License-Identifier: PostgreSQL
/*
 * shim.h - where libpqleak.so is.
 *
 * Owns the search: PQLEAK_LIBRARY, then beside this executable as installed,
 * then as built.
 */
#ifndef PQLEAK_ANALYZER_LAUNCH_SHIM_H
#define PQLEAK_ANALYZER_LAUNCH_SHIM_H

/* The absolute path of the shim, for free(); NULL: there is none that can be preloaded, and the reason is printed. */
char *shim_find(void);

#endif
