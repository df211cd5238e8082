// SPDX-License-Identifier: PostgreSQL
/* names.c - see names.h. */
#include "trace/base/names.h"

#include <stddef.h>
#include <string.h>

static const char *const kinds[KIND_COUNT] = {
#define KIND(name, text, ...) [KIND_##name] = text,
#include "trace/base/kinds.def"
};

#define VERB_NAME(verb, name) [EVENT_##verb] = name,
static const char *const verbs[EVENT_COUNT] = {"none", EVENT_VERBS(VERB_NAME)};

#define MISUSE_NAME(misuse, name, ...) [MISUSE_##misuse] = name,
static const char *const misuses[MISUSE_COUNT] = {MISUSES(MISUSE_NAME)};

#define ERROR_NAME(error, name) [CONNECT_ERROR_##error] = name,
static const char *const errors[CONNECT_ERROR_COUNT] = {CONNECT_ERRORS(ERROR_NAME)};

#define END_NAME(end, name) [END_##end] = name,
static const char *const ends[END_COUNT] = {PROCESS_ENDS(END_NAME)};

static const char *name_of(const char *const *names, size_t count, uint8_t number)
{
	return number < count ? names[number] : NULL;
}

/* 0 when there is no such name. */
static size_t number_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; name != NULL && i < count; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return i;
	return 0;
}

const char *kind_name(uint8_t kind)
{
	return name_of(kinds, KIND_COUNT, kind);
}

enum resource_kind kind_named(const char *name)
{
	return (enum resource_kind)number_of(kinds, KIND_COUNT, name);
}

const char *misuse_name(uint8_t misuse)
{
	return name_of(misuses, MISUSE_COUNT, misuse);
}

const char *connect_error_name(uint8_t error)
{
	return name_of(errors, CONNECT_ERROR_COUNT, error);
}

enum connect_error connect_error_named(const char *name)
{
	return (enum connect_error)number_of(errors, CONNECT_ERROR_COUNT, name);
}

const char *verb_name(uint8_t verb)
{
	return name_of(verbs, EVENT_COUNT, verb);
}

const char *end_name(uint8_t end)
{
	return name_of(ends, END_COUNT, end);
}
