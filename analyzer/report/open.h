// SPDX-License-Identifier: PostgreSQL
/*
 * open.h - `pqleak report --open`: what is open now, or was when its process ended, in place of findings.
 */
#ifndef PQLEAK_ANALYZER_REPORT_OPEN_H
#define PQLEAK_ANALYZER_REPORT_OPEN_H

#include "analyzer/report/formats.h"

/* Makes TEMP TABLE told_open; false: it failed and said so. */
bool open_make(struct reading *reading, const struct report_choice *choice);

/* Whether each format that was asked for has a form for it, and nothing is asked that is of findings; false, and said:
 * no. */
bool open_possible(const struct report_choice *choice);

extern report_printer report_open_text, report_open_json;

#endif
