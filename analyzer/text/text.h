// SPDX-License-Identifier: PostgreSQL
/*
 * text.h - the parts of a text report; `pqleak show` prints stacks in the same way.
 *
 * headline.c is the only place that says "nothing leaked" or "cannot tell"; it
 * never says the first of a trace that cannot prove it.
 */
#ifndef PQLEAK_ANALYZER_TEXT_TEXT_H
#define PQLEAK_ANALYZER_TEXT_TEXT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/findings/totals.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"
#include "analyzer/words/kinds.h"

/* --- parts.c --- */

#define PART_INDENT 4 /* of what is below a title */
#define PART_LABEL 9  /* columns of its labels */
#define INDEX_INDENT 2

enum part_list { PART_TARGETS, PART_TRANSACTIONS, PART_PROCESSES, PART_HOSTS, PART_RUNS, PART_LABELS, PART_TESTS };

/* Prints "label a (7), b (3) and 5 more" of the members of a finding; nothing when there are none. */
void part_list(const struct printer *printer, sqlite3 *db, enum part_list list, int64_t finding);

/* Prints when and how a connection was last used; id 0: never. */
void part_last_use(const struct printer *printer, sqlite3 *db, int64_t connection);

/* --- stacks.c --- */

/* A stack to print. */
struct part_stack {
	char *title; /* what happened there */
	int64_t stack;
	bool whole;  /* nothing is cut, names are not shortened */
	bool blamed; /* the call of this level and depth stands out, and is shown */
	int level, depth;
};

/* Prints a stack, innermost first, without a title; drivers are dimmed.  Unless `whole`, long ones are cut around the
 * call site.  Interpreters' frames are left out unless printer->native. */
void part_stack(const struct printer *printer, sqlite3 *db, int64_t stack, bool whole);

/* Prints up to three with their titles: side by side where the terminal is wide, else one under the other. */
void part_stacks(const struct printer *printer, sqlite3 *db, const struct part_stack *parts, int count);

/* --- finding.c --- */

/* A row of finding-rows.sql; its texts are valid until the next one is read. */
struct finding {
	int64_t number;
	enum resource_kind kind;
	enum verdict verdict;
	const char *state, *shape, *excused; /* as in TEMP TABLE finding; excused: "" when it is not */
	const char *head, *tail;             /* where, in words */
	int64_t count, stacks, ways;         /* how many, by how many stacks, which differ in so many of their places */
	int64_t stack;                       /* the one that most were acquired by */
	int level, depth;                    /* of the call in it that is to blame; level -1: none is */
	const char *function;                /* that acquired it; NULL: unknown, they were only counted */
	int64_t used_stack;                  /* of the last use; -1: there was none */
	const char *use_function;
	int64_t release_stack, releases; /* by which most of what is comparable was released, and how many; -1: none was */
	int64_t first_ns, last_ns;       /* when they were acquired; 0: unknown, they were only counted */
	int64_t first_id, used_id;       /* the first, and the one last used; 0: unknown */
	int64_t rows, bytes, outlived;
	int64_t released; /* so many were acquired there and came to the same outcome, but were released */
	struct {
		int64_t callers, leaking; /* of the wrapper; callers 0: it is told apart from none */
		int64_t lost, acquired, others_lost, others_acquired;
		int levels;                 /* from the wrapper to the call site: 1: it is the wrapper */
		const char *wrapper, *site; /* functions */
	} separation;
	struct {
		bool pooled;                                           /* a pool lent it to whom the title names */
		int64_t later;                                         /* up to so many were opened after its last use */
		int64_t latest;                                        /* of so many no other was */
		int64_t opened;                                        /* so many were opened in all where these were */
		int64_t unused_ns;                                     /* the longest time without a use; 0: unknown */
		int64_t used_ns;                                       /* the last use of any */
		int64_t threads, lives;                                /* that used them last; which still live, -1: unknown */
		bool alone;                                            /* each of them used one, and nobody else did */
		int64_t exit, thread, collector, code, unknown, never; /* how they were given back */
		int64_t last_uses, uses; /* by the stacks of their last uses: so many were the last, of so many in all */
		int64_t elsewhere_last, elsewhere_uses; /* the same by other stacks */
		const char *pool;                       /* its name */
		const char *borrower, *borrower_tail;   /* where most were last used, if elsewhere; "" */
	} life;                                     /* of abandoned ones; zeros of others */
	struct {
		int64_t longest_ns;       /* one of them was idle so long */
		int64_t open, begun;      /* so many had not ended, of so many that began there */
		const char *since, *tail; /* the call before that */
	} idle;                       /* of idle transactions; zeros of others */
};

/* The next finding, in their order; false: there is none, or it failed, and said so. */
bool finding_next(sqlite3_stmt *rows, struct finding *ret, bool *ret_failed);

/* Prints its first line, and everything; and its line in an index, with so many columns for the number. */
void finding_title(const struct printer *printer, const struct report_choice *choice, const struct finding *f);
void finding_in_index(const struct printer *printer, const struct report_choice *choice, const struct finding *f,
					  int width);
void finding_full(const struct printer *printer, const struct report_choice *choice, const struct reading *reading,
				  const struct finding *f);

/* --- life.c --- */

/* Prints what the life of abandoned connections and idle transactions shows; nothing of others. */
void finding_life(const struct printer *printer, const struct report_choice *choice, const struct finding *f);

#define FAIL_ON_TEXT 512

/* What of --fail-on would fail on what was found and fails no check; false: there is nothing of the kind. */
bool life_fail_on(const struct gate *gate, const struct totals *totals, char ret[FAIL_ON_TEXT]);

/* Prints lines for a report's first ones: what was given back, but not as it should have been, and what passes a check.
 */
void life_headline(const struct printer *printer, const struct gate *gate, const struct totals *totals);

/* --- misuse.c --- */

/* Prints the calls that must not be; with `excused` also those that the user accepts. */
bool text_misuses(const struct printer *printer, sqlite3 *db, bool all, bool excused);

/* How many there are, and how many of so many it prints. */
int64_t misuse_count(sqlite3 *db, bool excused);
int64_t misuse_shown(int64_t count, bool all);

/* Prints the lines of up to so many in an index. */
bool misuse_index(const struct printer *printer, sqlite3 *db, bool excused, int64_t most, int width);

/* --- index.c --- */

#define MOST_INDEXED 200 /* without --all */

/* Prints a line for each of so many findings and misuses, where there are many; `excused`: also for what is excused,
 * `most_full`: so many of what leaked follow in full. */
bool text_index(const struct printer *printer, sqlite3 *db, const struct report_choice *choice, bool excused,
				int64_t most_full, bool *ret_printed);

/* --- unnamed.c --- */

/* Prints which files have no names for what the report shows, and how to get them; nothing where all has. */
bool text_unnamed(const struct printer *printer, sqlite3 *db, const struct report_choice *choice);

/* --- headline.c and summary.c --- */

/* Prints what leaked, what is excused, and why a check passes or fails. */
void text_headline(const struct printer *printer, sqlite3 *db, const struct report_choice *choice,
				   const struct totals *totals);

/* Prints the numbers, and why the trace cannot prove more than it says. */
void text_summary(const struct printer *printer, const struct reading *reading, const struct totals *totals);

#endif
