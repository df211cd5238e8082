// SPDX-License-Identifier: PostgreSQL
/*
 * findings.h - what a trace says, ready to print.
 *
 * Owns the order in which the temporary tables of a report are made.  The
 * printers only read them.
 */
#ifndef PQLEAK_ANALYZER_FINDINGS_FINDINGS_H
#define PQLEAK_ANALYZER_FINDINGS_FINDINGS_H

#include <stdbool.h>

#include "analyzer/findings/totals.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

/* Makes the tables, running processes included, and counts; false: it failed and said so. */
bool findings_make(struct reading *reading, const struct report_choice *choice, struct totals *ret);

#endif
