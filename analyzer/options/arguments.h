// SPDX-License-Identifier: PostgreSQL
/*
 * arguments.h - what a command was told: plain data.
 *
 * options.def says which option sets what.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_ARGUMENTS_H
#define PQLEAK_ANALYZER_OPTIONS_ARGUMENTS_H

#include <stdbool.h>

#include "analyzer/options/choice.h"

#define DEFAULT_TRACE "pqleak.db" /* where none is named */

/* What the configuration file adds to the command line. */
struct configured {
	int argc;
	char **argv; /* the command line with the file's options in front of what was typed */
	char *file;  /* NULL: there is none */
	int *lines;  /* where each of the file's options stands; argv[1 + i] is that of lines[i] */
	int count;
};

/* Which of a list are wanted, and in which order. */
struct listing {
	const char *site;  /* NULL: any */
	const char *sort;  /* of sort_words(); NULL: by id */
	int64_t unused_ns; /* for so long at least; 0: any */
};

struct arguments {
	struct report_choice report;
	struct export_choice export;
	struct diff_choice diff;
	struct listing listing; /* of `show` */
	const char *trace;      /* to write; to read: see arguments_trace */
	const char *output;     /* of `baseline` and `export`; NULL: standard output */
	const char *sql;        /* value for PQLEAK_SQL, or NULL */
	const char *events;     /* value for PQLEAK_EVENTS, or NULL */
	const char *lines;      /* value for PQLEAK_LINES, or NULL: what the environment has */
	const char *label;      /* value for PQLEAK_LABEL, or NULL: what the environment has */
	long long leak_status;
	long long connection;      /* of `timeline`; -1: all */
	long long max_connections; /* 0: unknown */
	bool append, check, quiet;
	bool keep_environment;     /* `run` has LD_PRELOAD put back where a program clears it */
	bool unnamed;              /* `run` stores no names */
	const char *configuration; /* NULL: it is looked for */
	bool unconfigured;         /* there is none */
	struct configured configured;
	int count; /* of what follows the options */
	char **words;
};

/* The trace that the first word names, or the default one. */
const char *arguments_trace(const struct arguments *arguments);

#endif
