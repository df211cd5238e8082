// SPDX-License-Identifier: PostgreSQL
/*
 * jit.c - names for code that a process made while it ran; see jit.h.
 */
#include "analyzer/symbols/jit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "trace/base/printable.h"

#define NS_PER_S INT64_C(1000000000)
#define CLOCK_STEP_NS INT64_C(20000000) /* a file's time is the kernel's tick, which lags behind the clock */
#define LONGEST_LINE 4096
#define MOST_BYTES (INT64_C(256) << 20) /* of a map; a large one has 10 MB */
#define MOST_LOOKS INT64_C(100000000)   /* at addresses, for all lines: each may say that it holds all of them */

static bool is_its_own(int fd, const struct jit_process *process)
{
	struct stat file;

	if (fstat(fd, &file) != 0 || (file.st_uid != process->owner && file.st_uid != geteuid()))
		return false;
	int64_t written = (int64_t)file.st_mtim.tv_sec * NS_PER_S + file.st_mtim.tv_nsec;
	/* Another process with its id cannot have written so soon after its end. */
	return written + CLOCK_STEP_NS >= process->since_ns &&
		   (process->until_ns == INT64_MAX || written <= process->until_ns + NS_PER_S);
}

/* Where an address of `names` is first at or above `address`. */
static size_t lower_bound(const struct jit_name *names, size_t count, uint64_t address)
{
	size_t low = 0;

	while (count > low) {
		size_t middle = low + (count - low) / 2;
		if (names[middle].address < address)
			low = middle + 1;
		else
			count = middle;
	}
	return low;
}

static void give(struct jit_name *to, const char *name)
{
	if (to->name == NULL && !to->torn)
		to->name = strdup(name);
	else if (to->name != NULL && strcmp(to->name, name) != 0) {
		free(to->name);
		to->name = NULL;
		to->torn = true;
	}
}

/* START SIZE NAME, the numbers in hexadecimal; how many addresses were looked at. */
static int64_t take_line(char *line, struct jit_name *names, size_t count)
{
	char *at;
	uint64_t start = strtoull(line, &at, 16);
	uint64_t size = at != line && *at == ' ' ? strtoull(at, &at, 16) : 0;

	if (size == 0 || start > UINT64_MAX - size || *at != ' ')
		return 0;
	char *name = at + 1;
	name[strcspn(name, "\n")] = '\0';
	if (name[0] == '\0')
		return 0;
	make_printable(name);
	size_t first = lower_bound(names, count, start), i = first;
	for (; i < count && names[i].address < start + size; i++)
		give(&names[i], name);
	return (int64_t)(i - first);
}

/* False: it is more than is read, and nobody knows what else the rest says of an address. */
static bool take_lines(FILE *map, struct jit_name *names, size_t count)
{
	char line[LONGEST_LINE];
	bool whole = true; /* the next read begins a line */
	int64_t bytes = 0, looks = 0;

	while (fgets(line, sizeof line, map) != NULL) {
		size_t length = strlen(line);
		bool ends = length > 0 && line[length - 1] == '\n';
		/* What holds a NUL byte seems shorter than it was. */
		bytes += ends ? (int64_t)length : LONGEST_LINE;
		/* The last line may be half written, and a name cut short is another name. */
		if (whole && ends)
			looks += take_line(line, names, count);
		whole = ends;
		if (bytes > MOST_BYTES || looks > MOST_LOOKS)
			return false;
	}
	return true;
}

static void forget(struct jit_name *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(names[i].name);
		names[i].name = NULL;
	}
}

enum module_state jit_name(const char *sysroot, const struct jit_process *process, struct jit_name *names, size_t count)
{
	char path[64];

	snprintf(path, sizeof path, "/tmp/perf-%" PRId64 ".map", process->pid);
	int fd = module_file_in(sysroot, path, O_NOFOLLOW);
	if (fd < 0)
		return MODULE_MISSING;
	FILE *map = is_its_own(fd, process) ? fdopen(fd, "r") : NULL;
	if (map == NULL) {
		close(fd);
		return MODULE_UNPROVEN;
	}
	bool all = take_lines(map, names, count);
	if (!all)
		forget(names, count);
	fclose(map);
	return all ? MODULE_OK : MODULE_UNREADABLE;
}
