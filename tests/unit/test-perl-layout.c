// SPDX-License-Identifier: PostgreSQL
/*
 * test-perl-layout.c - a Perl that is made here, of a version whose layout must be searched: what is found, and what is
 * not believed.  The real Perl is in tests/scenario/test_script_perl.py.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "preload/recorder/scripts/perl.h"

/* As Perl has them on a machine of 64 bits. */
struct statement {
	void *next, *sibling;
	void (*function)(void);
	uint64_t target;
	uint16_t bits;
	uint8_t flags, private;
	uint32_t line;
	uint64_t package;
	const char *file;
};
struct key {
	uint32_t hash;
	int32_t length;
	char text[16];
};
struct value {
	void *body;
	uint32_t count, flags;
	void *content;
	void *padding[4]; /* what is looked at as if it were a statement has other things behind it */
};

enum { NEXTSTATE = 2, GLOB = 9, HASH = 12, CODE = 13, HAS_AUX = 0x02000000, CURCOP = 31, OLDCOP = 3 };

static void nextstate(void)
{
}

static void dbstate(void)
{
}

static const char *const op_names[] = {"null", "stub", "nextstate", "dbstate", "scope", "freed"};
static void *op_functions[] = {NULL, NULL, (__extension__(void *) nextstate), (__extension__(void *) dbstate), NULL};

/* --- the interpreter --- */

static uint8_t revision, version;
static const char *message, *said_name;
static struct statement running = {.function = nextstate, .bits = NEXTSTATE, .line = 12, .file = "a.pl"};
static struct statement calling = {.function = dbstate, .bits = NEXTSTATE + 1, .line = 34, .file = "a.pl"};
static struct statement other = {.function = nextstate, .bits = NEXTSTATE, .line = 56, .file = "a.pl"};
static void *state[1024];
static void *context[16];
static bool is_in_sub;
static int scopes;

static struct key package_key = {0, 4, "Some"}, sub_key = {0, 3, "sub"};
static void *package_body[10], *glob_body[6], *code_body[13];
static struct value package = {.body = package_body, .flags = HASH | HAS_AUX, .content = package_body};
static struct value glob = {.body = glob_body, .flags = GLOB};
static struct value code = {.body = code_body, .flags = CODE};

static const void *caller_cx(const void *perl, int32_t level, const void **ret_debugged)
{
	assert_ptr_equal(perl, state);
	assert_null(ret_debugged);
	return is_in_sub && level == 0 ? context : NULL;
}

static const void *mess(const void *perl, const char *format, ...)
{
	static struct value answer;
	assert_ptr_equal(perl, state);
	assert_string_equal(format, "%s");
	answer.content = (void *)(uintptr_t)message;
	return &answer;
}

static const void *cv_name(const void *perl, const void *cv, void *value, uint32_t flags)
{
	static struct value answer;
	assert_ptr_equal(perl, state);
	assert_ptr_equal(cv, &code);
	assert_null(value);
	assert_int_equal(flags, 0);
	answer.content = (void *)(uintptr_t)said_name;
	return &answer;
}

static void enter_scope(const void *perl)
{
	assert_ptr_equal(perl, state);
	scopes++;
}

static void leave_scope(const void *perl)
{
	assert_ptr_equal(perl, state);
	scopes--;
}

#define FUNCTION(name) (__extension__(void *) name)

/* An interpreter that nothing is known of yet, where the one before lay. */
static struct script_interpreter new_module(uint8_t its_version)
{
	static uint32_t identity;
	struct script_interpreter interpreter = {.low = 0x10000, .identity = ++identity};
	static pthread_key_t key;
	if (identity == 1) {
		pthread_key_create(&key, NULL);
		pthread_setspecific(key, state);
	}
	void *functions[] = {
		[PERL_CALLER_CX] = FUNCTION(caller_cx),
		[PERL_MESS] = FUNCTION(mess),
		[PERL_CV_NAME] = FUNCTION(cv_name),
		[PERL_REVISION] = &revision,
		[PERL_VERSION] = &version,
		[PERL_THR_KEY] = &key,
		[PERL_OP_NAME] = (void *)(uintptr_t)op_names,
		[PERL_PPADDR] = op_functions,
		[PERL_PUSH_SCOPE] = FUNCTION(enter_scope),
		[PERL_SAVETMPS] = FUNCTION(enter_scope),
		[PERL_FREE_TMPS] = FUNCTION(leave_scope),
		[PERL_POP_SCOPE] = FUNCTION(leave_scope),
	};
	memcpy(interpreter.function, functions, sizeof functions);
	revision = 5;
	version = its_version;
	message = " at a.pl line 12.\n";
	said_name = "Some::sub";
	memset(state, 0, sizeof state);
	state[2] = (void *)0x123;                     /* no address */
	state[3] = (void *)0x7fff12345678;            /* nothing is there */
	state[4] = (void *)((uintptr_t)&running + 4); /* not aligned */
	state[5] = &package;                          /* no statement */
	state[6] = &other;                            /* not the one that runs */
	state[CURCOP] = &running;
	memset(context, 0, sizeof context);
	context[2] = (void *)0x5500000003;
	context[OLDCOP] = &calling;
	context[OLDCOP + PERL_CV] = &code;
	is_in_sub = false;
	scopes = 0;
	package_body[4] = &package_key;
	glob_body[4] = &sub_key;
	glob_body[5] = &package;
	code_body[4] = &package;
	code_body[7] = &glob;
	memset(&code_body[11], 0, 2 * sizeof code_body[0]);
	return interpreter;
}

static void finds_statements(void **unused)
{
	(void)unused;
	struct script_interpreter module = new_module(38);
	struct perl perl;
	struct perl_text file;
	uint32_t line;
	assert_true(perl_prepare(&perl, &module));
	assert_int_equal(perl.curcop, CURCOP);
	assert_int_equal(perl.oldcop, 0);
	assert_int_equal(scopes, 0);
	is_in_sub = true;
	assert_true(perl_prepare(&perl, &module));
	assert_int_equal(perl.curcop, CURCOP);
	assert_int_equal(perl.oldcop, OLDCOP);
	assert_false(perl.is_guessing);
	assert_true(perl_place(&perl, PERL_CONTEXT_AT(&perl, context, 0), NULL, true, &file, &line));
	assert_int_equal(line, 34);
	assert_memory_equal(file.bytes, "a.pl", file.length);
	/* From now on nothing is compared any more. */
	message = "nonsense";
	assert_true(perl_prepare(&perl, &module));
}

/* A statement that has been optimised away, in the tree of another, knows the line better. */
static void finds_the_closest_statement(void **unused)
{
	(void)unused;
	struct operation {
		void *next, *sibling;
		void (*function)(void);
		uint64_t target;
		uint16_t bits;
		uint8_t flags, private;
		uint32_t unused;
		void *first;
	};
	enum { OTHER = 1, HAS_SIBLING = 1 << 14, HAS_KIDS = 4 };
	struct operation call = {.bits = OTHER};
	struct statement gone = {.sibling = &call, .target = NEXTSTATE, .bits = HAS_SIBLING, .line = 13};
	struct operation tree = {.bits = OTHER, .flags = HAS_KIDS, .first = &gone};
	struct script_interpreter module = new_module(38);
	struct perl perl;
	struct perl_text file;
	uint32_t line;
	assert_true(perl_prepare(&perl, &module));
	running.sibling = &tree;
	running.bits |= HAS_SIBLING;
	assert_true(perl_place(&perl, (char *)&running, &call, false, &file, &line));
	assert_int_equal(line, 13);
	assert_true(perl_place(&perl, (char *)&running, &tree, false, &file, &line));
	assert_int_equal(line, 12);
	assert_true(perl_place(&perl, (char *)&running, &gone, true, &file, &line));
	assert_int_equal(line, 12);
	call.next = &module;
	assert_true(perl_place(&perl, (char *)&running, &module, true, &file, &line));
	assert_int_equal(line, 13);
	running.sibling = NULL;
	running.bits = NEXTSTATE;
}

static void believes_nothing_that_perl_denies(void **unused)
{
	(void)unused;
	static const char *const messages[] = {".\n", " at a.pl line 1.\n", " at a.pl line 121.\n", " at b.pl line 12.\n"};
	struct perl perl;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		struct script_interpreter module = new_module(38);
		message = messages[i];
		assert_false(perl_prepare(&perl, &module));
		assert_int_equal(scopes, 0);
	}
	/* Two that agree: which is it? */
	struct script_interpreter module = new_module(38);
	state[7] = &running;
	assert_false(perl_prepare(&perl, &module));
}

static void wants_known_structures(void **unused)
{
	(void)unused;
	struct perl perl;
	struct script_interpreter module = new_module(PERL_OLDEST - 1);
	assert_false(perl_prepare(&perl, &module));
	version = PERL_NEWEST + 1;
	assert_false(perl_prepare(&perl, &module));
	version = 38, revision = 7;
	assert_false(perl_prepare(&perl, &module));
	revision = 5;
	assert_true(perl_prepare(&perl, &module));
	/* A caller that is no statement. */
	is_in_sub = true;
	context[OLDCOP] = &package;
	assert_false(perl_prepare(&perl, &module));
}

static void reads_names_that_perl_says_too(void **unused)
{
	(void)unused;
	struct script_interpreter module = new_module(38);
	struct perl perl;
	struct perl_text in_package, name;
	is_in_sub = true;
	assert_true(perl_prepare(&perl, &module));
	assert_true(perl_sub_name(&perl, PERL_CONTEXT_AT(&perl, context, PERL_CV), &in_package, &name));
	assert_memory_equal(in_package.bytes, "Some", in_package.length);
	assert_memory_equal(name.bytes, "sub", name.length);
	assert_int_equal(scopes, 0);
	/* Another kind of name is compared by itself. */
	uint32_t is_named = 0x8000;
	memcpy((char *)code_body + 92, &is_named, sizeof is_named);
	code_body[7] = &sub_key;
	said_name = "Some::other";
	assert_false(perl_sub_name(&perl, PERL_CONTEXT_AT(&perl, context, PERL_CV), &in_package, &name));
	said_name = "Some::sub";
	assert_false(perl_sub_name(&perl, PERL_CONTEXT_AT(&perl, context, PERL_CV), &in_package, &name));
}

static void knows_no_name_that_perl_denies(void **unused)
{
	(void)unused;
	static const char *const names[] = {"Some::su", "Some::subs", "Other::sub", "sub"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct script_interpreter module = new_module(38);
		struct perl perl;
		struct perl_text in_package, name;
		is_in_sub = true;
		said_name = names[i];
		assert_true(perl_prepare(&perl, &module));
		assert_false(perl_sub_name(&perl, PERL_CONTEXT_AT(&perl, context, PERL_CV), &in_package, &name));
	}
}

/* What was compared, and hoped for, in vain is forgotten with the interpreter that lay there. */
static void begins_anew_with_another(void **unused)
{
	(void)unused;
	struct script_interpreter module = new_module(38);
	struct perl perl;
	unsigned hopes = 0;
	message = "nonsense";
	for (int i = 0; i < 20; i++)
		assert_false(perl_prepare(&perl, &module));
	while (perl_recall(&perl, &module) == PERL_UNKNOWN)
		assert_in_range(++hopes, 1, 1000);
	message = " at a.pl line 12.\n";
	assert_false(perl_prepare(&perl, &module));
	module = new_module(38);
	assert_int_equal(perl_recall(&perl, &module), PERL_UNKNOWN);
	assert_true(perl_prepare(&perl, &module));
	assert_int_equal(perl_recall(&perl, &module), PERL_KNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_statements),
		cmocka_unit_test(finds_the_closest_statement),
		cmocka_unit_test(believes_nothing_that_perl_denies),
		cmocka_unit_test(wants_known_structures),
		cmocka_unit_test(reads_names_that_perl_says_too),
		cmocka_unit_test(knows_no_name_that_perl_denies),
		cmocka_unit_test(begins_anew_with_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
