// SPDX-License-Identifier: PostgreSQL
/*
 * blind-spots.h - what of this very process cannot be seen from its libc.
 *
 * Go makes its system calls itself, and a libpq in a namespace of its own is
 * not bound to us.  What is found is left as a mark (mark.h).  Called by
 * shim.c; all keep errno.
 */
#ifndef PQLEAK_PRELOAD_WATCH_BLIND_SPOTS_H
#define PQLEAK_PRELOAD_WATCH_BLIND_SPOTS_H

/* When the process starts: is it a Go program, that libc is linked into? */
void blind_spots_at_start(void);

/* When the process ends: a libpq that was loaded into a namespace of its own is not reached by the preload. */
void blind_spots_at_end(void);

#endif
