// SPDX-License-Identifier: PostgreSQL
/*
 * message.h - what pqleak says on stderr, and its guess at what was meant; its exit status.
 *
 * Owns the prefix "pqleak: " and the nearest-word hint.  Called everywhere in
 * the analyzer.  Control characters in arguments are replaced, so that a file
 * name cannot drive the terminal.
 */
#ifndef PQLEAK_ANALYZER_BASE_MESSAGE_H
#define PQLEAK_ANALYZER_BASE_MESSAGE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* The exit statuses that all commands share. */
enum exit_status {
	STATUS_CLEAN = 0,
	STATUS_LEAKS = 1,
	STATUS_UNABLE = 2,       /* cannot tell, or cannot do what was asked */
	STATUS_RUN_FAILED = 125, /* `run` itself failed; as env(1) and timeout(1) */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNALLED = 128, /* plus the signal's number */
};

/* Prints "pqleak: MESSAGE" on stderr. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, to be returned by a caller that fails: false, or an exit status. */
#define refuse(...) (complain(__VA_ARGS__), false)
#define fail(status, ...) (complain(__VA_ARGS__), (status))

/* The word nearest to `word` among the `names` (ended by NULL), or NULL when none is near. */
const char *nearest(const char *word, const char *const *names);

#define HINT_TEXT 64

/*
 * What an error adds of the word that was perhaps meant: "; did you mean 'HINT'?", with `before` (as "--") in front of
 * it, or "" when `hint` is NULL.  Returns `ret`.
 */
const char *did_you_mean(char ret[HINT_TEXT], const char *before, const char *hint);

/* "one, other or third", with `last` for "or"; `words` are ended by NULL.  Returns `ret`, in which it is cut. */
const char *list_words(char *ret, size_t size, const char *const *words, const char *last);

/* A text as vprintf would print it, made printable; for free().  NULL: out of memory. */
char *printable_text(const char *format, va_list values) __attribute__((format(printf, 1, 0)));

#endif
