// SPDX-License-Identifier: PostgreSQL
/*
 * programs.h - programs that this process starts and that LD_PRELOAD does not reach.
 *
 * They are looked at before they are executed (exits.c, spawn.c); what is found
 * is left as a mark (mark.h).
 */
#ifndef PQLEAK_PRELOAD_WATCH_PROGRAMS_H
#define PQLEAK_PRELOAD_WATCH_PROGRAMS_H

/*
 * Looks at a program that is about to be executed with that environment; `folder` as in execveat.  Safe in signal
 * handlers and vfork children; keeps errno.
 */
void programs_look(int folder, const char *path, char *const *environment);

/* The same for a name without a slash, which is looked for in PATH. */
void programs_look_in_path(const char *file, char *const *environment);

#endif
