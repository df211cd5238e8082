// SPDX-License-Identifier: PostgreSQL
/*
 * sqlite.h - SQLite as a guest inside somebody else's process.
 *
 * Owns what our hidden copy of SQLite may touch there: no mutexes (one drain
 * at a time uses it), memory of its own (the host may have been interrupted
 * inside malloc), and no descriptor below 3, not even in passing.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SQLITE_H
#define PQLEAK_PRELOAD_RECORDER_SQLITE_H

#include <stdbool.h>

/* Before the first use of SQLite in this process; later calls do nothing. */
bool sqlite_prepare(void);

#endif
