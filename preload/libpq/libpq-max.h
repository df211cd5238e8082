// SPDX-License-Identifier: PostgreSQL
/* libpq-max.h - how many libpqs a process may have: the registry and the thunks (thunk-*.S) are made for as many. */
#define LIBPQ_MAX 16
