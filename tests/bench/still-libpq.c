// SPDX-License-Identifier: PostgreSQL
/*
 * still-libpq.c - a libpq that does nothing, as fast as can be.
 *
 * What is left of a call on it is the cost of the shim.  Used by the pair and
 * memory figures only; the stub with behaviour is in tests/stub.
 */
#include <libpq-fe.h>
#include <stdlib.h>

static char result[64];

PGconn *PQconnectdb(const char *conninfo)
{
	(void)conninfo;
	return malloc(16);
}

void PQfinish(PGconn *conn)
{
	free(conn);
}

PGresult *PQexec(PGconn *conn, const char *query)
{
	(void)conn, (void)query;
	return (PGresult *)(void *)result;
}

void PQclear(PGresult *res)
{
	(void)res;
}

ConnStatusType PQstatus(const PGconn *conn)
{
	(void)conn;
	return CONNECTION_OK;
}

PGTransactionStatusType PQtransactionStatus(const PGconn *conn)
{
	(void)conn;
	return PQTRANS_IDLE;
}

ExecStatusType PQresultStatus(const PGresult *res)
{
	(void)res;
	return PGRES_TUPLES_OK;
}

int PQntuples(const PGresult *res)
{
	(void)res;
	return 1;
}

size_t PQresultMemorySize(const PGresult *res)
{
	(void)res;
	return sizeof result;
}

const char *PQparameterStatus(const PGconn *conn, const char *paramName)
{
	(void)conn, (void)paramName;
	return "";
}
