// SPDX-License-Identifier: PostgreSQL
/* perl-layout.c - see perl-layout.h. */
#include "perl-layout.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	/* Perls whose structures are as below, but for what is searched. */
	OLDEST = 30,
	NEWEST = 42,
	BODY_HAS_AUX_SINCE = 35,

	/* an operation, and a statement, which is one */
	OP_SIBLING = 8,
	OP_FUNCTION = 16,
	OP_BITS = 32,
	OP_HAS_SIBLING = 1 << 14,
	COP_LINE = 36,
	COP_FILE = 48,
	COP_BYTES = 56,

	/* a value */
	SV_FLAGS = 12,
	SV_TYPE = 0xff,
	SV_TEXT = 16,
	TYPE_GLOB = 9,
	TYPE_HASH = 12,
	TYPE_CODE = 13,
	HASH_HAS_AUX = 0x03000000, /* one of these bits, as the version has it */

	/* the bodies of values */
	HASH_MAX = 24,
	HASH_BYTES = 32,
	AUX_NAMES = 28,
	GLOB_NAME = 32,
	GLOB_STASH = 40,
	CODE_STASH = 32,
	CODE_NAME = 56,
	CODE_FLAGS = 92,
	CODE_IS_NAMED = 0x8000,
	CODE_IS_LEXICAL = 0x10000,
	KEY_LENGTH = 4,
	KEY_TEXT = 8,

	/* the interpreter */
	STATE_OP = 8,
	STATE_SEARCHED = 64, /* words */
	STATE_BYTES = 4096,  /* about: one statement is in it, the one that stands for compiling */
	PAGE = 4096,
	TRIES = 8,        /* at comparing */
	PATIENCE = 10000, /* yields */
};

/* What is known of one module: its page's number, then these bits and two offsets in words. 0: nothing. */
static _Atomic uint64_t known;
static _Atomic uint32_t failures;
static atomic_flag comparing;

#define FACT_BITS 20
#define AGREES(naming) ((uint64_t)1 << (16 + (naming)))
#define DIFFERS(naming) ((uint64_t)1 << (18 + (naming)))

/* --- reading --- */

/*
 * Whether so many bytes can be read there, at most a page: the kernel looks at them before it refuses the rest.  For
 * words that may be no address, while comparing.
 */
static bool is_readable(const char *address, size_t length)
{
	if ((uintptr_t)address < PAGE || (uintptr_t)address % sizeof(void *) != 0)
		return false;
	const char *last = address + (length - 1) / sizeof(void *) * sizeof(void *);
	return syscall(SYS_rt_sigprocmask, ~0, address, NULL, 8) != 0 && errno == EINVAL &&
		   syscall(SYS_rt_sigprocmask, ~0, last, NULL, 8) != 0 && errno == EINVAL;
}

/* --- Perl's functions --- */

typedef const char *get_context_function(void);
typedef const char *caller_cx_function(const char *my_perl, int32_t level, const char **ret_debugged);
typedef const char *mess_function(const char *my_perl, const char *format, ...);
typedef const char *closest_cop_function(const char *my_perl, const char *cop, const char *sibling, const void *op,
										 bool is_next);
typedef const char *cv_name_function(const char *my_perl, const char *cv, void *value, uint32_t flags);
typedef void scope_function(const char *my_perl);

#define CALL(type, perl, number) (__extension__(type *)(perl)->interpreter->function[number])

const char *perl_context(const struct perl *perl, int32_t level)
{
	return CALL(caller_cx_function, perl, PERL_CALLER_CX)(perl->my_perl, level, NULL);
}

/* --- statements --- */

static bool is_statement(const struct perl *perl, const char *op)
{
	const void *function = PERL_AT(void *, op, OP_FUNCTION);
	return function == perl->interpreter->function[PERL_PP_NEXTSTATE] ||
		   function == perl->interpreter->function[PERL_PP_DBSTATE] ||
		   (function == NULL && op >= perl->my_perl && op < perl->my_perl + STATE_BYTES);
}

const void *perl_op(const struct perl *perl)
{
	return PERL_AT(void *, perl->my_perl, STATE_OP);
}

bool perl_place(const struct perl *perl, const char *cop, const void *op, bool is_next, struct perl_text *ret_file,
				uint32_t *ret_line)
{
	if (cop == NULL || !is_statement(perl, cop))
		return false;
	const char *file = PERL_AT(char *, cop, COP_FILE);
	/* As caller() does: a statement within this one may have been optimised away, but still knows its line. */
	const char *sibling = PERL_AT(uint16_t, cop, OP_BITS) & OP_HAS_SIBLING ? PERL_AT(char *, cop, OP_SIBLING) : NULL;
	const char *closest = CALL(closest_cop_function, perl, PERL_CLOSEST_COP)(perl->my_perl, cop, sibling, op, is_next);
	*ret_line = PERL_AT(uint32_t, closest != NULL ? closest : cop, COP_LINE);
	*ret_file = (struct perl_text){file, file != NULL ? strlen(file) : 0};
	return file != NULL && *ret_line != 0;
}

/* --- names --- */

/* Another value or text that this one points to at `offset`, or NULL. */
static const char *follow(const struct perl *perl, const char *from, size_t offset)
{
	const char *to = PERL_AT(char *, from, offset);
	return perl->is_comparing && !is_readable(to, AUX_NAMES + sizeof(int32_t)) ? NULL : to;
}

static bool has_type(const char *value, uint32_t type)
{
	return value != NULL && (PERL_AT(uint32_t, value, SV_FLAGS) & SV_TYPE) == type;
}

static bool key_text(const char *key, struct perl_text *ret)
{
	if (key == NULL || PERL_AT(int32_t, key, KEY_LENGTH) <= 0)
		return false;
	*ret = (struct perl_text){key + KEY_TEXT, (size_t)PERL_AT(int32_t, key, KEY_LENGTH)};
	return true;
}

static bool package_name(const struct perl *perl, const char *package, struct perl_text *ret)
{
	if (!has_type(package, TYPE_HASH) || (PERL_AT(uint32_t, package, SV_FLAGS) & HASH_HAS_AUX) == 0)
		return false;
	const char *body = follow(perl, package, 0);
	const char *array = follow(perl, package, SV_TEXT);
	if (body == NULL || array == NULL)
		return false;
	const char *aux =
		perl->is_aux_in_body ? body + HASH_BYTES : array + (PERL_AT(uint64_t, body, HASH_MAX) + 1) * sizeof(void *);
	/* A package with several names is left alone. */
	return (!perl->is_comparing || is_readable(aux, AUX_NAMES + sizeof(int32_t))) &&
		   PERL_AT(int32_t, aux, AUX_NAMES) == 0 && key_text(follow(perl, aux, 0), ret);
}

enum naming {
	NAMED_BY_KEY,  /* its own, in the package it was compiled in */
	NAMED_BY_GLOB, /* which has the key and the package */
	NAMED_OTHERWISE,
};

static enum naming naming_of(const struct perl *perl, const char *cv)
{
	const char *body = has_type(cv, TYPE_CODE) ? follow(perl, cv, 0) : NULL;
	uint32_t flags = body != NULL ? PERL_AT(uint32_t, body, CODE_FLAGS) : CODE_IS_LEXICAL;
	return flags & CODE_IS_LEXICAL ? NAMED_OTHERWISE : flags & CODE_IS_NAMED ? NAMED_BY_KEY : NAMED_BY_GLOB;
}

static bool read_name(const struct perl *perl, const char *cv, enum naming naming, struct perl_text *ret_package,
					  struct perl_text *ret_name)
{
	const char *body = follow(perl, cv, 0);
	const char *named = follow(perl, body, CODE_NAME);
	if (naming == NAMED_BY_KEY)
		return key_text(named, ret_name) && package_name(perl, follow(perl, body, CODE_STASH), ret_package);
	const char *glob = has_type(named, TYPE_GLOB) ? follow(perl, named, 0) : NULL;
	return glob != NULL && key_text(follow(perl, glob, GLOB_NAME), ret_name) &&
		   package_name(perl, follow(perl, glob, GLOB_STASH), ret_package);
}

/* --- comparing --- */

/* The word at that place, when it is the address of a statement. */
static const char *statement_at(const struct perl *perl, const char *place)
{
	const char *op = *(const char *const *)place;
	return is_readable(op, COP_BYTES) && is_statement(perl, op) ? op : NULL;
}

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
	CALL(scope_function, perl, PERL_PUSH_SCOPE)(perl->my_perl);
	CALL(scope_function, perl, PERL_SAVETMPS)(perl->my_perl);
}

static void leave(const struct perl *perl)
{
	CALL(scope_function, perl, PERL_FREE_TMPS)(perl->my_perl);
	CALL(scope_function, perl, PERL_POP_SCOPE)(perl->my_perl);
}

/* Finds, in the interpreter's state, the statement of which Perl says that it runs. */
static bool find_curcop(struct perl *perl)
{
	enter(perl);
	const char *message = PERL_AT(char *, CALL(mess_function, perl, PERL_MESS)(perl->my_perl, "%s", ""), SV_TEXT);
	unsigned found = 0;
	for (uint8_t word = 1; word < STATE_SEARCHED; word++) {
		const char *cop = statement_at(perl, perl->my_perl + word * sizeof(void *));
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
	for (uint8_t word = 2; word <= 3; word++)
		if (statement_at(perl, context + word * sizeof(void *)) != NULL) {
			perl->oldcop = word;
			found++;
		}
	perl->oldcop = found == 1 ? perl->oldcop : 0;
}

/* Whether Perl calls the sub so. */
static bool is_name(const struct perl *perl, const char *cv, struct perl_text package, struct perl_text name)
{
	enter(perl);
	const char *said = PERL_AT(char *, CALL(cv_name_function, perl, PERL_CV_NAME)(perl->my_perl, cv, NULL, 0), SV_TEXT);
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
	return now >> FACT_BITS == perl->interpreter->low / PAGE ? now & (((uint64_t)1 << FACT_BITS) - 1) : 0;
}

static void keep(const struct perl *perl, uint64_t facts)
{
	atomic_store_explicit(&known, perl->interpreter->low / PAGE << FACT_BITS | facts, memory_order_release);
}

/*
 * Waits only for a thread that compares: it needs nothing that this one may hold.  A child that was forked meanwhile
 * waits in vain, a few times.
 */
static bool begin_comparing(struct perl *perl)
{
	for (int i = 0; i < PATIENCE && atomic_load(&failures) < TRIES; i++) {
		if (!atomic_flag_test_and_set_explicit(&comparing, memory_order_acquire)) {
			perl->is_comparing = true;
			return true;
		}
		sched_yield();
	}
	atomic_fetch_add(&failures, 1);
	return false;
}

static void end_comparing(struct perl *perl)
{
	perl->is_comparing = false;
	atomic_flag_clear_explicit(&comparing, memory_order_release);
}

static void use_facts(struct perl *perl)
{
	uint64_t facts = recall(perl);
	perl->curcop = (uint8_t)facts;
	perl->oldcop = (uint8_t)(facts >> 8);
}

/* Finds out what is not known yet, as far as this moment shows it. */
static void compare_places(struct perl *perl, const char *context)
{
	if (!begin_comparing(perl))
		return;
	use_facts(perl); /* another thread may have found it out */
	if (perl->curcop == 0 && !find_curcop(perl))
		atomic_fetch_add(&failures, 1);
	if (perl->curcop != 0 && perl->oldcop == 0 && context != NULL)
		find_oldcop(perl, context);
	keep(perl, recall(perl) | perl->curcop | (uint64_t)perl->oldcop << 8);
	end_comparing(perl);
}

bool perl_prepare(struct perl *ret, const struct script_interpreter *interpreter)
{
	uint8_t version = PERL_AT(uint8_t, interpreter->function[PERL_VERSION], 0);
	if (PERL_AT(uint8_t, interpreter->function[PERL_REVISION], 0) != 5 || version < OLDEST || version > NEWEST)
		return false;
	*ret = (struct perl){.interpreter = interpreter, .is_aux_in_body = version >= BODY_HAS_AUX_SINCE};
	ret->my_perl = CALL(get_context_function, ret, PERL_GET_CONTEXT)();
	if (ret->my_perl == NULL)
		return false;
	const char *context = perl_context(ret, 0);
	use_facts(ret);
	if (ret->curcop == 0 || (context != NULL && ret->oldcop == 0))
		compare_places(ret, context);
	return ret->curcop != 0 && (context == NULL || ret->oldcop != 0);
}

static bool compare_names(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name)
{
	if (!begin_comparing(perl))
		return false;
	enum naming naming = is_readable(cv, 3 * sizeof(void *)) ? naming_of(perl, cv) : NAMED_OTHERWISE;
	bool is_read = naming != NAMED_OTHERWISE && read_name(perl, cv, naming, ret_package, ret_name);
	if (is_read && (recall(perl) & (AGREES(naming) | DIFFERS(naming))) == 0)
		keep(perl, recall(perl) | (is_name(perl, cv, *ret_package, *ret_name) ? AGREES(naming) : DIFFERS(naming)));
	end_comparing(perl);
	return is_read && (recall(perl) & AGREES(naming));
}

bool perl_sub_name(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name)
{
	uint64_t facts = recall(perl);
	/* Once names of one kind have agreed, it is known how to tell the kinds. */
	if ((facts & (AGREES(NAMED_BY_KEY) | AGREES(NAMED_BY_GLOB))) == 0)
		return compare_names(perl, cv, ret_package, ret_name);
	enum naming naming = naming_of(perl, cv);
	if (naming == NAMED_OTHERWISE || (facts & DIFFERS(naming)))
		return false;
	return facts & AGREES(naming) ? read_name(perl, cv, naming, ret_package, ret_name)
								  : compare_names(perl, cv, ret_package, ret_name);
}
