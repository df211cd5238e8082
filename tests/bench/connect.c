// SPDX-License-Identifier: PostgreSQL
/* connect.c - a host that connects once and finishes: what a short program does with a database. */
#include <libpq-fe.h>

int main(void)
{
	PGconn *conn = PQconnectdb("");
	int failed = PQstatus(conn) != CONNECTION_OK;
	PQfinish(conn);
	return failed;
}
