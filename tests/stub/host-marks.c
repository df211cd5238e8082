// SPDX-License-Identifier: PostgreSQL
/* host-marks.c - hosts that may no longer write beside their trace when they call libpq first, and twins that do not
 * call it.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

static void become(const char *user)
{
	uid_t uid = (uid_t)atoi(user);
	require(setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0, "another user");
}

static void connect_once(void)
{
	PQfinish(PQconnectdb(""));
}

/* once: as everybody. */
static int once(int argc, char **argv)
{
	(void)argc, (void)argv;
	connect_once();
	return 0;
}

/* late USER: becomes that user, then connects. */
static int late(int argc, char **argv)
{
	require(argc > 1, "a user");
	become(argv[1]);
	connect_once();
	return 0;
}

/* idle USER: becomes that user, and never calls libpq. */
static int idle(int argc, char **argv)
{
	require(argc > 1, "a user");
	become(argv[1]);
	return 0;
}

/* early USER: connects, becomes that user, finishes. */
static int early(int argc, char **argv)
{
	require(argc > 1, "a user");
	PGconn *conn = PQconnectdb("");
	become(argv[1]);
	PQfinish(conn);
	return 0;
}

/* jail FOLDER: has it as its root directory, then connects. */
static int jail(int argc, char **argv)
{
	require(argc > 1, "a folder");
	require(chroot(argv[1]) == 0 && chdir("/") == 0, argv[1]);
	connect_once();
	return 0;
}

/* effective USER PROGRAM WORD: becomes that user in effect only, and executes the program. */
static int effective(int argc, char **argv)
{
	require(argc > 3, "a user, a program and a word");
	require(seteuid((uid_t)atoi(argv[1])) == 0, "an effective user");
	execl(argv[2], argv[2], argv[3], NULL);
	require(false, argv[2]);
	return 0;
}

/* child USER [idle]: a child of a process that has connected becomes that user, and connects or does not. */
static int child(int argc, char **argv)
{
	require(argc > 1, "a user");
	PGconn *conn = PQconnectdb("");
	pid_t pid = fork();
	if (pid == 0)
		exit(argc > 2 ? idle(argc, argv) : late(argc, argv));
	int status;
	require(waitpid(pid, &status, 0) == pid && status == 0, "the child");
	PQfinish(conn);
	return 0;
}

int main(int argc, char **argv)
{
	return host_main((const struct host_case[]){{"once", once},
												{"late", late},
												{"idle", idle},
												{"early", early},
												{"jail", jail},
												{"child", child},
												{"effective", effective},
												{0}},
					 argc, argv);
}
