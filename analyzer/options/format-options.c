// SPDX-License-Identifier: PostgreSQL
/*
 * format-options.c - see format-options.h.
 */
#include "analyzer/options/format-options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/options/options.h"

static const char *const names[] = {
	[FORMAT_TEXT] = "text",     [FORMAT_JSON] = "json",     [FORMAT_SARIF] = "sarif", [FORMAT_JUNIT] = "junit",
	[FORMAT_GITHUB] = "github", [FORMAT_GITLAB] = "gitlab", [FORMAT_TAP] = "tap",     NULL};

static bool find(const char *option, const char *name, enum format *ret)
{
	for (int f = 0; names[f] != NULL; f++)
		if (strcmp(names[f], name) == 0) {
			*ret = (enum format)f;
			return true;
		}
	char hint[HINT_TEXT];
	return fail(false, "'--%s=%s': it must be text, json, sarif, junit, github, gitlab or tap%s (see --help)", option,
				name, did_you_mean(hint, "", nearest(name, names)));
}

static bool add_output(struct formats *formats, const char *value)
{
	char name[16];
	const char *equals = strchr(value, '=');

	if (equals == NULL || equals[1] == '\0')
		return fail(false, "'--output=%s': it must be FORMAT=FILE, as sarif=pqleak.sarif (see --help)", value);
	snprintf(name, sizeof name, "%.*s", (int)(equals - value), value);
	struct output *outputs = reallocarray(formats->outputs, formats->count + 1, sizeof *outputs);
	if (outputs == NULL)
		return fail(false, "out of memory");
	formats->outputs = outputs;
	outputs[formats->count].path = equals + 1;
	return find("output", name, &outputs[formats->count++].format);
}

const char *format_name(enum format format)
{
	return names[format];
}

bool formats_has_option(int option)
{
	return option == OPTION_FORMAT || option == OPTION_OUTPUT || option == OPTION_REPRODUCIBLE;
}

static bool any_machine(const struct formats *formats)
{
	bool any = formats->format != FORMAT_TEXT;

	for (size_t i = 0; i < formats->count; i++)
		any = any || formats->outputs[i].format != FORMAT_TEXT;
	return any;
}

bool formats_option(int option, const char *value, struct formats *formats)
{
	bool good = true;

	if (option == OPTION_FORMAT)
		good = find("format", value, &formats->format);
	else if (option == OPTION_OUTPUT)
		good = add_output(formats, value);
	else
		formats->reproducible = true;
	formats->machine = any_machine(formats);
	return good;
}
