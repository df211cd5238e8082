// SPDX-License-Identifier: PostgreSQL
/*
 * launch.h - starting a command and waiting for it, as a good parent.
 *
 * Owns the child: its environment, the signals while it runs, its status.
 * Knows nothing of traces.
 */
#ifndef PQLEAK_ANALYZER_LAUNCH_LAUNCH_H
#define PQLEAK_ANALYZER_LAUNCH_LAUNCH_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#include "analyzer/launch/listen.h"

struct launch {
	char **command;                         /* argv, ended by NULL */
	const char *preload;                    /* put before what LD_PRELOAD has; NULL: nothing */
	const char *(*environment)[2];          /* name and value of variables to set, ended by {NULL, NULL} */
	void (*meanwhile)(const void *context); /* called every few seconds while the command runs */
	const void *context;
	const struct listener *listener; /* what it hears while the command runs goes to `hear` */
	void (*hear)(const void *context, const struct heard *heard);
};

struct launched {
	pid_t pid;
	int wait_status; /* as of waitpid */
	int64_t told_ns; /* when TERM or HUP was first passed on, ns since 1970; 0: it was not */
};

/*
 * 0 when the command can be found and executed, else STATUS_NOT_FOUND or STATUS_NOT_EXECUTABLE, and the reason is
 * printed.  `ret_path`: where it was found.
 */
int launch_find(const char *program, char ret_path[PATH_MAX]);

/*
 * Runs the command to its end.  0, or the exit status of a command that could not be started (the reason is printed).
 * Ctrl-C and Ctrl-\ are the command's business; TERM and HUP are passed on to it.
 */
int launch_run(const struct launch *launch, struct launched *ret);

/*
 * From now on writing beyond the limit on the size of files (ulimit -f) is an error like a full disk, and no end of
 * this process.  A command that is launched has the signal as it was.
 */
void launch_survive_file_limit(void);

/* What a shell would report for this wait status. */
int launch_exit_status(int wait_status);

/*
 * The absolute path of the shim, for free(): that of PQLEAK_LIBRARY, else beside this executable as installed, else as
 * built.  NULL: there is none that can be preloaded, and the reason is printed.
 */
char *shim_find(void);

#endif
