// SPDX-License-Identifier: PostgreSQL
/*
 * report-finding.h - one finding of a text report.
 *
 * Owns the query that reads findings and how one of its rows looks.
 */
#ifndef PQLEAK_ANALYZER_REPORT_REPORT_FINDING_H
#define PQLEAK_ANALYZER_REPORT_REPORT_FINDING_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/base/print.h"
#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

/* The findings in their order; its rows are what the functions below take. */
extern const char finding_query[];

/* Prints its first line, and everything. */
void finding_title(const struct printer *printer, const struct report_choice *choice, sqlite3_stmt *f);
void finding_full(const struct printer *printer, const struct report_choice *choice, const struct reading *reading,
				  sqlite3_stmt *f);

bool finding_leaked(sqlite3_stmt *f);

/* Whether it is suppressed or in the baseline. */
bool finding_excused(sqlite3_stmt *f);
int64_t finding_count(sqlite3_stmt *f);

#endif
