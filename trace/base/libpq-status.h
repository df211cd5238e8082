// SPDX-License-Identifier: PostgreSQL
/*
 * libpq-status.h - the values of libpq's enums that mean something to pqleak.
 *
 * Owns these numbers for all that is built without libpq-fe.h: the fold, the
 * recorder, the tests.  verbs-query.c, which includes that, holds them to it.
 */
#ifndef PQLEAK_TRACE_BASE_LIBPQ_STATUS_H
#define PQLEAK_TRACE_BASE_LIBPQ_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* ConnStatusType; all others are steps of an attempt. */
enum {
	CONNECT_OK = 0,
	CONNECT_BAD = 1,
};

/* ExecStatusType */
enum {
	RESULT_COMMAND_OK = 1,
	RESULT_TUPLES_OK = 2,
	RESULT_COPY_OUT = 3,
	RESULT_COPY_IN = 4,
	RESULT_BAD_RESPONSE = 5,
	RESULT_FATAL_ERROR = 7,
	RESULT_COPY_BOTH = 8,
	RESULT_PIPELINE_ABORTED = 11,
};

/* PGTransactionStatusType */
enum {
	TRANSACTION_IDLE = 0,
	TRANSACTION_ACTIVE = 1, /* a statement runs: in a transaction or not */
	TRANSACTION_OPEN = 2,
	TRANSACTION_FAILED = 3,
	TRANSACTION_UNKNOWN = 4, /* the connection is bad */
};

/* Whether a result with this status begins or continues a COPY. */
static inline bool result_is_copy(uint8_t status)
{
	return status == RESULT_COPY_OUT || status == RESULT_COPY_IN || status == RESULT_COPY_BOTH;
}

/* Whether a result says that its statement failed. */
static inline bool result_is_failed(uint8_t status)
{
	return status == RESULT_FATAL_ERROR || status == RESULT_BAD_RESPONSE || status == RESULT_PIPELINE_ABORTED;
}

/* Whether a transaction is open. */
static inline bool transaction_is_open(uint8_t transaction)
{
	return transaction == TRANSACTION_OPEN || transaction == TRANSACTION_FAILED;
}

/* Whether none is; ACTIVE tells neither. */
static inline bool transaction_is_over(uint8_t transaction)
{
	return transaction == TRANSACTION_IDLE || transaction == TRANSACTION_UNKNOWN;
}

#endif
