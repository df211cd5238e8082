// SPDX-License-Identifier: PostgreSQL
/*
 * short-name.h - a demangled name without what makes it long.
 */
#ifndef PQLEAK_ANALYZER_WORDS_SHORT_NAME_H
#define PQLEAK_ANALYZER_WORDS_SHORT_NAME_H

/*
 * Takes template arguments and parameter lists out of `name`, in place: "a::f<int>(b const&)" becomes "a::f".
 * What does not look like C++ stays as it is.
 */
void shorten_name(char *name);

#endif
