// SPDX-License-Identifier: PostgreSQL
/*
 * fold-connection.h - connections: how they come, are used, and go.
 *
 * Private to the fold.  Called by fold.c for every event of a connection, and
 * for the use that other events make of one.  False when memory is short.
 */
#ifndef PQLEAK_TRACE_FOLD_FOLD_CONNECTION_H
#define PQLEAK_TRACE_FOLD_FOLD_CONNECTION_H

#include "trace/fold/fold.h"

bool fold_connection_event(struct fold *fold, const struct event *event);

/*
 * The live connection at `address`.  NULL in *ret when we know of none.  One that was finished is misused then; in a
 * forked process it is otherwise the parent's, and gets a row of its own.
 */
bool connection_find(struct fold *fold, uint64_t address, const struct event *event, struct fold_connection **ret);

/* The event used the connection. */
bool connection_note_use(struct fold *fold, struct fold_connection *connection, const struct event *event);

#endif
