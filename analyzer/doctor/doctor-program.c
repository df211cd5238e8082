// SPDX-License-Identifier: PostgreSQL
/*
 * doctor-program.c - what a command's file says about what will be seen of it; see doctor.h.
 *
 * The dynamic linker is asked what it would load; the program itself does not
 * run.
 */
#include "analyzer/doctor/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/launch/elf-look.h"
#include "analyzer/launch/launch.h"
#include "trace/base/reach.h"

/* --- what runs programs of its own --- */

/* By the beginning of the file's name. */
static const struct {
	const char *name;
	enum doctor_answer answer;
	const char *text;
} runtimes[] = {
	{"python", DOCTOR_UNSURE, "psycopg2 and psycopg use libpq and are seen; asyncpg and pg8000 are not"},
	{"pypy", DOCTOR_UNSURE, "psycopg2cffi and psycopg use libpq and are seen; asyncpg and pg8000 are not"},
	{"node", DOCTOR_UNSURE, "pg-native uses libpq and is seen; pg and postgres are not"},
	{"bun", DOCTOR_UNSEEN, "its drivers speak the protocol themselves"},
	{"deno", DOCTOR_UNSEEN, "its drivers speak the protocol themselves"},
	{"java", DOCTOR_UNSEEN, "its drivers (pgjdbc, R2DBC) speak the protocol themselves"},
	{"dotnet", DOCTOR_UNSEEN, "its driver Npgsql speaks the protocol itself"},
	{"beam", DOCTOR_UNSEEN, "its drivers (Postgrex, epgsql) speak the protocol themselves"},
	{"erl", DOCTOR_UNSEEN, "its drivers (Postgrex, epgsql) speak the protocol themselves"},
	{"php", DOCTOR_SEEN, "pgsql and PDO use libpq"},
	{"ruby", DOCTOR_SEEN, "pg uses libpq"},
	{"perl", DOCTOR_UNSURE, "DBD::Pg uses libpq and is seen; programs it starts are examined when they start"},
	{"tclsh", DOCTOR_SEEN, "tdbc::postgres and Pgtcl use libpq"},
	{"lua", DOCTOR_UNSURE, "luasql and luapgsql use libpq and are seen; pgmoon is not"},
	{"Rscript", DOCTOR_SEEN, "RPostgres and RPostgreSQL use libpq"},
	{"dash", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
	{"bash", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
	{"zsh", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
	{"env", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
	{"make", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
	{"timeout", DOCTOR_UNSURE, "it starts other programs, which are examined when they start"},
};

static bool say_runtime(struct doctor *doctor, const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < sizeof runtimes / sizeof runtimes[0]; i++)
		if (strncmp(name, runtimes[i].name, strlen(runtimes[i].name)) == 0) {
			doctor_say(doctor, runtimes[i].answer, "runs", "%s: %s", name, runtimes[i].text);
			return true;
		}
	return false;
}

/* --- what the dynamic linker would load --- */

struct loaded {
	char libpq[PATH_MAX]; /* empty: none */
	bool shim, libc;
};

static void read_list(FILE *list, const char *shim, struct loaded *loaded)
{
	char line[PATH_MAX + 256];

	while (fgets(line, sizeof line, list) != NULL) {
		char *path = strchr(line, '/');
		if (path == NULL)
			continue;
		path[strcspn(path, " \n")] = '\0';
		const char *name = strrchr(path, '/') + 1;
		if (strncmp(name, "libpq.so", 8) == 0 || strncmp(name, "libpq-", 6) == 0)
			snprintf(loaded->libpq, sizeof loaded->libpq, "%s", path);
		loaded->shim |= strcmp(path, shim) == 0;
		loaded->libc |= strncmp(name, "libc.so.", 8) == 0;
	}
}

#if defined __x86_64__
#define LINKER "/lib64/ld-linux-x86-64.so.2"
#elif defined __aarch64__
#define LINKER "/lib/ld-linux-aarch64.so.1"
#endif

static bool list_loaded(const char *path, const char *shim, struct loaded *ret)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int ends[2];
	int status = -1;
	const char *argv[] = {LINKER, "--preload", shim, "--list", path, NULL};

	memset(ret, 0, sizeof *ret);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int error = posix_spawn(&pid, LINKER, &actions, NULL, (char **)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	FILE *list = fdopen(ends[0], "r");
	if (list != NULL && error == 0)
		read_list(list, shim, ret);
	if (list != NULL)
		fclose(list);
	while (error == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return error == 0 && status == 0;
}

/* --- the file --- */

static void say_lines(struct doctor *doctor, const struct elf_look *look)
{
	const char *servers = getenv("DEBUGINFOD_URLS");

	if (look->has_lines)
		return;
	doctor_say(doctor, DOCTOR_NOTE, "lines", "it has no debug information, so places will have no line numbers%s",
			   servers != NULL && servers[0] != '\0' ? " (debuginfod is asked for them)" : " (build with -g)");
}

static void look_at_dynamic(struct doctor *doctor, const char *path, const char *shim, const struct elf_look *look)
{
	struct loaded loaded;

	if (look->is_go && (look->sign[0] != '\0' || !look->needs_libpq)) {
		doctor_say(doctor, look->sign[0] != '\0' ? DOCTOR_UNSEEN : DOCTOR_UNSURE, "driver",
				   "a Go program makes its own system calls; %s%s",
				   look->sign[0] != '\0' ? "it has " : "no known driver was found in it", look->sign);
		return;
	}
	if (look->exports_libpq || strcmp(look->sign, "a libpq inside") == 0) {
		doctor_say(doctor, DOCTOR_UNSEEN, "libpq",
				   "is linked into the program, where its calls cannot be intercepted (link with -lpq)");
		return;
	}
	if (look->names_auditor)
		doctor_say(doctor, DOCTOR_UNSURE, "linker",
				   "not asked what it would load: the program names an audit library (DT_AUDIT), whose code would run");
	else if (!list_loaded(path, shim, &loaded))
		doctor_say(doctor, DOCTOR_UNSURE, "linker", "the dynamic linker cannot list what it would load");
	else if (!loaded.shim)
		doctor_say(doctor, DOCTOR_UNSEEN, "linker", "the dynamic linker does not load the shim");
	else if (say_runtime(doctor, path))
		return;
	else if (loaded.libpq[0] != '\0')
		doctor_say(doctor, DOCTOR_SEEN, "libpq", "%s", loaded.libpq);
	else if (look->sign[0] != '\0')
		doctor_say(doctor, DOCTOR_UNSURE, "driver", "it has %s, which does not use libpq", look->sign);
	else
		doctor_say(doctor, DOCTOR_UNSURE, "libpq",
				   "not among its libraries; one that it loads later will be seen, and programs it starts are "
				   "examined when they start");
}

static void look_at_elf(struct doctor *doctor, const char *path, enum reach reach, const char *shim)
{
	static const char *const reasons[REACH_COUNT] = {
		[REACH_STATIC] = "is statically linked: LD_PRELOAD has no effect (link it dynamically)",
		[REACH_SETUID] = "gains privileges when it starts, so LD_PRELOAD is ignored (run it as its owner, or run an "
						 "unprivileged copy)",
		[REACH_MACHINE] = "is for a different machine than pqleak, so it runs without it (use a pqleak built for it)",
		[REACH_LIBC] =
			"uses a C library other than glibc 2.35 or later, so it runs without pqleak (build it for glibc)",
	};
	struct elf_look look;

	if (!elf_look(path, &look)) {
		doctor_say(doctor, DOCTOR_UNSURE, "program", "'%s' cannot be read", path);
		return;
	}
	if (reach != REACH_YES) {
		doctor_say(doctor, DOCTOR_UNSEEN, "program", "%s %s", path, reasons[reach]);
		if (look.sign[0] != '\0' || look.needs_libpq)
			doctor_say(doctor, DOCTOR_UNSEEN, "driver", "it has %s", look.sign[0] != '\0' ? look.sign : "libpq");
		return;
	}
	doctor_say(doctor, DOCTOR_SEEN, "program", "%s is dynamically linked", path);
	look_at_dynamic(doctor, path, shim, &look);
	say_lines(doctor, &look);
}

/* The program that "#!/usr/bin/env NAME" means; false: the script has another first line. */
static bool find_by_env(const char *script, char ret[PATH_MAX])
{
	char line[512] = "";
	FILE *file = fopen(script, "re");
	bool has_line = file != NULL && fgets(line, sizeof line, file) != NULL;

	if (file != NULL)
		fclose(file);
	if (!has_line || strncmp(line, "#!", 2) != 0)
		return false;
	char *rest = NULL;
	const char *word = strtok_r(line + 2, " \t\n", &rest);
	if (word == NULL || strlen(word) < 4 || strcmp(word + strlen(word) - 4, "/env") != 0)
		return false;
	while ((word = strtok_r(NULL, " \t\n", &rest)) != NULL && (word[0] == '-' || strchr(word, '=') != NULL))
		;
	return word != NULL && launch_find(word, ret) == 0;
}

void doctor_program(struct doctor *doctor, const char *path, const char *shim)
{
	char named[PATH_MAX];
	char found[PATH_MAX];
	enum reach reach = reach_judge(AT_FDCWD, find_by_env(path, named) ? named : path, found, sizeof found, NULL, 0);

	if (reach == REACH_NOTHING) {
		doctor_say(doctor, DOCTOR_UNSURE, "program", "'%s' is neither an ELF file nor a script that starts with #!",
				   path);
		return;
	}
	char *real = realpath(path, NULL);
	if (real != NULL && strcmp(real, found) != 0)
		doctor_say(doctor, DOCTOR_NOTE, "script", "'%s' is run by %s", path, found);
	free(real);
	look_at_elf(doctor, found, reach, shim);
}
