// SPDX-License-Identifier: PostgreSQL
/*
 * stable-name.h - what is the same of a name from build to build, and a short hash of it.
 *
 * Used by paths.sql, and by the outputs whose readers tell findings apart by
 * a fingerprint.
 */
#ifndef PQLEAK_ANALYZER_STABLE_NAME_H
#define PQLEAK_ANALYZER_STABLE_NAME_H

#define FINGERPRINT_TEXT 33

/*
 * Takes away in place what a compiler adds to a function's name and may not add tomorrow, as `.part.0` and
 * ` [clone .cold]`, and the file and line that PHP puts into a closure's.
 */
void stable_name(char *function);

/* 128 bits of FNV-1a in hexadecimal; returns `ret`. */
const char *fingerprint(char ret[FINGERPRINT_TEXT], const char *text);

#endif
