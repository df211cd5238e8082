// SPDX-License-Identifier: PostgreSQL
/* environment.c - see environment.h. */
#include "preload/watch/environment.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "preload/process/kept.h"
#include "preload/process/settings.h"

static const char variable[] = "LD_PRELOAD=", trace[] = "PQLEAK_TRACE=", own_file[] = "libpqleak.so";
#define VARIABLE_BYTES (sizeof variable - 1)
#define PATH_BYTES 1024 /* for the stack's sake */

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

/* Our entry in LD_PRELOAD and its length, or NULL. */
static const char *own_entry(char *const *environment, size_t *ret_length)
{
	for (const char *at = find(environment, variable, VARIABLE_BYTES); at != NULL && *at != '\0';) {
		*ret_length = strcspn(at, " :");
		if (is_own(at, *ret_length))
			return at;
		at += *ret_length + is_separator(at[*ret_length]);
	}
	return NULL;
}

bool environment_preloads_us(char *const *environment)
{
	size_t length;
	return own_entry(environment, &length) != NULL;
}

bool environment_reaches_us(char *const *environment)
{
	char path[PATH_BYTES];
	size_t length;
	const char *own = own_entry(environment, &length);
	if (own == NULL || length >= sizeof path)
		return own != NULL;
	memcpy(path, own, length);
	path[length] = '\0';
	if (strchr(path, '/') == NULL || strchr(path, '$') != NULL)
		return true;
	/*
	 * As the real user, without the capabilities that another one loses by the exec; who has an effective user besides
	 * is not preloaded into at all.  Only where it is refused: a lack of memory is no answer.
	 */
	return access(path, R_OK) == 0 || (errno != EACCES && errno != ENOENT && errno != ENOTDIR);
}

bool environment_has_us(char *const *environment)
{
	return environment_preloads_us(environment) &&
		   (!settings.is_shared || find(environment, trace, sizeof trace - 1) != NULL);
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

/* What is in a value of LD_PRELOAD beside us.  How many bytes; 0: nothing is. */
static size_t copy_others(const char *value, char *to)
{
	size_t used = 0;
	while (*value != '\0') {
		size_t length = strcspn(value, " :");
		if (length > 0 && !is_own(value, length)) {
			if (used > 0)
				to[used++] = ':';
			memcpy(to + used, value, length);
			used += length;
		}
		value += length + is_separator(value[length]);
	}
	to[used] = '\0';
	return used;
}

/* LD_PRELOAD without us, in `text`; NULL: nothing is left of it. */
static char *without_us(const char *value, char *text)
{
	return copy_others(value, stpcpy(text, variable)) > 0 ? text : NULL;
}

/* LD_PRELOAD with us before what is in it. */
static char *with_us(const char *own, const char *value, char *text)
{
	char *end = stpcpy(text, own);
	*end = copy_others(value, end + 1) > 0 ? ':' : '\0';
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
