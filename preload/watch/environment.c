// SPDX-License-Identifier: PostgreSQL
/* environment.c - see environment.h. */
#include "preload/watch/environment.h"

#include <string.h>

#include "preload/process/kept.h"

static const char variable[] = "LD_PRELOAD=", own_file[] = "libpqleak.so";
#define VARIABLE_BYTES (sizeof variable - 1)

static const char *find(char *const *environment, const char *name, size_t length)
{
	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, length) == 0)
			return *environment + length;
	return NULL;
}

static bool is_separator(char c)
{
	return c == ' ' || c == ':';
}

static bool is_own(const char *file, size_t length)
{
	const size_t own = sizeof own_file - 1;
	return length >= own && memcmp(file + length - own, own_file, own) == 0 &&
		   (length == own || file[length - own - 1] == '/');
}

bool environment_has_us(char *const *environment)
{
	for (const char *at = find(environment, variable, VARIABLE_BYTES); at != NULL && *at != '\0';) {
		size_t length = strcspn(at, " :");
		if (is_own(at, length))
			return true;
		at += length + is_separator(at[length]);
	}
	return false;
}

size_t environment_bytes(char *const *environment, enum environment_change change)
{
	size_t count = 1, text = 0;
	const char *present = find(environment, variable, VARIABLE_BYTES);
	if (change == ENVIRONMENT_STAYS)
		return 0;
	for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++)
		count++;
	if (present != NULL)
		text = VARIABLE_BYTES + strlen(present) + 1;
	if (change == ENVIRONMENT_WITH_US)
		for (const char *const *kept = kept_variables(); *kept != NULL; kept++, count++)
			text += present != NULL && strncmp(*kept, variable, VARIABLE_BYTES) == 0 ? strlen(*kept) + 1 : 0;
	return count * sizeof(char *) + text;
}

/* LD_PRELOAD without us, in `text`; NULL: nothing is left of it. */
static char *without_us(const char *value, char *text)
{
	memcpy(text, variable, sizeof variable);
	size_t used = VARIABLE_BYTES;
	while (*value != '\0') {
		size_t length = strcspn(value, " :");
		if (length > 0 && !is_own(value, length)) {
			if (used > VARIABLE_BYTES)
				text[used++] = ':';
			memcpy(text + used, value, length);
			used += length;
		}
		value += length + is_separator(value[length]);
	}
	text[used] = '\0';
	return used > VARIABLE_BYTES ? text : NULL;
}

/* LD_PRELOAD with us before what is in it. */
static char *with_us(const char *own, const char *value, char *text)
{
	char *end = stpcpy(text, own);
	if (*value != '\0')
		*end++ = ':';
	strcpy(end, value);
	return text;
}

char *const *environment_make(char *const *environment, enum environment_change change, void *room)
{
	char **made = room, **next = made;
	size_t count = 1;
	for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++)
		count++;
	if (change == ENVIRONMENT_WITH_US)
		for (const char *const *kept = kept_variables(); *kept != NULL; kept++)
			count++;
	char *text = (char *)(made + count);
	const char *preload = find(environment, variable, VARIABLE_BYTES);

	for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++) {
		if (strncmp(*entry, variable, VARIABLE_BYTES) != 0)
			*next++ = *entry;
		else if (change == ENVIRONMENT_WITHOUT_US && *entry + VARIABLE_BYTES == preload) {
			char *rest = without_us(preload, text);
			if (rest != NULL)
				*next++ = rest;
		}
	}
	if (change == ENVIRONMENT_WITH_US)
		for (const char *const *kept = kept_variables(); *kept != NULL; kept++) {
			if (strncmp(*kept, variable, VARIABLE_BYTES) == 0)
				*next++ = preload != NULL ? with_us(*kept, preload, text) : (char *)(size_t)*kept;
			else if (find(environment, *kept, strcspn(*kept, "=") + 1) == NULL)
				*next++ = (char *)(size_t)*kept;
		}
	*next = NULL;
	return made;
}
