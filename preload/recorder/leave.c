// SPDX-License-Identifier: PostgreSQL
/* leave.c - see leave.h. */
#include "preload/recorder/leave.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/spool/beside.h"
#include "trace/store/drain.h"
#include "trace/store/guard.h"

/* A byte more.  False: that would be too many, or the file is somebody else's. */
static bool count_one(const char *trace)
{
	char name[PATH_MAX];
	struct stat st;
	if ((size_t)snprintf(name, sizeof name, "%s" LEFT_SUFFIX, trace) >= sizeof name)
		return false;
	int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool is_counted = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid() &&
					  st.st_size < LEAVE_SPOOLS && write(fd, ".", 1) == 1;
	close(fd);
	return is_counted;
}

/* A file of the trace's name: who looks for traces finds it, and no spool is overlooked. */
static bool make_empty(const char *trace)
{
	int fd = open(trace, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool leave_spool(const struct spool *spool, const char *trace)
{
	const struct spool_header *header = spool->header;
	struct trace_failure failure;
	char real[PATH_MAX];
	if (spool_head(header) > LEAVE_EVENTS || atomic_load_explicit(&header->tail, memory_order_relaxed) > 0 ||
		drain_is_orphan(spool))
		return false;
	if (make_empty(trace))
		return true;
	if (errno != EEXIST || guard_files(trace, GUARD_WRITE, real, &failure) != TRACE_OK)
		return false;
	/* To write, which is what a drain would do. */
	int fd = open(real, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	enum guard_header what = guard_header(fd);
	close(fd);
	return (what == GUARD_HEADER_OURS || what == GUARD_HEADER_NONE) && count_one(trace);
}
