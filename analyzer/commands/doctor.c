// SPDX-License-Identifier: PostgreSQL
/*
 * doctor.c - `pqleak doctor`: what will and will not be seen of a command, said beforehand.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/doctor/doctor.h"
#include "analyzer/launch/launch.h"
#include "analyzer/options/command.h"
#include "analyzer/reading/run-trace.h"
#include "trace/store/trace.h"

#define NEEDED_BYTES (UINT64_C(4) * 1024 * 1024)

static void look_at_shim(struct doctor *doctor, const char *shim)
{
	char recorder[PATH_MAX];
	const char *preload = getenv("LD_PRELOAD");
	const char *audit = getenv("LD_AUDIT");

	doctor_say(doctor, DOCTOR_SEEN, "shim", "%s", shim);
	snprintf(recorder, sizeof recorder, "%.*s/libpqleak-recorder.so", (int)(strrchr(shim, '/') - shim), shim);
	if (access(recorder, R_OK) == 0)
		doctor_say(doctor, DOCTOR_SEEN, "recorder", "%s", recorder);
	else
		doctor_say(doctor, DOCTOR_UNSEEN, "recorder", "%s: %s (install pqleak again)", recorder, strerror(errno));
	void *unwinder = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (unwinder != NULL) {
		doctor_say(doctor, DOCTOR_SEEN, "unwinder", "libunwind.so.8");
		dlclose(unwinder);
	} else {
		doctor_say(doctor, DOCTOR_UNSEEN, "unwinder", "cannot load libunwind.so.8 (install libunwind8)");
	}
	if (preload != NULL && preload[0] != '\0')
		doctor_say(doctor, DOCTOR_NOTE, "preload", "LD_PRELOAD has %s, which will be loaded after pqleak", preload);
	if (audit != NULL && audit[0] != '\0')
		doctor_say(doctor, DOCTOR_NOTE, "preload",
				   "LD_AUDIT has %s, which can bind calls so that pqleak does not see them", audit);
}

static void look_at_trace(struct doctor *doctor, const char *name)
{
	char *path = run_trace_path(name);
	struct trace_failure failure = {TRACE_OK, ""};
	struct statvfs disk;
	struct stat there;
	sqlite3 *db = NULL;

	if (path == NULL)
		return;
	if (stat(path, &there) == 0 && there.st_size > 0 && trace_open(&db, path, TRACE_READ, 0, &failure) == TRACE_FOREIGN)
		doctor_say(doctor, DOCTOR_UNSEEN, "trace", "%s (name another file with -o)", failure.text);
	query_close(db);
	char *slash = strrchr(path, '/');
	*slash = '\0';
	const char *folder = path[0] != '\0' ? path : "/";
	if (access(folder, W_OK | X_OK) != 0)
		doctor_say(doctor, DOCTOR_UNSEEN, "trace",
				   "cannot write to directory '%s': %s (name a trace elsewhere with -o)", folder, strerror(errno));
	else if (statvfs(folder, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < NEEDED_BYTES)
		doctor_say(doctor, DOCTOR_UNSEEN, "trace",
				   "the disk of directory '%s' is full (name a trace elsewhere with -o)", folder);
	else
		doctor_say(doctor, DOCTOR_SEEN, "trace", "directory '%s' is writable", folder);
	free(path);
}

static int conclude(const struct doctor *doctor)
{
	if (doctor->count[DOCTOR_UNSEEN] > 0) {
		puts("pqleak: something will not be seen; 'pqleak check' will say so with exit status 2");
		return STATUS_LEAKS;
	}
	if (doctor->count[DOCTOR_UNSURE] > 0) {
		puts("pqleak: this depends on what it does at run time: 'pqleak run --check' exits\n"
			 "with 2 if something spoke PostgreSQL out of sight");
		return STATUS_UNABLE;
	}
	puts("pqleak: everything will be seen");
	return STATUS_CLEAN;
}

/* env -i COMMAND: its other options with a word of their own do not look like these. */
static void look_at_environment(struct doctor *doctor, const char *program, char *const *words)
{
	const char *slash = strrchr(program, '/');

	if (strcmp(slash != NULL ? slash + 1 : program, "env") != 0)
		return;
	for (words++; *words != NULL && (*words)[0] == '-'; words++)
		if (strcmp(*words, "-") == 0 || strcmp(*words, "-i") == 0 || strcmp(*words, "--ignore-environment") == 0) {
			doctor_say(doctor, DOCTOR_UNSEEN, "environment",
					   "'env %s' takes LD_PRELOAD from the command (give 'pqleak run' --keep-environment)", *words);
			return;
		}
}

static int run_doctor(const struct arguments *arguments)
{
	struct doctor doctor = {0};
	char program[PATH_MAX];

	if (arguments->count == 0)
		return fail(STATUS_UNABLE, "no command to examine (see 'pqleak doctor --help')");
	if (launch_find(arguments->words[0], program) != 0)
		return STATUS_UNABLE;
	char *shim = shim_find();
	if (shim == NULL)
		return STATUS_UNABLE;
	look_at_shim(&doctor, shim);
	look_at_trace(&doctor, arguments->trace);
	doctor_program(&doctor, program, shim);
	look_at_environment(&doctor, program, arguments->words);
	free(shim);
	return conclude(&doctor);
}

const struct command command_doctor = {
	.id = COMMAND_DOCTOR,
	.synopsis = "[OPTIONS] [--] COMMAND [ARGUMENT]...",
	.summary = "Say what pqleak will see of a command, without running it",
	.outro = "The exit status is 0 if all will be seen, 1 if something will not, and 2 if it\n"
			 "depends on what the command does at run time, or if there is no such command.\n",
	.is_prefix = true,
	.most = ANY_ARGUMENTS,
	.run = run_doctor,
};
