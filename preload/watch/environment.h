// SPDX-License-Identifier: PostgreSQL
/*
 * environment.h - an environment without this library in LD_PRELOAD, or with it and its settings.
 *
 * Owns both.  Called by programs.c, perhaps in a signal handler or a vfork
 * child: it writes into the room that it is given, and nowhere else.
 */
#ifndef PQLEAK_PRELOAD_WATCH_ENVIRONMENT_H
#define PQLEAK_PRELOAD_WATCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

enum environment_change {
	ENVIRONMENT_STAYS,
	ENVIRONMENT_WITHOUT_US, /* LD_PRELOAD keeps what else is in it */
	ENVIRONMENT_WITH_US     /* LD_PRELOAD, and those of our settings that are missing */
};

/* Whether the dynamic linker of a program that gets it is told of us. */
bool environment_preloads_us(char *const *environment);

/* Whether such a program records into the trace that this process shares with others, or into another one by intent. */
bool environment_has_us(char *const *environment);

/*
 * The same, and that linker can read our file: another user, or one with another root directory, perhaps cannot.  Where
 * the path does not tell, it can.
 */
bool environment_reaches_us(char *const *environment);

/* How many bytes the changed one takes, more than it needs. */
size_t environment_bytes(char *const *environment, enum environment_change change);

/* Makes it in a room of so many bytes; the strings that stay are the host's own. */
char *const *environment_make(char *const *environment, enum environment_change change, void *room);

#endif
