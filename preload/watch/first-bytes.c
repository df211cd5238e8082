// SPDX-License-Identifier: PostgreSQL
/* first-bytes.c - see first-bytes.h. */
#include "preload/watch/first-bytes.h"

#include <stdint.h>
#include <string.h>

enum {
	HEAD_BYTES = 8,
	TLS_HEAD_BYTES = 5,
	LONGEST_START = 10000, /* the server refuses longer ones */
	SSL_REQUEST = 80877103,
	GSS_REQUEST = 80877104,
};

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/*
 * A request to cancel is none: ruby-pg makes it itself for connections that are libpq's.
 */
enum first first_bytes(const unsigned char *bytes, size_t length, size_t *ret_size)
{
	static const char alpn[] = "\x0apostgresql";
	size_t unused, *size = ret_size != NULL ? ret_size : &unused;
	if (length < HEAD_BYTES)
		return FIRST_TOO_FEW;
	if (bytes[0] == 0x16 && bytes[1] == 3) {
		*size = TLS_HEAD_BYTES + ((size_t)bytes[3] << 8 | bytes[4]);
		return memmem(bytes, length, alpn, sizeof alpn - 1) != NULL ? FIRST_START
			   : length < *size && length < FIRST_BYTES             ? FIRST_TOO_FEW
																	: FIRST_OTHER;
	}
	uint32_t code = number_at(bytes + 4);
	*size = number_at(bytes);
	if (code == SSL_REQUEST || code == GSS_REQUEST)
		return *size != HEAD_BYTES ? FIRST_OTHER : code == SSL_REQUEST ? FIRST_SSL : FIRST_GSS;
	if (code >> 16 != 3 || *size <= HEAD_BYTES || *size > LONGEST_START)
		return FIRST_OTHER;
	if (length == HEAD_BYTES)
		return FIRST_TOO_FEW;
	/* Others' protocols begin with a length and a small number too: a parameter's name follows here. */
	return (bytes[HEAD_BYTES] >= 'a' && bytes[HEAD_BYTES] <= 'z') || bytes[HEAD_BYTES] == '_' ? FIRST_START
																							  : FIRST_OTHER;
}
