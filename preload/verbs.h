// SPDX-License-Identifier: PostgreSQL
/*
 * verbs.h - what a libpq call means, as events.
 *
 * One function for each verb of hooks.def, called by the hook with what the
 * real function said.  Acquires are recorded after the real call, releases
 * before it, because an address is reused at once.  All keep errno.
 */
#ifndef PQLEAK_PRELOAD_VERBS_H
#define PQLEAK_PRELOAD_VERBS_H

#include <libpq-fe.h>

#include "call.h"

void verb_connected(const struct call *call, PGconn *conn);
void verb_polled(const struct call *call, PGconn *conn, PostgresPollingStatusType outcome);
void verb_reset(const struct call *call, PGconn *conn);
void verb_used(const struct call *call, PGconn *conn);
void verb_sent(const struct call *call, PGconn *conn, const char *statement);
void verb_finishing(const struct call *call, PGconn *conn);
void verb_queried(const struct call *call, PGconn *conn, const char *statement, PGresult *result);
void verb_fetched(const struct call *call, PGconn *conn, PGresult *result);
void verb_made(const struct call *call, PGresult *result);
void verb_clearing(const struct call *call, PGresult *result);

#endif
