// SPDX-License-Identifier: PostgreSQL
/*
 * columns.h - how wide a text is on a terminal, and what of a call is left out where it is too wide.
 *
 * Called by print.c and by whoever aligns columns.  Never prints.
 */
#ifndef PQLEAK_ANALYZER_BASE_COLUMNS_H
#define PQLEAK_ANALYZER_BASE_COLUMNS_H

#include <stdbool.h>

#define ELLIPSIS "..."

/* Whether the user's locale has characters to draw with, by its name. */
bool locale_has_blocks(void);

/* Columns that a text takes: a Chinese character two, an accent of its own none. */
int text_columns(const char *text);

/* Where what does not fit into so many columns begins. */
const char *text_at_column(const char *text, int columns);

enum fit {
	FIT_NAME,  /* what stands before a function's own name goes: namespaces, classes, modules */
	FIT_PLACE, /* the folders of its file, too, and then the middle of its place */
	FIT_ALL,   /* and the middle of the name */
};

/*
 * A call, its name and its place (" (file:line)"), in `room` columns, with no more left out than that needs.  As far as
 * `fit` goes; with less than FIT_ALL it may be wider still.  Freed by the caller; NULL: out of memory.
 */
char *fit_call(const char *name, const char *place, int room, enum fit fit);

#endif
