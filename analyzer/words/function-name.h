// SPDX-License-Identifier: PostgreSQL
/*
 * function-name.h - names of functions: without what makes them long, and without what the next build changes.
 */
#ifndef PQLEAK_ANALYZER_WORDS_FUNCTION_NAME_H
#define PQLEAK_ANALYZER_WORDS_FUNCTION_NAME_H

#include <stdbool.h>

/*
 * Takes template arguments and parameter lists out of `name`, in place: "a::f<int>(b const&)" becomes "a::f".
 * What does not look like C++ stays as it is.
 */
void shorten_name(char *name);

/* Takes away in place what a compiler adds to a function's name and may not add tomorrow: `.part.0`, ` [clone .cold]`,
 * and the numbers of lambdas. */
void stable_native_name(char *function);

/* Takes away in place the file and line that PHP puts into a closure's name. */
void stable_script_name(char *function);

/* Whether every program or thread begins with this function: it tells a reader nothing. */
bool is_start_function(const char *function);

#define FINGERPRINT_TEXT 33

/* 128 bits of FNV-1a in hexadecimal, by which readers of some formats tell findings apart; returns `ret`. */
const char *fingerprint(char ret[FINGERPRINT_TEXT], const char *text);

#endif
