// SPDX-License-Identifier: PostgreSQL
/*
 * last-use.h - how many connections of a process that one stack opened another used last; life.c writes it.
 */
#ifndef PQLEAK_ANALYZER_LIFE_LAST_USE_H
#define PQLEAK_ANALYZER_LIFE_LAST_USE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct last_use {
	int64_t process, acquire_stack, use_stack;
	int64_t count; /* 0: the slot is free */
};

/* Begins as {0}. */
struct last_uses {
	struct last_use *slots;
	size_t room, count; /* room: a power of two, or 0 */
};

/* False, here and below: it failed and said so. */
bool last_uses_count(struct last_uses *uses, int64_t process, int64_t acquire_stack, int64_t use_stack);

/* Writes them into the TEMP table last_use. */
bool last_uses_write(const struct last_uses *uses, sqlite3 *db);

void last_uses_free(struct last_uses *uses);

#endif
