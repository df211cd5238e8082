// SPDX-License-Identifier: PostgreSQL
/*
 * text-finding.h - one finding of a text report.
 *
 * Owns what is read of a finding, and how it looks.
 */
#ifndef PQLEAK_ANALYZER_REPORT_TEXT_FINDING_H
#define PQLEAK_ANALYZER_REPORT_TEXT_FINDING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"
#include "analyzer/words/kinds.h"

/* A row of finding-rows.sql; its texts are valid until the next one is read. */
struct finding {
	int64_t number;
	enum resource_kind kind;
	enum verdict verdict;
	const char *state, *shape, *excused; /* as in TEMP TABLE finding; excused: "" when it is not */
	const char *head, *tail;             /* where, in words */
	int64_t count, stacks;               /* how many, by how many stacks */
	int64_t stack;                       /* the one that most were acquired by */
	int level, depth;                    /* of the call in it that is to blame; level -1: none is */
	const char *function;                /* that acquired it; NULL: unknown, they were only counted */
	int64_t used_stack;                  /* of the last use; -1: there was none */
	const char *use_function;
	int64_t release_stack, releases; /* by which most of what is comparable was released, and how many; -1: none was */
	int64_t first_ns, last_ns;       /* when they were acquired; 0: unknown, they were only counted */
	int64_t first_id, used_id;       /* the first, and the one last used; 0: unknown */
	int64_t rows, bytes, outlived;
	struct {
		int64_t callers, leaking; /* of the wrapper; callers 0: it is told apart from none */
		int64_t lost, acquired, others_lost, others_acquired;
		int levels;                 /* from the wrapper to the call site: 1: it is the wrapper */
		const char *wrapper, *site; /* functions */
	} separation;
};

/* The next finding, in their order; false: there is none, or it failed, and said so. */
bool finding_next(sqlite3_stmt *rows, struct finding *ret, bool *ret_failed);

/* Prints its first line, and everything. */
void finding_title(const struct printer *printer, const struct report_choice *choice, const struct finding *f);
void finding_full(const struct printer *printer, const struct report_choice *choice, const struct reading *reading,
				  const struct finding *f);

#endif
