// SPDX-License-Identifier: PostgreSQL
/*
 * relays.h - start-up packets that this process was sent by clients of its own.
 *
 * Who sends on what it was sent forwards PostgreSQL, and speaks it no more than
 * a cable does; the client is another's business.  sockets.c asks.
 */
#ifndef PQLEAK_PRELOAD_WATCH_RELAYS_H
#define PQLEAK_PRELOAD_WATCH_RELAYS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether such a packet begins these bytes. */
bool relays_received(const unsigned char *bytes, size_t length);

#endif
