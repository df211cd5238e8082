// SPDX-License-Identifier: PostgreSQL
/*
 * take-report.c - the forms of a report, and the files of what is known; see take.h.
 */
#include "analyzer/options/take.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"

const char *const format_names[FORMAT_COUNT + 1] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = #name,
#include "analyzer/options/formats.def"
#undef FORMAT
};

static const bool are_for_programs[FORMAT_COUNT] = {
#define FORMAT(name, is_for_programs) [FORMAT_##name] = is_for_programs,
#include "analyzer/options/formats.def"
#undef FORMAT
};

const char *const *format_words(void)
{
	return format_names;
}

static bool find(const struct option_row *option, const char *name, enum format *ret)
{
	for (int f = 0; f < FORMAT_COUNT; f++)
		if (strcmp(format_names[f], name) == 0) {
			*ret = (enum format)f;
			return true;
		}
	char all[128], hint[HINT_TEXT];
	return refuse("'--%s=%s': must be %s%s (see --help)", option->name, name,
				  list_words(all, sizeof all, format_names, "or"), did_you_mean(hint, "", nearest(name, format_names)));
}

static bool any_for_programs(const struct formats *formats)
{
	bool any = are_for_programs[formats->format];

	for (size_t i = 0; i < formats->count; i++)
		any = any || are_for_programs[formats->outputs[i].format];
	return any;
}

bool take_format(const struct option_row *option, const char *value, void *field)
{
	struct formats *formats = field;
	bool good = find(option, value, &formats->format);

	formats->machine = any_for_programs(formats);
	return good;
}

bool take_output(const struct option_row *option, const char *value, void *field)
{
	struct formats *formats = field;
	char name[16];
	const char *equals = strchr(value, '=');
	enum format format;

	if (equals == NULL || equals[1] == '\0')
		return refuse("'--output=%s': must be FORMAT=FILE, such as sarif=pqleak.sarif (see --help)", value);
	snprintf(name, sizeof name, "%.*s", (int)(equals - value), value);
	if (!find(option, name, &format))
		return false;
	if (!array_room(formats->outputs, formats->count))
		return false;
	formats->outputs[formats->count++] = (struct output){format, equals + 1};
	formats->machine = any_for_programs(formats);
	return true;
}

bool take_suppressions(const struct option_row *option, const char *value, void *field)
{
	(void)option;
	return suppress_read(field, value);
}

bool take_baseline(const struct option_row *option, const char *value, void *field)
{
	(void)option;
	return baseline_read(field, value);
}
