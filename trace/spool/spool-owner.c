// SPDX-License-Identifier: PostgreSQL
/*
 * spool-owner.c - is the process that writes a spool still there?
 *
 * Called by the ingest before it takes over a spool.  A process id alone proves
 * nothing (it is reused, and survives an exec), so it asks whether that process
 * has this very spool mapped; the random id in the file's name settles it.  It
 * never signals the process.
 */
#include "trace/spool/spool.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/spool/beside.h"

enum maps {
	MAPS_NAME_IT,    /* the spool is mapped */
	MAPS_WITHOUT_IT, /* it is not */
	MAPS_EMPTY,      /* a thread that has ended */
	MAPS_GONE,       /* no such process or thread */
	MAPS_CLOSED,     /* we may not look */
};

static enum maps look_in_maps(const char *maps_path, const char *name)
{
	FILE *maps = fopen(maps_path, "re");
	if (maps == NULL)
		return errno == ENOENT || errno == ESRCH ? MAPS_GONE : MAPS_CLOSED;
	char *line = NULL;
	size_t room = 0;
	enum maps result = MAPS_EMPTY;
	errno = 0;
	while (result != MAPS_NAME_IT && getline(&line, &room, maps) > 0)
		result = strstr(line, name) != NULL ? MAPS_NAME_IT : MAPS_WITHOUT_IT;
	if (ferror(maps) && result != MAPS_NAME_IT)
		result = errno == ESRCH ? MAPS_GONE : MAPS_CLOSED;
	free(line);
	fclose(maps);
	return result;
}

/* The first thread has ended (pthread_exit in main), and with it its view of the memory: ask the others. */
static enum maps look_in_threads(int pid, const char *name)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/task", pid);
	DIR *tasks = opendir(path);
	if (tasks == NULL)
		return errno == ENOENT || errno == ESRCH ? MAPS_GONE : MAPS_CLOSED;
	enum maps result = MAPS_EMPTY;
	struct dirent *entry;
	while (result == MAPS_EMPTY && (entry = readdir(tasks)) != NULL) {
		char *end;
		long thread = strtol(entry->d_name, &end, 10);
		if (thread <= 0 || *end != '\0')
			continue;
		snprintf(path, sizeof path, "/proc/%d/task/%ld/maps", pid, thread);
		result = look_in_maps(path, name);
		if (result == MAPS_GONE)
			result = MAPS_EMPTY;
	}
	closedir(tasks);
	return result;
}

enum spool_owner spool_owner(const struct spool *spool)
{
	const struct spool_header *header = spool->header;
	uint64_t boot = spool_boot_id();
	if (boot != 0 && header->boot_id != 0 && boot != header->boot_id)
		return SPOOL_OWNER_GONE;
	uint64_t namespace = spool_pid_namespace();
	if (namespace == 0 || namespace != header->pid_namespace)
		return SPOOL_OWNER_UNKNOWN;
	/* A process that may not be seen in /proc still answers "no permission". */
	if (kill(header->pid, 0) != 0 && errno == ESRCH)
		return SPOOL_OWNER_GONE;

	char name[64], path[64];
	snprintf(name, sizeof name, SPOOL_SUFFIX "%d-%016" PRIx64, header->pid, header->id);
	snprintf(path, sizeof path, "/proc/%d/maps", header->pid);
	enum maps maps = look_in_maps(path, name);
	if (maps == MAPS_EMPTY)
		maps = look_in_threads(header->pid, name);
	switch (maps) {
	case MAPS_NAME_IT:
		return SPOOL_OWNER_RUNNING;
	case MAPS_WITHOUT_IT:
	case MAPS_EMPTY:
		return SPOOL_OWNER_GONE;
	case MAPS_GONE:
		return kill(header->pid, 0) != 0 && errno == ESRCH ? SPOOL_OWNER_GONE : SPOOL_OWNER_UNKNOWN;
	case MAPS_CLOSED:
		break;
	}
	return SPOOL_OWNER_UNKNOWN;
}
