// SPDX-License-Identifier: PostgreSQL
/*
 * perl.h - reading Perl's structures: statements, contexts of calls, names of subs.
 *
 * Owns their layout, as far as Perls 5.30 to 5.42 with ithreads share it.
 * Whether this Perl keeps to it is for perl-layout.c to find out; until then
 * `is_guessing` has each address looked at before it is followed.  Only reads.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PERL_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PERL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/script.h"

#define PERL_OLDEST 30
#define PERL_NEWEST 42

/* Functions of Perl, and data. */
#define PERL_FUNCTIONS(F)                                                                                              \
	F(PERL_CALLER_CX, "Perl_caller_cx")                                                                                \
	F(PERL_CLONE, "perl_clone") /* only Perls with ithreads have it: all others pass no interpreter */                 \
	F(PERL_MESS, "Perl_mess")                                                                                          \
	F(PERL_CV_NAME, "Perl_cv_name")                                                                                    \
	F(PERL_REVISION, "PL_revision") /* data, as the next */                                                            \
	F(PERL_VERSION, "PL_version")                                                                                      \
	F(PERL_THR_KEY, "PL_thr_key")                                                                                      \
	F(PERL_OP_NAME, "PL_op_name")                                                                                      \
	F(PERL_PPADDR, "PL_ppaddr")                                                                                        \
	F(PERL_PUSH_SCOPE, "Perl_push_scope")                                                                              \
	F(PERL_SAVETMPS, "Perl_savetmps")                                                                                  \
	F(PERL_FREE_TMPS, "Perl_free_tmps")                                                                                \
	F(PERL_POP_SCOPE, "Perl_pop_scope")                                                                                \
	F(PERL_RUN, "perl_run")                                                                                            \
	F(PERL_PARSE, "perl_parse")

enum perl_function { PERL_FUNCTIONS(SCRIPT_NUMBER) };

/* A Perl that runs on this thread. */
struct perl {
	const struct script_interpreter *interpreter;
	const char *my_perl; /* its state */
	uint16_t nextstate;  /* the kinds of operations: a statement, and with a debugger the next number too; */
	uint16_t scope;      /* a block without variables */
	uint8_t version;     /* 36 for 5.36 */
	uint8_t curcop;      /* offset, in words, of the statement that runs in it, */
	uint8_t oldcop;      /* and of the calling statement in a context; 0: not known */
	bool is_guessing;    /* what is read may be no address */
};

struct perl_text {
	const char *bytes;
	size_t length;
};

/* A word, or another value, of a structure of Perl's. */
#define PERL_AT(type, base, offset) (*(type const *)((const char *)(base) + (offset)))

/* Of a context, in words behind the calling statement, wherever that is: where the call returns to, and the sub. */
#define PERL_RETOP 4
#define PERL_CV 7

#define PERL_CONTEXT_AT(perl, context, behind) (((const char *const *)(context))[(perl)->oldcop + (behind)])

/* One of Perl's functions. */
#define PERL_CALL(type, perl, number) FUNCTION_OF((perl)->interpreter, number, type *)

/* The text of a value that Perl has just made. */
#define PERL_TEXT_OF(value) PERL_AT(char *, value, 16)

/* Finds the numbers of the kinds of operations, which `perl` has then. False: there are none of those names. */
bool perl_find_operations(struct perl *perl);

/*
 * The line of statement `cop`, more exactly of the operation `op` in it (or, with `is_next`, of the one before `op`),
 * and its file. False: this is no statement.
 */
bool perl_place(const struct perl *perl, const char *cop, const void *op, bool is_next, struct perl_text *ret_file,
				uint32_t *ret_line);

bool perl_is_statement(const struct perl *perl, const char *cop);

/* A statement's file, and its number in the order in which statements are parsed, with its line. */
const char *perl_file(const char *cop);
uint64_t perl_statement_number(const char *cop);

/* The context of the call that is so many calls and evals out, or NULL: there are not so many. */
const char *perl_context(const struct perl *perl, int32_t level);

/* The operation that runs. */
const void *perl_op(const struct perl *perl);

/* The word at that place, when it is the address of a statement, else NULL. */
const char *perl_statement_at(const struct perl *perl, const char *place);

/* Where the text of a name lies in what Perl keeps of it: behind a number made of it, and its length. */
#define PERL_KEY_TEXT 8

/* How a sub has its name. */
enum perl_naming {
	PERL_NAMED_BY_KEY,  /* its own, in the package it was compiled in */
	PERL_NAMED_BY_GLOB, /* which has the key and the package */
	PERL_NAMED_OTHERWISE,
};

enum perl_naming perl_naming_of(const struct perl *perl, const char *cv);

/* The names of the sub's package and its own; false: unknown. */
bool perl_read_name(const struct perl *perl, const char *cv, enum perl_naming naming, struct perl_text *ret_package,
					struct perl_text *ret_name);

/* --- whether this Perl keeps to that layout: perl-layout.c --- */

/* Finds out what can be read. False: nothing. */
bool perl_prepare(struct perl *ret, const struct script_interpreter *interpreter);

enum perl_knowledge {
	PERL_NONE, /* it cannot be known */
	PERL_KNOWN,
	PERL_UNKNOWN, /* before it is prepared, or asked for the name, once more */
};

/* The same as perl_prepare from what was found out before, without asking Perl. */
enum perl_knowledge perl_recall(struct perl *ret, const struct script_interpreter *interpreter);

/* The same as perl_sub_name. */
enum perl_knowledge perl_recall_name(const struct perl *perl, const char *cv, struct perl_text *ret_package,
									 struct perl_text *ret_name);

/* The names of the sub's package and its own; false: unknown. */
bool perl_sub_name(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name);

#endif
