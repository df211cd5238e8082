// SPDX-License-Identifier: PostgreSQL
/*
 * say.h - the only words the shim ever prints: one line on stderr per reason why tracing is off or has holes.
 *
 * Called calmly (see calm.h).  Never prints to a descriptor 2 that is no
 * longer the file it was when the program began.
 */
#ifndef PQLEAK_PRELOAD_PROCESS_SAY_H
#define PQLEAK_PRELOAD_PROCESS_SAY_H

/* Remembers what descriptor 2 is. */
void say_prepare(void);

/* "pqleak: process PID (EXE): TEXT DETAIL: strerror", once for each text. `detail` may be NULL and `error` 0. */
void say_once(const char *text, const char *detail, int error);

#endif
