// SPDX-License-Identifier: PostgreSQL
/*
 * first-bytes.h - what the first bytes of a connection are to PostgreSQL.
 *
 * Owns that judgement.  Called by sockets.c for what is sent and by relays.c
 * for what is received; reads the bytes, and nothing else.
 */
#ifndef PQLEAK_PRELOAD_WATCH_FIRST_BYTES_H
#define PQLEAK_PRELOAD_WATCH_FIRST_BYTES_H

#include <stddef.h>

#define FIRST_BYTES 1024 /* enough for a ClientHello's ALPN */

enum first {
	FIRST_OTHER,   /* nothing of a client of PostgreSQL */
	FIRST_TOO_FEW, /* they do not tell yet */
	FIRST_SSL,     /* requests, after which the start-up packet comes */
	FIRST_GSS,
	FIRST_START, /* the start-up packet, or TLS that was not asked for first */
};

/* `ret_size`: how many bytes the whole packet has; may be NULL. */
enum first first_bytes(const unsigned char *bytes, size_t length, size_t *ret_size);

#endif
