// SPDX-License-Identifier: PostgreSQL
/* libpq-max.h - how many libpqs a process may have: the registry and the thunks (dl-*.S) are made for as many. */
#define LIBPQ_MAX 16
