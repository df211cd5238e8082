// SPDX-License-Identifier: PostgreSQL
/*
 * words.h - what a text report says, for the page: the same words.
 */
#ifndef PQLEAK_ANALYZER_PAGE_WORDS_H
#define PQLEAK_ANALYZER_PAGE_WORDS_H

#include <stdbool.h>

#include "analyzer/options/choice.h"
#include "analyzer/reading/reading.h"

struct totals;

/* TEMP TABLEs page_line (the first lines of a report) and page_finding (number, title, text); false: it failed. */
bool page_words_make(const struct reading *reading, const struct report_choice *choice, const struct totals *totals);

#endif
