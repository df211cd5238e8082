// SPDX-License-Identifier: PostgreSQL
/* libpq-by-name.h - a libpq reached by dlopen and dlsym, as ctypes and every FFI reach it. */
#ifndef PQLEAK_STUB_LIBPQ_BY_NAME_H
#define PQLEAK_STUB_LIBPQ_BY_NAME_H

#include "stub.h"

struct by_name {
	PGconn *(*connectdb)(const char *);
	void (*finish)(PGconn *);
	PGresult *(*exec)(PGconn *, const char *);
	PGresult *(*exec_params)(PGconn *, const char *, int, const Oid *, const char *const *, const int *, const int *,
							 int);
	void (*clear)(PGresult *);
	struct stub_control *(*control)(void);
};

/* Finds them in a handle; ends the host when one is missing. */
struct by_name by_name_find(void *handle);

#endif
