// SPDX-License-Identifier: PostgreSQL
/* libpq-by-name.c - see libpq-by-name.h. */
#include "libpq-by-name.h"

#include "host.h"

#define FIND(member, name) .member = (__extension__(__typeof__(((struct by_name *)0)->member)) must_find(handle, name))

struct by_name by_name_find(void *handle)
{
	return (struct by_name){
		FIND(connectdb, "PQconnectdb"),    FIND(finish, "PQfinish"), FIND(exec, "PQexec"),
		FIND(exec_params, "PQexecParams"), FIND(clear, "PQclear"),   FIND(control, "pqstub_control"),
	};
}
