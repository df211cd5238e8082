// SPDX-License-Identifier: PostgreSQL
/*
 * dl.h - standing between the host and the dynamic linker.
 *
 * Owns the interposed dlsym, dlvsym, dlopen and dlclose.  dlsym and dlopen
 * look at their caller's return address, so ours are assembly (dl-*.S) that
 * asks the C functions here and then tail-jumps to the real one with the
 * caller's stack untouched.
 */
#ifndef PQLEAK_PRELOAD_DL_H
#define PQLEAK_PRELOAD_DL_H

/* The real dlsym, for a handle that does not depend on the caller. Sets dlerror as dlsym does. */
void *dl_real_dlsym(void *handle, const char *name);

/* dlsym(RTLD_NEXT) as seen from this library: the global scope without us. */
void *dl_next_symbol(const char *name);

/* dlclose for handles of our own: unloads nothing, so it is not counted. */
void dlclose_quietly(void *handle);

#endif
