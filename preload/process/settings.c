// SPDX-License-Identifier: PostgreSQL
/* settings.c - see settings.h. */
#include "preload/process/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"

struct settings settings;

static bool is_set_to(const char *variable, const char *value)
{
	const char *set = getenv(variable);
	return set != NULL && strcmp(set, value) == 0;
}

/* A label that is too long is cut, but not within a character of UTF-8; what would end or colour a line becomes '?'. */
static void read_label(void)
{
	const char *label = getenv("PQLEAK_LABEL");
	if (label == NULL)
		return;
	size_t length = strnlen(label, sizeof settings.label);
	if (length == sizeof settings.label)
		for (length--; length > 0 && ((unsigned char)label[length] & 0xc0) == 0x80;)
			length--;
	for (size_t i = 0; i < length; i++)
		settings.label[i] = (unsigned char)label[i] < ' ' || label[i] == '\x7f' ? '?' : label[i];
}

/* Whether %p is in it; %% is a percent sign. */
static bool names_pid(const char *trace)
{
	for (const char *c = trace; *c != '\0'; c++)
		if (c[0] == '%' && (c[1] == 'p' || c[1] == '%') && *++c == 'p')
			return true;
	return false;
}

void settings_read(void)
{
	read_label();
	const char *marks = getenv("PQLEAK_MARKS");
	if (marks != NULL && strlen(marks) < sizeof settings.marks)
		strcpy(settings.marks, marks);
	settings.keep_events = is_set_to("PQLEAK_EVENTS", "all");
	settings.sql = is_set_to("PQLEAK_SQL", "text") ? SQL_TEXT : SQL_KEYWORD;
	settings.lines = is_set_to("PQLEAK_LINES", "rare")  ? LINES_RARE
					 : is_set_to("PQLEAK_LINES", "all") ? LINES_ALL
														: LINES_CHEAP;
	settings.clear_deepbind = is_set_to("PQLEAK_DEEPBIND", "clear");
	settings.keep_environment = is_set_to("PQLEAK_KEEP_ENVIRONMENT", "1");
	settings.drain = is_set_to("PQLEAK_DRAIN", "end")     ? DRAIN_END
					 : is_set_to("PQLEAK_DRAIN", "later") ? DRAIN_LATER
														  : DRAIN_MUCH;

	const char *trace = getenv("PQLEAK_TRACE");
	if (trace == NULL || trace[0] == '\0')
		trace = "pqleak.%p.db";
	size_t used = 0;
	if (trace[0] != '/' && getcwd(settings.trace, sizeof settings.trace - 1) != NULL) {
		/* A percent sign in the folder's name is not a placeholder; expansion reads %% as one. */
		used = strlen(settings.trace);
		for (size_t i = 0; i < used && used < sizeof settings.trace - 1; i++)
			if (settings.trace[i] == '%') {
				memmove(settings.trace + i + 1, settings.trace + i, used - i + 1);
				used++, i++;
			}
		settings.trace[used++] = '/';
	}
	if (used + strlen(trace) >= sizeof settings.trace)
		settings.trace[0] = '\0';
	else
		strcpy(settings.trace + used, trace);
	settings.is_shared = settings.trace[0] != '\0' && !names_pid(trace);
}

/* Appends to a text of `*used` bytes in a buffer; false when it does not fit. */
static bool append(char *buffer, size_t bytes, size_t *used, const char *text, size_t length)
{
	if (*used + length >= bytes)
		return false;
	memcpy(buffer + *used, text, length);
	*used += length;
	buffer[*used] = '\0';
	return true;
}

/* What a placeholder of that letter stands for; the system is asked for no other. */
static const char *value_of(char letter, char *buffer, size_t bytes)
{
	const char *slash;
	buffer[0] = '\0';
	switch (letter) {
	case 'p':
		snprintf(buffer, bytes, "%d", (int)getpid());
		return buffer;
	case 'e':
		elf_program_path(buffer, bytes);
		slash = strrchr(buffer, '/');
		return slash != NULL ? slash + 1 : buffer;
	case 'h':
		gethostname(buffer, bytes - 1);
		return buffer;
	default:
		return "%";
	}
}

bool settings_find_trace(char *ret, size_t bytes)
{
	if (settings.trace[0] == '\0')
		return false;
	char value[1024];
	size_t used = 0;
	for (const char *c = settings.trace; *c != '\0'; c++) {
		const char *text = c;
		size_t length = 1;
		if (c[0] == '%' && c[1] != '\0' && strchr("peh%", c[1]) != NULL) {
			text = value_of(*++c, value, sizeof value);
			length = strlen(text);
		}
		if (!append(ret, bytes, &used, text, length))
			return false;
	}
	return true;
}
