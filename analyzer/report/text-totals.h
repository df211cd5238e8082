// SPDX-License-Identifier: PostgreSQL
/*
 * text-totals.h - what a text report says of the whole trace: its first lines, and the numbers at its end.
 *
 * The only place that says "nothing leaked" or "cannot tell"; it never says the
 * first of a trace that cannot prove it.
 */
#ifndef PQLEAK_ANALYZER_REPORT_TEXT_TOTALS_H
#define PQLEAK_ANALYZER_REPORT_TEXT_TOTALS_H

#include "analyzer/base/print.h"
#include "analyzer/findings/totals.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

/* Prints what leaked, what is excused, and why a check passes or fails. */
void text_headline(const struct printer *printer, const struct report_choice *choice, const struct totals *totals);

/* Prints the numbers, and why the trace cannot prove more than it says. */
void text_summary(const struct printer *printer, const struct reading *reading, const struct totals *totals);

#endif
