// SPDX-License-Identifier: PostgreSQL
/*
 * command.c - the names of the commands; see command.h.
 */
#include "analyzer/options/command.h"

#include <string.h>

static const char *const names[] = {
#define COMMAND(name, NAME) #name,
#include "analyzer/options/commands.def"
};

const char *command_name(enum command_id id)
{
	return names[id];
}

enum command_id command_find(const char *name)
{
	for (int c = 0; c < COMMAND_COUNT; c++)
		if (strcmp(names[c], name) == 0)
			return (enum command_id)c;
	return COMMAND_COUNT;
}
