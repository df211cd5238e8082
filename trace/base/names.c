// SPDX-License-Identifier: PostgreSQL
/* names.c - see names.h. */
#include "trace/base/names.h"

#include <stddef.h>
#include <string.h>

static const char *const kinds[KIND_COUNT] = {
#define KIND(name, text, ...) [KIND_##name] = text,
#include "trace/base/kinds.def"
};

static const char *const misuses[MISUSE_COUNT] = {
	[MISUSE_USE_AFTER_FINISH] = "use after finish",
	[MISUSE_FINISHED_TWICE] = "finished twice",
	[MISUSE_CLEARED_TWICE] = "cleared twice",
	[MISUSE_USED_IN_CHILD] = "used in child",
	[MISUSE_FINISHED_IN_CHILD] = "finished in child",
	[MISUSE_TWO_THREADS] = "two threads",
	[MISUSE_FINISHED_IN_TRANSACTION] = "finished in transaction",
	[MISUSE_FINISHED_WITH_QUERY] = "finished with query",
	[MISUSE_FINISHED_IN_COPY] = "finished in copy",
};

static const char *const errors[CONNECT_ERROR_COUNT] = {
	[CONNECT_ERROR_OTHER] = "other",
	[CONNECT_ERROR_REFUSED] = "refused",
	[CONNECT_ERROR_TIMEOUT] = "timeout",
	[CONNECT_ERROR_AUTHENTICATION] = "authentication",
	[CONNECT_ERROR_TOO_MANY] = "too many clients",
	[CONNECT_ERROR_HOST] = "no such host",
	[CONNECT_ERROR_DATABASE] = "no such database",
	[CONNECT_ERROR_UNAVAILABLE] = "unavailable",
	[CONNECT_ERROR_SSL] = "ssl",
	[CONNECT_ERROR_PARAMETER] = "parameter",
};

static const char *const verbs[EVENT_COUNT] = {
	[EVENT_NONE] = "none",       [EVENT_ACQUIRE] = "acquire",
	[EVENT_RELEASE] = "release", [EVENT_OUTCOME] = "outcome",
	[EVENT_USE] = "use",         [EVENT_RESET] = "reset",
	[EVENT_END] = "end",         [EVENT_END_REVOKED] = "end revoked",
	[EVENT_MISUSE] = "misuse",
};

static const char *const ends[END_COUNT] = {
	[END_EXIT] = "exit",   [END_RAW_EXIT] = "_exit", [END_QUICK_EXIT] = "quick_exit", [END_EXEC] = "exec",
	[END_ABORT] = "abort", [END_KILLED] = "killed",  [END_UNKNOWN] = "unknown",
};

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
