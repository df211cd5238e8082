// SPDX-License-Identifier: PostgreSQL
/*
 * findings.h - what a trace says, ready to print.
 *
 * Owns the temporary tables of a report (tally, site, member, finding) and the
 * numbers a verdict needs.  The printers only read them.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_H
#define PQLEAK_ANALYZER_FINDINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/reading.h"
#include "analyzer/report.h"

enum verdict {
	VERDICT_RELEASED,
	VERDICT_LEAKED,
	VERDICT_OPEN_AT_DEATH,
	VERDICT_OPEN,
	VERDICT_INHERITED,
	VERDICT_COUNT
};
enum kind { CONNECTIONS, RESULTS, KIND_COUNT };

struct totals {
	int64_t count[KIND_COUNT][VERDICT_COUNT];
	int64_t groups[KIND_COUNT]; /* findings that leaked */
	const char *group_noun;     /* what a finding stands for: "call site", "stack", ... */
	int64_t failed;             /* connections that were never connected */
	int64_t processes;
	int64_t reasons; /* why this trace cannot prove that nothing leaked; 0: it can */
};

/* Makes the tables, running processes included, and counts; false: it failed and said so. */
bool findings_make(struct reading *reading, const struct report_choice *choice, struct totals *ret);

int64_t totals_leaked(const struct totals *totals);

/* Connections or results ever handed out to the traced processes; inherited ones were not. */
int64_t totals_acquired(const struct totals *totals, enum kind kind);

/* Neither released nor leaked: still open, or open at death. */
int64_t totals_open(const struct totals *totals);

/* The gate: 0, `leak_status` when more than `tolerated` leaked, or STATUS_UNABLE.  A leak is a fact, also in an
   incomplete trace; nothing leaked is one only in a complete one. */
int totals_status(const struct totals *totals, int64_t tolerated, int leak_status);

#endif
