// SPDX-License-Identifier: PostgreSQL
/*
 * verbs.h - what a libpq call means, as events.
 *
 * One function for each verb of hooks.def, called by the hook with what the
 * real function said.  Acquires are recorded after the real call, releases
 * before it, because an address is reused at once; prepared statements are
 * known by their name, and both are recorded when the server has agreed.
 * May change errno, which wrappers.c keeps.
 */
#ifndef PQLEAK_PRELOAD_CALLS_VERBS_H
#define PQLEAK_PRELOAD_CALLS_VERBS_H

#include <libpq-fe.h>

#include "preload/calls/call.h"
#include "trace/base/event.h"

typedef struct pg_cancel_conn PGcancelConn; /* of libpq 17 */

/* verbs-connection.c */
void verb_connected(const struct call *call, PGconn *conn);
void verb_polled(const struct call *call, PGconn *conn, PostgresPollingStatusType outcome);
void verb_reset(const struct call *call, PGconn *conn);
void verb_used(const struct call *call, PGconn *conn, uint8_t flags);
void verb_finishing(const struct call *call, PGconn *conn);
void verb_contested(const struct call *call, const void *conn, uint32_t other_thread);

/* verbs-often.h has the others: statements, and the results they leave */
/* verbs-query.c */
void verb_sent_prepare(const struct call *call, PGconn *conn, const char *name, const char *statement, int success);
void verb_sent_close(const struct call *call, PGconn *conn, const char *name, int success);
void verb_prepared(const struct call *call, PGconn *conn, const char *name, const char *statement, PGresult *result);
void verb_closed_prepared(const struct call *call, PGconn *conn, const char *name, PGresult *result);
void verb_made(const struct call *call, PGresult *result);
/* The statement begins with a D, and may have ended prepared ones. */
void verb_ended_by(const struct call *call, PGconn *conn, const char *statement);

/* verbs-lent.c: cancel handles, memory, large objects; `conn` is where it came from, or NULL */
void verb_lent(const struct call *call, enum resource_kind kind, const void *object, PGconn *conn);
void verb_parsed(const struct call *call, PQconninfoOption *options, char **message);
void verb_giving_back(const struct call *call, enum resource_kind kind, const void *object);
void verb_got_row(const struct call *call, PGconn *conn, char **row, int answer);
void verb_lo_opened(const struct call *call, PGconn *conn, int descriptor);
void verb_lo_closed(const struct call *call, PGconn *conn, int descriptor, int answer);

#endif
