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

#define LIST_TEXT 128

static const char *const names[FORMAT_COUNT + 1] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = #name,
#include "analyzer/options/formats.def"
#undef FORMAT
};

static const bool are_for_programs[FORMAT_COUNT] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = is_for_programs,
#include "analyzer/options/formats.def"
#undef FORMAT
};

/* "text, json or tap" */
static const char *list_names(char text[LIST_TEXT])
{
	text[0] = '\0';
	for (int f = 0; f < FORMAT_COUNT; f++)
		snprintf(text + strlen(text), LIST_TEXT - strlen(text), "%s%s",
				 f == 0                  ? ""
				 : f == FORMAT_COUNT - 1 ? " or "
										 : ", ",
				 names[f]);
	return text;
}

static bool find(const char *option, const char *name, enum format *ret)
{
	for (int f = 0; f < FORMAT_COUNT; f++)
		if (strcmp(names[f], name) == 0) {
			*ret = (enum format)f;
			return true;
		}
	char list[LIST_TEXT], hint[HINT_TEXT];
	return fail(false, "'--%s=%s': it must be %s%s (see --help)", option, name, list_names(list),
				did_you_mean(hint, "", nearest(name, names)));
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
	bool any = are_for_programs[formats->format];

	for (size_t i = 0; i < formats->count; i++)
		any = any || are_for_programs[formats->outputs[i].format];
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
