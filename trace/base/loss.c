// SPDX-License-Identifier: PostgreSQL
/* loss.c - see loss.h. */
#include "trace/base/loss.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What else is worth knowing of an errno. */
static const char *hint(uint32_t error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return " (the process has changed its user, or somebody the permissions)";
	case EFBIG:
		return " (the limit on the size of files, ulimit -f)";
	case ENOENT:
	case ESTALE:
		return " (it was removed, or the process has changed its root directory)";
	default:
		return "";
	}
}

void loss_words(uint32_t why, char *ret, size_t bytes)
{
	const char *error;
	switch (why) {
	case LOSS_LIMIT:
		snprintf(ret, bytes, "the spool cannot grow: it is full, and could not be moved into the trace in time");
		break;
	case LOSS_BUSY:
		snprintf(ret, bytes, "the recorder was busy (a signal handler called libpq, or a thread stood still)");
		break;
	case LOSS_EARLY:
		snprintf(ret, bytes, "they came before recording had begun (a constructor called libpq)");
		break;
	default:
		error = strerrordesc_np((int)why);
		snprintf(ret, bytes, "the spool cannot grow: %s%s", error != NULL ? error : "unknown error", hint(why));
	}
}
