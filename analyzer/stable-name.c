// SPDX-License-Identifier: PostgreSQL
/*
 * stable-name.c - see stable-name.h.
 */
#include "analyzer/stable-name.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char *const added[] = {".part.", ".isra.", ".constprop.", ".cold", ".lto_priv.", ".llvm.", " [clone "};

void stable_name(char *function)
{
	static const char closure[] = "{closure:";

	for (size_t i = 0; i < sizeof added / sizeof added[0]; i++) {
		char *found = strstr(function, added[i]);
		if (found != NULL && found > function)
			*found = '\0';
	}
	/* {closure:/srv/shop.php:12}, also inside another name */
	for (char *at = function; (at = strstr(at, closure)) != NULL; at++) {
		char *end = strchr(at, '}');
		if (end == NULL)
			return;
		memmove(at + sizeof closure - 2, end, strlen(end) + 1);
	}
}

const char *fingerprint(char ret[FINGERPRINT_TEXT], const char *text)
{
	__extension__ typedef unsigned __int128 wide;
	const wide prime = (wide)1 << 88 | 0x13b;
	wide hash = (wide)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * prime;
	snprintf(ret, FINGERPRINT_TEXT, "%016" PRIx64 "%016" PRIx64, (uint64_t)(hash >> 64), (uint64_t)hash);
	return ret;
}
