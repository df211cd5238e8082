// SPDX-License-Identifier: PostgreSQL
/*
 * stable-name.h - what is the same of a name from build to build, and a short hash of it.
 *
 * Used by paths.sql, and by the outputs whose readers tell findings apart by
 * a fingerprint.
 */
#ifndef PQLEAK_ANALYZER_WORDS_STABLE_NAME_H
#define PQLEAK_ANALYZER_WORDS_STABLE_NAME_H

#define FINGERPRINT_TEXT 33

/* Takes away in place what a compiler adds to a function's name and may not add tomorrow: `.part.0`, ` [clone .cold]`,
 * and the numbers of lambdas. */
void stable_native_name(char *function);

/* Takes away in place the file and line that PHP puts into a closure's name. */
void stable_script_name(char *function);

/* 128 bits of FNV-1a in hexadecimal; returns `ret`. */
const char *fingerprint(char ret[FINGERPRINT_TEXT], const char *text);

#endif
