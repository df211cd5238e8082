// SPDX-License-Identifier: PostgreSQL
/*
 * kinds.c - the kinds of resources in words; see kinds.h.
 */
#include "analyzer/words/kinds.h"

#include <stddef.h>
#include <string.h>

struct words {
	const char *one, *several, *unreleased, *release;
};

static const struct words words[KIND_COUNT] = {
#define KIND(name, text, key, ...) [KIND_##name] = {__VA_ARGS__},
#include "trace/base/kinds.def"
};

bool same_name(const char *name, const char *given)
{
	while (*name != '\0' && (*name == *given || (*name == ' ' && *given == '-'))) {
		name++;
		given++;
	}
	return *name == '\0' && *given == '\0';
}

enum resource_kind kind_find(const char *name)
{
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		if (same_name(kind_name((uint8_t)k), name))
			return (enum resource_kind)k;
	return KIND_NONE;
}

const char *kind_noun(enum resource_kind kind, int64_t count)
{
	return count == 1 ? words[kind].one : words[kind].several;
}

const char *kind_unreleased(enum resource_kind kind)
{
	return words[kind].unreleased;
}

const char *kind_release(enum resource_kind kind)
{
	return words[kind].release;
}

bool kind_fails(enum resource_kind kind)
{
	return kind == KIND_CONNECTION || kind == KIND_RESULT;
}
