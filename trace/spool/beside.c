// SPDX-License-Identifier: PostgreSQL
/* beside.c - see beside.h.  Called by the ingest, and when a trace is replaced. */
#include "trace/spool/beside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int beside_open(struct beside *beside, const char *trace)
{
	const char *slash = strrchr(trace, '/');
	beside->name = slash != NULL ? slash + 1 : trace;
	beside->folder_length = (size_t)(beside->name - trace);
	beside->what = BESIDE_NOTHING;
	if (beside->folder_length >= sizeof beside->path - 2)
		return -ENAMETOOLONG;
	memcpy(beside->path, trace, beside->folder_length);
	strcpy(beside->path + beside->folder_length, beside->folder_length == 0 ? "." : "");
	beside->folder = opendir(beside->path);
	return beside->folder != NULL ? 0 : -errno;
}

/* Reads a number of `base` that ends at `end`, and moves on behind it. */
static int take_number(const char **at, int base, char end, uint64_t *ret)
{
	char *stop;
	if (!((**at >= '0' && **at <= '9') || (base == 16 && **at >= 'a' && **at <= 'f')))
		return 0;
	errno = 0;
	*ret = strtoull(*at, &stop, base);
	if (errno != 0 || *stop != end)
		return 0;
	*at = end != '\0' ? stop + 1 : stop;
	return 1;
}

static enum beside_what classify(struct beside *beside, const char *name)
{
	static const struct {
		const char *suffix;
		enum beside_what what;
	} known[] = {{SPOOL_SUFFIX, BESIDE_SPOOL}, {LOST_SUFFIX, BESIDE_LOST}, {UNSEEN_SUFFIX, BESIDE_UNSEEN}};
	enum beside_what what = BESIDE_NOTHING;
	uint64_t pid = 0;
	size_t length = strlen(beside->name);
	if (strncmp(name, beside->name, length) != 0)
		return BESIDE_NOTHING;
	const char *at = name + length;
	for (size_t i = 0; i < sizeof known / sizeof known[0] && what == BESIDE_NOTHING; i++) {
		length = strlen(known[i].suffix);
		if (strncmp(at, known[i].suffix, length) == 0) {
			at += length;
			what = known[i].what;
		}
	}
	if (strcmp(at, LEFT_SUFFIX) == 0) {
		beside->pid = 0;
		return BESIDE_LEFT;
	}
	if (what == BESIDE_NOTHING || (what != BESIDE_UNSEEN && !take_number(&at, 10, '-', &pid)) || pid > INT_MAX ||
		!take_number(&at, what == BESIDE_LOST ? 10 : 16, '\0', &beside->number))
		return BESIDE_NOTHING;
	beside->pid = (int)pid;
	return what;
}

enum beside_what beside_next(struct beside *beside)
{
	struct dirent *entry;
	while ((entry = readdir(beside->folder)) != NULL) {
		beside->what = classify(beside, entry->d_name);
		if (beside->what == BESIDE_NOTHING || beside->folder_length + strlen(entry->d_name) >= sizeof beside->path)
			continue;
		strcpy(beside->path + beside->folder_length, entry->d_name);
		return beside->what;
	}
	beside->what = BESIDE_NOTHING;
	return BESIDE_NOTHING;
}

void beside_close(struct beside *beside)
{
	if (beside->folder != NULL)
		closedir(beside->folder);
	beside->folder = NULL;
}
