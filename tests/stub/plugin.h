// SPDX-License-Identifier: PostgreSQL
/*
 * plugin.h - what a plug-in offers to its host.
 *
 * One source, linked in many ways: against a libpq, with a libpq inside, against none.  Hosts find these by dlsym.
 */
#ifndef PQLEAK_STUB_PLUGIN_H
#define PQLEAK_STUB_PLUGIN_H

#include "stub.h"

extern PGconn *plugin_open(void);
extern void plugin_finish(PGconn *conn);
extern PGresult *plugin_exec(PGconn *conn);
extern void plugin_clear(PGresult *res);

/* Runs a statement whose notice receiver clears `kept`, or with NULL leaves libpq by longjmp. */
extern void plugin_notice(PGconn *conn, PGresult *kept);

/* Calls a function that only a new libpq has. */
extern PGresult *plugin_ask_newer(PGconn *conn);

/* Finishes the connection when it is unloaded. */
extern void plugin_keep(PGconn *conn);

/* dlsym and dlopen called from inside the plug-in. */
extern void *plugin_dlsym(void *handle, const char *name);
extern void *plugin_dlopen(const char *path, int mode);

/* PQclear's address as the plug-in sees it. */
extern void (*plugin_clear_address(void))(PGresult *);

/* Which `whose` its call is bound to: the host defines one too. */
extern const char *plugin_whose(void);
extern const char *whose(void);

#endif
