// SPDX-License-Identifier: PostgreSQL
/*
 * open.h - `pqleak report --open`: what is open now, or was when its process ended, in place of findings.
 */
#ifndef PQLEAK_ANALYZER_REPORT_OPEN_H
#define PQLEAK_ANALYZER_REPORT_OPEN_H

#include "analyzer/report/formats.h"

/* Makes TEMP TABLE told_open; false: it failed and said so. */
bool open_make(struct reading *reading, const struct report_choice *choice);

/* Whether each format that was asked for has a form for it; false: one has not, and that was said. */
bool open_possible(const struct formats *formats);

extern report_printer report_open_text, report_open_json;

#endif
