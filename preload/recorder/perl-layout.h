// SPDX-License-Identifier: PostgreSQL
/*
 * perl-layout.h - where a Perl keeps what script-perl.c reads: found by comparing with what Perl itself says.
 *
 * Perl's exported functions name the statement that runs (Perl_mess) and a
 * sub (Perl_cv_name), but make a new value for each answer, and say nothing
 * of the callers' lines.  So its structures are read; and because they vary
 * with versions and builds, nothing is believed that was not first, once in a
 * process, found to say the same as those functions.
 *
 * Any thread that runs Perl may ask; the answer for a module is kept in one
 * word.  Never waits: who finds another thread comparing goes without.
 */
#ifndef PQLEAK_RECORDER_PERL_LAYOUT_H
#define PQLEAK_RECORDER_PERL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script.h"

/* The functions, in the order of their names in script-perl.c. */
enum perl_function {
	PERL_CALLER_CX,
	PERL_CLONE, /* only Perls with ithreads have it: all others pass no interpreter */
	PERL_GET_CONTEXT,
	PERL_MESS,
	PERL_CLOSEST_COP,
	PERL_CV_NAME,
	PERL_PP_NEXTSTATE,
	PERL_PP_DBSTATE,
	PERL_REVISION, /* data, as the next */
	PERL_VERSION,
	PERL_PUSH_SCOPE,
	PERL_SAVETMPS,
	PERL_FREE_TMPS,
	PERL_POP_SCOPE,
	PERL_RUN,
	PERL_PARSE,
};

/* A Perl that runs on this thread. */
struct perl {
	const struct script_interpreter *interpreter;
	const char *my_perl; /* its state */
	uint8_t curcop;      /* offset, in words, of the statement that runs in it, */
	uint8_t oldcop;      /* and of the calling statement in a context; 0: not known */
	bool is_aux_in_body; /* where a package's name is */
	bool is_comparing;   /* what is read may be no address */
};

struct perl_text {
	const char *bytes;
	size_t length;
};

/* A word, or another value, of a structure of Perl's. */
#define PERL_AT(type, base, offset) (*(type const *)((const char *)(base) + (offset)))

/* What a context has behind the calling statement, wherever that is, in words: where the call returns to, and the sub.
 */
#define PERL_RETOP 4
#define PERL_CV 7

#define PERL_CONTEXT_AT(perl, context, behind) (((const char *const *)(context))[(perl)->oldcop + (behind)])

/* Finds out what can be read. False: nothing. */
bool perl_prepare(struct perl *ret, const struct script_interpreter *interpreter);

/*
 * The line of statement `cop`, more exactly of the operation `op` in it (or, with `is_next`, of the one before `op`),
 * and its file. False: this is no statement.
 */
bool perl_place(const struct perl *perl, const char *cop, const void *op, bool is_next, struct perl_text *ret_file,
				uint32_t *ret_line);

/* The context of the call that is so many calls and evals out, or NULL: there are not so many. */
const char *perl_context(const struct perl *perl, int32_t level);

/* The operation that runs. */
const void *perl_op(const struct perl *perl);

/* The names of the sub's package and its own; false: unknown. */
bool perl_sub_name(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name);

#endif
