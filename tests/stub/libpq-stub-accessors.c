// SPDX-License-Identifier: PostgreSQL
/* libpq-stub-accessors.c - the functions of the stub libpq that are not wrapped. */
#include <stddef.h>
#include <string.h>

#include "libpq-stub.h"

EXPORT ConnStatusType PQstatus(const PGconn *conn)
{
	stub_check(conn);
	return conn != NULL ? conn->status : CONNECTION_BAD;
}

EXPORT PGTransactionStatusType PQtransactionStatus(const PGconn *conn)
{
	stub_check(conn);
	if (conn == NULL || conn->status != CONNECTION_OK)
		return PQTRANS_UNKNOWN;
	return conn->is_active ? PQTRANS_ACTIVE : conn->transaction;
}

EXPORT int PQbackendPID(const PGconn *conn)
{
	stub_check(conn);
	return conn != NULL ? conn->backend_pid : 0;
}

EXPORT int PQserverVersion(const PGconn *conn)
{
	stub_check(conn);
	return conn != NULL && conn->status == CONNECTION_OK ? 150004 : 0;
}

EXPORT int PQsslInUse(PGconn *conn)
{
	stub_check(conn);
	return 0;
}

EXPORT ExecStatusType PQresultStatus(const PGresult *res)
{
	stub_check(res);
	return res != NULL ? res->status : PGRES_FATAL_ERROR;
}

EXPORT const char *PQparameterStatus(const PGconn *conn, const char *paramName)
{
	stub_check(conn);
	return strcmp(paramName, "application_name") == 0 ? "stub application" : NULL;
}

#define TEXT(name, text)                                                                                               \
	EXPORT char *name(const PGconn *conn)                                                                              \
	{                                                                                                                  \
		static char answer[] = text;                                                                                   \
		stub_check(conn);                                                                                              \
		return answer;                                                                                                 \
	}
TEXT(PQhost, "stub-host")
TEXT(PQport, "5433")
TEXT(PQdb, "stub-database")
TEXT(PQuser, "stub-user")

EXPORT PQnoticeReceiver PQsetNoticeReceiver(PGconn *conn, PQnoticeReceiver proc, void *arg)
{
	stub_check(conn);
	PQnoticeReceiver before = conn->receiver;
	conn->receiver = proc;
	conn->argument = arg;
	return before;
}

/* The outer call is not wrapped, its inner ones are. */
EXPORT int PQsetClientEncoding(PGconn *conn, const char *encoding)
{
	(void)encoding;
	PGresult *res = PQexec(conn, "set client_encoding");
	int outcome = res != NULL ? 0 : -1;
	PQclear(res);
	return outcome;
}

EXPORT char *PQerrorMessage(const PGconn *conn)
{
	stub_check(conn);
	const char *message = atomic_load(&stub_control.message);
	return (char *)(uintptr_t)(message != NULL ? message : "");
}

EXPORT int PQntuples(const PGresult *res)
{
	stub_check(res);
	return res->status == PGRES_TUPLES_OK ? 7 : 0;
}

EXPORT size_t PQresultMemorySize(const PGresult *res)
{
	stub_check(res);
	return 1000;
}

/* --- pipelines and COPY --- */

EXPORT PGpipelineStatus PQpipelineStatus(const PGconn *conn)
{
	stub_check(conn);
	return conn->is_pipeline ? PQ_PIPELINE_ON : PQ_PIPELINE_OFF;
}

EXPORT int PQenterPipelineMode(PGconn *conn)
{
	stub_check(conn);
	conn->is_pipeline = true;
	return 1;
}

EXPORT int PQexitPipelineMode(PGconn *conn)
{
	stub_check(conn);
	conn->is_pipeline = false;
	return 1;
}

EXPORT int PQputCopyEnd(PGconn *conn, const char *errormsg)
{
	stub_check(conn);
	(void)errormsg;
	conn->answer = PGRES_COMMAND_OK;
	conn->pending = 1;
	return 1;
}
