// SPDX-License-Identifier: PostgreSQL
/* leaky.c - the small program of scripts/demo: it visits some customers and forgets to say goodbye to the late payers. */
#include <libpq-fe.h>
#include <stdio.h>

static int visit(int customer)
{
	PGconn *conn = PQconnectdb("application_name=invoices");
	if (PQstatus(conn) != CONNECTION_OK) {
		fprintf(stderr, "leaky: %s", PQerrorMessage(conn));
		PQfinish(conn);
		return -1;
	}
	PGresult *result = PQexec(conn, customer % 3 == 0 ? "SELECT * FROM reminders" : "SELECT 1");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return 1; /* the leak: neither the result nor the connection is given back */
	PQclear(result);
	PQfinish(conn);
	return 0;
}

int main(void)
{
	int unpaid = 0;
	for (int customer = 1; customer <= 9; customer++) {
		int visited = visit(customer);
		if (visited < 0)
			return 1;
		unpaid += visited;
	}
	printf("leaky: 9 customers visited, %d reminders could not be read\n", unpaid);
	return 0;
}
