// SPDX-License-Identifier: PostgreSQL
/*
 * describe.h - what may be written down about a connection and a statement.
 *
 * Owns the promise that no password, no connection string and, by default, no
 * SQL literal is ever stored.
 */
#ifndef PQLEAK_PRELOAD_DESCRIBE_H
#define PQLEAK_PRELOAD_DESCRIBE_H

#include "libpq.h"
#include "trace/event.h"

/* Interns the connection's target and returns its number. Asks libpq, so it is called without any lock of ours. */
uint32_t describe_target(struct libpq *libpq, const void *conn);

/* Sets the event's value (leading keyword) or, with PQLEAK_SQL=text, its text. `statement` may be NULL. */
void describe_statement(const char *statement, struct event *event);

#endif
