// SPDX-License-Identifier: PostgreSQL
/*
 * option-value.c - see option-value.h.
 */
#include "analyzer/base/option-value.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"

bool option_number(const char *name, const char *value, long long highest, long long *ret)
{
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno != 0 || end == value || *end != '\0' || number < 0 || number > highest) {
		fail(0, "'--%s=%s': it must be a number from 0 to %lld (see --help)", name, value, highest);
		return false;
	}
	*ret = number;
	return true;
}

bool option_duration(const char *name, const char *value, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"min", 60e9}, {"h", 3600e9}};
	char *end;
	double number = value[0] >= '0' && value[0] <= '9' ? strtod(value, &end) : -1;

	for (size_t i = 0; number > 0 && i < sizeof units / sizeof units[0]; i++)
		if (strcmp(end, units[i].unit) == 0 && number * units[i].ns >= 1 && number * units[i].ns < 9e18) {
			*ret_ns = (int64_t)(number * units[i].ns);
			return true;
		}
	return fail(false, "'--%s=%s': it must be a duration, as 500ms, 2s, 5min or 1h (see --help)", name, value);
}
