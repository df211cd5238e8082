// SPDX-License-Identifier: PostgreSQL
/*
 * pattern.h - the patterns of suppressions, as LeakSanitizer has them.
 */
#ifndef PQLEAK_ANALYZER_KNOWN_PATTERN_H
#define PQLEAK_ANALYZER_KNOWN_PATTERN_H

#include <stdbool.h>

/* Whether the pattern matches a part of `text`: '*' is any text, a '^' at its begin and a '$' at its end are the
 * text's. */
bool pattern_matches(const char *pattern, const char *text);

#endif
