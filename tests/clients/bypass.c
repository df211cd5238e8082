// SPDX-License-Identifier: PostgreSQL
/*
 * bypass.c - calls a function of libpq by an address that nobody could exchange, as a program does that has libpq
 * inside and shows its names.
 *
 * bypass OFFSET: where PQconnectdb lies in libpq.so.5.
 */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct link_map *map = NULL;
	void *libpq = dlopen("libpq.so.5", RTLD_NOW);
	if (argc < 2 || libpq == NULL || dlinfo(libpq, RTLD_DI_LINKMAP, &map) != 0)
		return 3;
	PGconn *(*open)(const char *) =
		__extension__(PGconn * (*)(const char *))(void *)(map->l_addr + strtoul(argv[1], NULL, 16));
	puts(open("") != NULL ? "opened" : "failed");
	return 0;
}
