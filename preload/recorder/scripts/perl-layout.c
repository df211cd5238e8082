// SPDX-License-Identifier: PostgreSQL
/*
 * perl-layout.c - where a Perl keeps what script-perl.c reads: found by comparing with what Perl itself says.
 *
 * Perl's exported functions name the statement that runs (Perl_mess) and a
 * sub (Perl_cv_name), but make a new value for each answer, and say nothing
 * of the callers' lines.  So its structures are read; and because they vary
 * with versions and builds, nothing is believed that was not first, once in a
 * process, found to say the same as those functions.
 *
 * Any thread that runs Perl may ask; the answer for an interpreter is kept in
 * one word, with its identity.  A thread waits only for one that compares, and
 * not for long.
 */
#include "preload/recorder/scripts/perl.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum {
	STATE_SEARCHED = 63, /* words of the interpreter */
	TRIES = 8,           /* at comparing */
	PATIENCE = 10000,    /* yields */
	HOPES = 64,          /* that a walk finds out */
	COUNT_BITS = 32,
};

/* Versions of which it is known what would be searched; it is compared all the same. */
static const struct version {
	uint8_t version, curcop, oldcop;
} versions[] = {{32, 28, 2}, {36, 26, 2}, {40, 26, 2}};

/* What is known of one interpreter: its identity, then these bits and two offsets in words. 0: nothing. */
static _Atomic uint64_t known;
static _Atomic uint64_t known_operations; /* the identity too, and two numbers of operations */
static _Atomic uint64_t failures, hopes;  /* the same, and how many there were */
static _Atomic uint32_t comparing;        /* the identity of the one that is compared; 0: none */

#define FACT_BITS 20
#define AGREES(naming) ((uint64_t)1 << (16 + (naming)))
#define DIFFERS(naming) ((uint64_t)1 << (18 + (naming)))

static const struct version *known_version(const struct perl *perl)
{
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (versions[i].version == perl->version)
			return &versions[i];
	return NULL;
}

/* --- Perl's functions --- */

typedef const char *mess_function(const char *my_perl, const char *format, ...);
typedef const char *cv_name_function(const char *my_perl, const char *cv, void *value, uint32_t flags);
typedef void scope_function(const char *my_perl);

/* --- comparing --- */

/* Whether Perl's message, "at FILE line N", begins with that place. */
static bool says(const char *message, struct perl_text file, uint32_t line)
{
	char number[sizeof " line 4294967295"];
	size_t digits = sizeof number;
	number[--digits] = '\0';
	for (uint32_t left = line; left > 0; left /= 10)
		number[--digits] = (char)('0' + left % 10);
	digits -= strlen(" line ");
	memcpy(number + digits, " line ", strlen(" line "));
	if (strncmp(message, " at ", 4) != 0 || strncmp(message + 4, file.bytes, file.length) != 0)
		return false;
	const char *rest = message + 4 + file.length;
	size_t length = strlen(number + digits);
	return strncmp(rest, number + digits, length) == 0 && (rest[length] < '0' || rest[length] > '9');
}

/* What Perl's functions make lives until leave(). */
static void enter(const struct perl *perl)
{
	PERL_CALL(scope_function, perl, PERL_PUSH_SCOPE)(perl->my_perl);
	PERL_CALL(scope_function, perl, PERL_SAVETMPS)(perl->my_perl);
}

static void leave(const struct perl *perl)
{
	PERL_CALL(scope_function, perl, PERL_FREE_TMPS)(perl->my_perl);
	PERL_CALL(scope_function, perl, PERL_POP_SCOPE)(perl->my_perl);
}

/* Finds, in the interpreter's state, the statement of which Perl says that it runs. */
static bool find_curcop(struct perl *perl)
{
	enter(perl);
	const char *message = PERL_TEXT_OF(PERL_CALL(mess_function, perl, PERL_MESS)(perl->my_perl, "%s", ""));
	unsigned found = 0;
	const struct version *version = known_version(perl);
	uint8_t first = version != NULL ? version->curcop : 1;
	uint8_t last = version != NULL ? version->curcop : STATE_SEARCHED;
	for (uint8_t word = first; word <= last; word++) {
		const char *cop = perl_statement_at(perl, perl->my_perl + word * sizeof(void *));
		struct perl_text file;
		uint32_t line;
		if (cop != NULL && perl_place(perl, cop, perl_op(perl), false, &file, &line) && says(message, file, line)) {
			perl->curcop = word;
			found++;
		}
	}
	leave(perl);
	perl->curcop = found == 1 ? perl->curcop : 0;
	return found == 1;
}

/* Finds the calling statement in a context: it lies behind two or three numbers. */
static void find_oldcop(struct perl *perl, const char *context)
{
	unsigned found = 0;
	const struct version *version = known_version(perl);
	uint8_t first = version != NULL ? version->oldcop : 2;
	uint8_t last = version != NULL ? version->oldcop : 3;
	for (uint8_t word = first; word <= last; word++)
		if (perl_statement_at(perl, context + word * sizeof(void *)) != NULL) {
			perl->oldcop = word;
			found++;
		}
	perl->oldcop = found == 1 ? perl->oldcop : 0;
}

/* Whether Perl calls the sub so. */
static bool is_name(const struct perl *perl, const char *cv, struct perl_text package, struct perl_text name)
{
	enter(perl);
	const char *said = PERL_TEXT_OF(PERL_CALL(cv_name_function, perl, PERL_CV_NAME)(perl->my_perl, cv, NULL, 0));
	bool is_same = strncmp(said, package.bytes, package.length) == 0 && strncmp(said + package.length, "::", 2) == 0 &&
				   strncmp(said + package.length + 2, name.bytes, name.length) == 0 &&
				   said[package.length + 2 + name.length] == '\0';
	leave(perl);
	return is_same;
}

/* --- what is known --- */

static uint64_t recall(const struct perl *perl)
{
	uint64_t now = atomic_load_explicit(&known, memory_order_acquire);
	return now >> FACT_BITS == perl->interpreter->identity ? now & (((uint64_t)1 << FACT_BITS) - 1) : 0;
}

static void keep(const struct perl *perl, uint64_t facts)
{
	atomic_store_explicit(&known, (uint64_t)perl->interpreter->identity << FACT_BITS | facts, memory_order_release);
}

/* How many this interpreter had, of one sort. */
static uint32_t count_of(_Atomic uint64_t *counter, const struct script_interpreter *interpreter)
{
	uint64_t now = atomic_load_explicit(counter, memory_order_relaxed);
	return now >> COUNT_BITS == interpreter->identity ? (uint32_t)now : 0;
}

/* Two threads at a time may count one. */
static void count(_Atomic uint64_t *counter, const struct script_interpreter *interpreter)
{
	uint64_t more = count_of(counter, interpreter) + 1u;
	atomic_store_explicit(counter, (uint64_t)interpreter->identity << COUNT_BITS | more, memory_order_relaxed);
}

/*
 * Waits only for a thread that compares: it needs nothing that this one may hold.  A child that was forked meanwhile
 * does not wait, as the interpreter has another identity there.
 */
static bool begin_comparing(struct perl *perl)
{
	const struct script_interpreter *interpreter = perl->interpreter;
	for (int i = 0; i < PATIENCE && count_of(&failures, interpreter) < TRIES; i++) {
		uint32_t compared = atomic_load_explicit(&comparing, memory_order_relaxed);
		if (compared != interpreter->identity &&
			atomic_compare_exchange_strong_explicit(&comparing, &compared, interpreter->identity, memory_order_acquire,
													memory_order_relaxed)) {
			perl->is_guessing = known_version(perl) == NULL;
			return true;
		}
		sched_yield();
	}
	count(&failures, interpreter);
	return false;
}

static void end_comparing(struct perl *perl)
{
	uint32_t compared = perl->interpreter->identity;
	perl->is_guessing = false;
	atomic_compare_exchange_strong_explicit(&comparing, &compared, 0, memory_order_release, memory_order_relaxed);
}

static void use_facts(struct perl *perl)
{
	uint64_t facts = recall(perl);
	perl->curcop = (uint8_t)facts;
	perl->oldcop = (uint8_t)(facts >> 8);
}

static bool use_operations(struct perl *perl)
{
	enum { BITS = 9, MASK = (1 << BITS) - 1 };
	uint64_t now = atomic_load_explicit(&known_operations, memory_order_relaxed);
	if (now >> 2 * BITS == perl->interpreter->identity) {
		perl->nextstate = now >> BITS & MASK;
		perl->scope = now & MASK;
		return true;
	}
	if (!perl_find_operations(perl))
		return false;
	now = (uint64_t)perl->interpreter->identity << 2 * BITS | (uint64_t)perl->nextstate << BITS | perl->scope;
	atomic_store_explicit(&known_operations, now, memory_order_relaxed);
	return true;
}

/* Finds out what is not known yet, as far as this moment shows it. */
static void compare_places(struct perl *perl, const char *context)
{
	if (!begin_comparing(perl))
		return;
	use_facts(perl); /* another thread may have found it out */
	if (perl->curcop == 0 && !find_curcop(perl))
		count(&failures, perl->interpreter);
	if (perl->curcop != 0 && perl->oldcop == 0 && context != NULL)
		find_oldcop(perl, context);
	keep(perl, recall(perl) | perl->curcop | (uint64_t)perl->oldcop << 8);
	end_comparing(perl);
}

static bool begin(struct perl *ret, const struct script_interpreter *interpreter)
{
	uint8_t version = PERL_AT(uint8_t, interpreter->function[PERL_VERSION], 0);
	if (PERL_AT(uint8_t, interpreter->function[PERL_REVISION], 0) != 5 || version < PERL_OLDEST ||
		version > PERL_NEWEST)
		return false;
	*ret = (struct perl){.interpreter = interpreter, .version = version};
	/* Perl_get_context is this, but is not exported any more. */
	ret->my_perl = pthread_getspecific(PERL_AT(pthread_key_t, interpreter->function[PERL_THR_KEY], 0));
	if (ret->my_perl == NULL || !use_operations(ret))
		return false;
	use_facts(ret);
	return true;
}

bool perl_prepare(struct perl *ret, const struct script_interpreter *interpreter)
{
	if (!begin(ret, interpreter))
		return false;
	const char *context = perl_context(ret, 0);
	if (ret->curcop == 0 || (context != NULL && ret->oldcop == 0))
		compare_places(ret, context);
	return ret->curcop != 0 && (context == NULL || ret->oldcop != 0);
}

/* What may be known after a walk; not after so many that it is not known. */
static enum perl_knowledge hope(const struct script_interpreter *interpreter)
{
	if (count_of(&hopes, interpreter) >= HOPES)
		return PERL_NONE;
	count(&hopes, interpreter);
	return PERL_UNKNOWN;
}

enum perl_knowledge perl_recall(struct perl *ret, const struct script_interpreter *interpreter)
{
	if (!begin(ret, interpreter))
		return PERL_NONE;
	bool is_known = ret->curcop != 0 && (ret->oldcop != 0 || perl_context(ret, 0) == NULL);
	return is_known ? PERL_KNOWN : hope(interpreter);
}

static bool compare_names(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name)
{
	if (!begin_comparing(perl))
		return false;
	enum perl_naming naming = perl_naming_of(perl, cv);
	bool is_read = naming != PERL_NAMED_OTHERWISE && perl_read_name(perl, cv, naming, ret_package, ret_name);
	if (is_read && (recall(perl) & (AGREES(naming) | DIFFERS(naming))) == 0)
		keep(perl, recall(perl) | (is_name(perl, cv, *ret_package, *ret_name) ? AGREES(naming) : DIFFERS(naming)));
	end_comparing(perl);
	return is_read && (recall(perl) & AGREES(naming));
}

bool perl_sub_name(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name)
{
	uint64_t facts = recall(perl);
	/* Once names of one kind have agreed, it is known how to tell the kinds. */
	if ((facts & (AGREES(PERL_NAMED_BY_KEY) | AGREES(PERL_NAMED_BY_GLOB))) == 0)
		return compare_names(perl, cv, ret_package, ret_name);
	enum perl_naming naming = perl_naming_of(perl, cv);
	if (naming == PERL_NAMED_OTHERWISE || (facts & DIFFERS(naming)))
		return false;
	return facts & AGREES(naming) ? perl_read_name(perl, cv, naming, ret_package, ret_name)
								  : compare_names(perl, cv, ret_package, ret_name);
}

enum perl_knowledge perl_recall_name(const struct perl *perl, const char *cv, struct perl_text *ret_package,
									 struct perl_text *ret_name)
{
	uint64_t facts = recall(perl);
	if ((facts & (AGREES(PERL_NAMED_BY_KEY) | AGREES(PERL_NAMED_BY_GLOB))) == 0)
		return hope(perl->interpreter);
	enum perl_naming naming = perl_naming_of(perl, cv);
	if (naming == PERL_NAMED_OTHERWISE || (facts & DIFFERS(naming)))
		return PERL_NONE;
	if ((facts & AGREES(naming)) == 0)
		return hope(perl->interpreter);
	return perl_read_name(perl, cv, naming, ret_package, ret_name) ? PERL_KNOWN : PERL_NONE;
}
