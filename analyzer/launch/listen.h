// SPDX-License-Identifier: PostgreSQL
/*
 * listen.h - hearing of processes that can leave no mark beside the trace.
 *
 * Owns the launcher's socket.  It is abstract, so that a process of another
 * user, or with another root directory, reaches it; its name is random, and
 * handed down in the environment.  The kernel tells who sends.  Any local user
 * can find the name and send something: whatever is heard may make a report
 * doubt, never trust.
 */
#ifndef PQLEAK_ANALYZER_LAUNCH_LISTEN_H
#define PQLEAK_ANALYZER_LAUNCH_LISTEN_H

#include <sys/types.h>

#define LISTEN_NAME 40

struct listener {
	int fd;                 /* negative: there is none */
	char name[LISTEN_NAME]; /* for PQLEAK_MARKS */
};

/* What was sent, and by whom. */
struct heard {
	pid_t pid;
	uid_t uid;
	const char *text;
};

/* Begins to listen.  Without a socket the command runs all the same. */
struct listener listen_begin(void);

/* Passes on what waits, a bounded number. */
void listen_hear(const struct listener *listener, void (*hear)(const void *context, const struct heard *heard),
				 const void *context);

void listen_end(struct listener *listener);

#endif
