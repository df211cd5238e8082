// SPDX-License-Identifier: PostgreSQL
/*
 * exit-status.h - the exit statuses that all commands share.
 */
#ifndef PQLEAK_ANALYZER_BASE_EXIT_STATUS_H
#define PQLEAK_ANALYZER_BASE_EXIT_STATUS_H

enum exit_status {
	STATUS_CLEAN = 0,
	STATUS_LEAKS = 1,
	STATUS_UNABLE = 2,       /* cannot tell, or cannot do what was asked */
	STATUS_RUN_FAILED = 125, /* `run` itself failed; as env(1) and timeout(1) */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNALLED = 128, /* plus the signal's number */
};

#endif
