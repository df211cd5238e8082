// SPDX-License-Identifier: PostgreSQL
/*
 * host.h - what the test hosts share: choosing a case by name, and saying what happened.
 *
 * A host is an ordinary user of libpq.  What it prints must be the same with
 * and without the shim, so it prints nothing that may differ of itself:
 * no addresses, no process ids, no times.
 */
#ifndef PQLEAK_STUB_HOST_H
#define PQLEAK_STUB_HOST_H

#include "stub.h"

struct host_case {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the case's name; the answer is the exit status */
};

/* Runs the case named by argv[1]; the list ends with {0}. */
int host_main(const struct host_case *cases, int argc, char **argv);

/* Prints a line at once. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints what a stub has counted: every function that was reached, foreign objects, and what is still held. */
void say_counts(const char *whose, struct stub_control *control);

/* Ends the host with status 98 and the sentence when the condition is false: the case itself is broken. */
void require(bool condition, const char *what);

/* The same without a dlerror: dlopen and dlsym that must succeed. */
void *must_open(const char *path, int mode);
void *must_find(void *handle, const char *name);

#endif
