// SPDX-License-Identifier: PostgreSQL
/*
 * blind-spots.h - what of this very process, and of programs it starts, cannot be seen from its libc.
 *
 * Go makes its system calls itself, and a libpq in a namespace of its own is
 * not bound to us.  What is found is left as a mark (mark.h).  Called by
 * shim.c, and by exits.c and spawn.c; all keep errno.
 */
#ifndef PQLEAK_PRELOAD_WATCH_BLIND_SPOTS_H
#define PQLEAK_PRELOAD_WATCH_BLIND_SPOTS_H

/* When the process starts: is it a Go program, that libc is linked into? */
void blind_spots_at_start(void);

/* When the process ends: a libpq that was loaded into a namespace of its own is not reached by the preload. */
void blind_spots_at_end(void);

/* --- programs that this process starts and that LD_PRELOAD does not reach: programs.c --- */

/*
 * Looks at a program that is about to be executed with that environment; `folder` as in execveat.  Safe in signal
 * handlers and vfork children; keeps errno.
 */
void programs_look(int folder, const char *path, char *const *environment);

/* The same for a name without a slash, which is looked for in PATH. */
void programs_look_in_path(const char *file, char *const *environment);

#endif
