// SPDX-License-Identifier: PostgreSQL
/*
 * client.h - what the little traced programs share.
 *
 * Owns the table of named cases that each program is, and the few calls every
 * case makes.  Called by the programs of this folder, which the scenario tests
 * run under pqleak.  They are ordinary users of libpq: they know nothing of
 * pqleak and link nothing of it.  The server is taken from PGHOST and friends.
 */
#ifndef PQLEAK_TESTS_CLIENT_H
#define PQLEAK_TESTS_CLIENT_H

#include <libpq-fe.h>

struct client_case {
	const char *name;
	const char *purpose;
	int (*run)(int argc, char **argv); /* argv[0] is the case's name; returns the exit status */
};

/* Runs the case that argv[1] names; without one lists them all.  `cases` ends with a NULL name. */
int client_main(int argc, char **argv, const struct client_case *cases);

/* What one kind of resource or misuse looks like done wrong, and the same work done right. */
struct client_twins {
	const char *name;
	const char *purpose;
	void (*wrong)(void);
	void (*right)(void);
};

/* Runs the twin that argv[1] (its name) and argv[2] ("wrong" or "right") choose; `twins` ends with a NULL name. */
int client_twins_main(int argc, char **argv, const struct client_twins *twins);

/* Number `index` of the case's arguments, or `otherwise` when it is not given. */
int client_number(int argc, char **argv, int index, int otherwise);

/* An open connection to the server of the environment; ends the program with status 90 when there is none. */
PGconn *client_open(void);

/* Runs a statement and clears its result; ends the program with status 91 when it fails. */
void client_do(PGconn *conn, const char *statement);

/* Ends the program with status 91, saying what did not go as it should. */
void client_fail(PGconn *conn, const char *what) __attribute__((noreturn));

/* Takes and clears the results of what was sent, until there are none. */
void client_drain(PGconn *conn);

/* Drives PQconnectPoll (or PQresetPoll) to its end; 0 when it came out well. */
int client_poll(PGconn *conn, PostgresPollingStatusType (*poll_function)(PGconn *));

/* Prints a line at once, however the program ends. */
void client_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
