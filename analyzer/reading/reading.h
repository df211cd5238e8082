// SPDX-License-Identifier: PostgreSQL
/*
 * reading.h - a trace opened to be read by a command.
 *
 * Owns the order of things before a report: what dead processes left is
 * ingested, this build's views shadow the stored ones, and the spools of
 * running processes are looked at inside a transaction that is rolled back.
 */
#ifndef PQLEAK_ANALYZER_READING_READING_H
#define PQLEAK_ANALYZER_READING_READING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

struct reading {
	sqlite3 *db;
	const char *path; /* as the user gave it; not owned */
	/* For reading.c alone. */
	int running;  /* processes that still run */
	bool peeking; /* a transaction is open, to be rolled back */
};

/* Opens `path`.  False: the reason is printed.  Done with reading_done in either case. */
bool reading_open(struct reading *reading, const char *path);

/* Makes the temporary tables a command prints from; false: it failed and said so. */
typedef bool reading_prepare(struct reading *reading, void *context);

/* Prints from them to `file`; the same. */
typedef bool reading_print(struct reading *reading, void *context, FILE *file);

/*
 * Runs `prepare`, with running processes included.  It may run twice, and must begin by dropping what it made before:
 * symbols are looked up outside the transaction as far as possible, because that can take long and the transaction
 * keeps the traced processes from draining.
 */
bool reading_look(struct reading *reading, reading_prepare *prepare, void *context);

/* The same, and then prints, once, what is meant for standard output. */
bool reading_show(struct reading *reading, reading_prepare *prepare, reading_print *print, void *context);

/*
 * Where to print what is meant for `to`, and its end.  While running processes are looked at it is a temporary file,
 * copied when the transaction is over: a user who reads slowly (a pager) must not keep the traced processes from
 * draining.  False: it failed and said so.
 */
FILE *reading_output(struct reading *reading, FILE *to);
bool reading_output_end(struct reading *reading, FILE *output, FILE *to);

/*
 * Fills a TEMP table with what the view of its name says; the table was made in the view's place.  A view that several
 * statements read is kept so: SQLite prepares it again for each, with the views inside it, and that takes longer than
 * to read most traces.  False: it failed and said so.
 */
bool reading_keep_view(sqlite3 *db, const char *name);

void reading_done(struct reading *reading);

#define READING_CLEANUP __attribute__((cleanup(reading_done))) struct reading

#endif
