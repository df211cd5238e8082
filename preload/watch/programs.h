// SPDX-License-Identifier: PostgreSQL
/*
 * programs.h - programs that this process starts and that LD_PRELOAD does not reach.
 *
 * Owns the interposed connect, write, writev, send, sendto and sendmsg: a
 * socket that no known libpq connected is watched until its first bytes tell
 * what is spoken on it.  And the look at programs that this process starts and
 * that LD_PRELOAD does not reach.  What is found is left as a mark (mark.h).
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

/* When the process ends: a libpq that was loaded into a namespace of its own is not reached by the preload. */
void programs_namespaces(void);

#endif
