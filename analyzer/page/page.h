// SPDX-License-Identifier: PostgreSQL
/*
 * page.h - what a trace says as one file of HTML that needs nothing else.
 *
 * Owns the page: its text, style and script (web/), and the data that it holds.  Called by `pqleak html`, after
 * findings_make() with a choice of a timeline and timeline_make().
 */
#ifndef PQLEAK_ANALYZER_PAGE_PAGE_H
#define PQLEAK_ANALYZER_PAGE_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

struct totals;

#define PAGE_BUCKETS 240 /* of a timeline: a pixel or more each, and few enough to send */

/* `max_connections`: that of the server, 0: unknown.  False: it failed and said so. */
bool page_print(struct reading *reading, const struct report_choice *choice, const struct totals *totals,
				int64_t max_connections, FILE *file);

#endif
