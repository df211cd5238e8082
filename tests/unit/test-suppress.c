// SPDX-License-Identifier: PostgreSQL
/* test-suppress.c - patterns, the files of suppressions, and what is the same of a name from build to build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyzer/known/baseline-file.h"
#include "analyzer/known/suppress-file.h"
#include "analyzer/words/function-name.h"

static void patterns_match_as_leaksanitizers(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *text;
		bool matches;
	} cases[] = {
		{"check", "my_checkout", true},
		{"chk", "my_checkout", false},
		{"^my", "my_checkout", true},
		{"^check", "my_checkout", false},
		{"out$", "my_checkout", true},
		{"check$", "my_checkout", false},
		{"^my_checkout$", "my_checkout", true},
		{"^my*out$", "my_checkout", true},
		{"my*k*t", "my_checkout", true},
		{"t*m", "my_checkout", false},
		{"ab*ab$", "abxabyab", true},
		{"^a*b", "aaac", false},
		{"out$", "outout", true},
		{"^out$", "outout", false},
		{"*", "", true},
		{"", "anything", true},
		{"^", "anything", true},
		{"$", "anything", true},
		{"^$", "", true},
		{"^$", "x", false},
		{"a$b", "a$b", true},
		{"a^b", "a^b", true},
		{"x", "", false},
		{"**a", "ba", true},
		{"^operator*(int)$", "operator*(int)", true},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (pattern_matches(cases[i].pattern, cases[i].text) != cases[i].matches)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].text);
}

/* A file with these bytes. */
static const char *file_with(const char *bytes, size_t length)
{
	static char path[] = "/tmp/pqleak-suppress-XXXXXX";
	memcpy(strrchr(path, '-') + 1, "XXXXXX", 6);
	int descriptor = mkstemp(path);
	assert_true(descriptor >= 0);
	assert_int_equal(write(descriptor, bytes, length), (ssize_t)length);
	close(descriptor);
	return path;
}

static bool read_suppressions(const char *text, struct suppressions *ret)
{
	const char *path = file_with(text, strlen(text));
	bool done = suppress_read(ret, path);
	unlink(path);
	return done;
}

static void a_whole_entry_is_read(void **state)
{
	(void)state;
	struct suppressions all = {0};
	assert_true(
		read_suppressions("\xef\xbb\xbf# one\r\nleak: pool \r\n\tkind:large-object\r\n\r\n  # why\r\n  frame: a b\r\n"
						  "  frame: ...\r\n  frame: c\r\n  module: lib*.so\r\n  verdict: open-at-death\r\n"
						  "  reason: SHOP-1: it is old\r\n  expires: 2028-02-29\r\nmisuse:x\r\n kind: two-threads",
						  &all));
	assert_int_equal(all.count, 2);
	const struct suppression *item = &all.items[0];
	assert_false(item->is_misuse);
	assert_int_equal(item->line, 2);
	assert_string_equal(item->pattern, "pool");
	assert_int_equal(item->kind, KIND_LARGE_OBJECT);
	assert_int_equal(item->verdict, VERDICT_OPEN_AT_DEATH);
	assert_int_equal(item->frame_count, 3);
	assert_string_equal(item->frames[0], "a b");
	assert_string_equal(item->frames[1], "...");
	assert_string_equal(item->frames[2], "c");
	assert_string_equal(item->module, "lib*.so");
	assert_string_equal(item->reason, "SHOP-1: it is old");
	assert_string_equal(item->expires, "2028-02-29");
	item = &all.items[1];
	assert_true(item->is_misuse);
	assert_int_equal(item->line, 13);
	assert_int_equal(item->misuse, MISUSE_TWO_THREADS);
	assert_int_equal(item->verdict, VERDICT_COUNT);
	assert_null(item->reason);
	assert_string_equal(item->expires, "");
	/* A second file adds to the first. */
	assert_true(read_suppressions("leak:y", &all));
	assert_int_equal(all.count, 3);
	suppressions_done(&all);
}

static void dates_are_dates(void **state)
{
	(void)state;
	static const char *const wrong[] = {"2026-13-01",  "2026-00-10", "2026-04-31", "2026-1-1",   "26-01-01",
										"2026-01-01x", "tomorrow",   "2026-01-",   "0000-01-01", "2026-02-29"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct suppressions all = {0};
		char text[64];
		snprintf(text, sizeof text, "leak:x\n expires: %s\n", wrong[i]);
		assert_false(read_suppressions(text, &all));
		suppressions_done(&all);
	}
	struct suppressions all = {0};
	assert_true(read_suppressions("leak:x\n expires: 2028-02-29\n", &all));
	suppressions_done(&all);
}

static void a_baseline_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"\xef\xbb\xbf# pqleak baseline, version 1\r\n# a comment\n\n12\tconnection\tleaked\ta:b < c:d e\r\n"
		"1\tuse after finish\tmisuse\tx";
	struct baseline baseline = {0};
	const char *path = file_with(text, sizeof text - 1);
	assert_true(baseline_read(&baseline, path));
	unlink(path);
	assert_int_equal(baseline.count, 2);
	assert_int_equal(baseline.items[0].count, 12);
	assert_string_equal(baseline.items[0].kind, "connection");
	assert_string_equal(baseline.items[0].verdict, "leaked");
	assert_string_equal(baseline.items[0].path, "a:b < c:d e");
	assert_string_equal(baseline.items[1].path, "x");
	/* The last one given counts. */
	path = file_with(text, 34);
	assert_true(baseline_read(&baseline, path));
	unlink(path);
	assert_int_equal(baseline.count, 0);
	baseline_done(&baseline);
}

static void names_are_stable(void **state)
{
	(void)state;
	static const char *const native[][2] = {
		{"checkout.part.0", "checkout"},
		{"checkout.constprop.0.isra.0", "checkout"},
		{"checkout.cold", "checkout"},
		{"checkout.part.0.cold", "checkout"},
		{"checkout.cold.12", "checkout"},
		{"Pool::take() [clone .cold]", "Pool::take()"},
		{"Pool::take() [clone .isra.0] [clone .cold]", "Pool::take()"},
		{"checkout.c", "checkout.c"},
		{"cache.cold_start", "cache.cold_start"},
		{"mail.part.close", "mail.part.close"},
		{"mail.part.", "mail.part."},
		{".cold", ".cold"},
		{".cold.cold", ".cold"},
		{"Pool::take() [clone ", "Pool::take() [clone "},
		{"main::{lambda()#2}::operator()() const", "main::{lambda()}::operator()() const"},
		{"{lambda(int)#1}::operator()(int)::{lambda()#3}", "{lambda(int)}::operator()(int)::{lambda()}"},
		{"main::$_0::operator()() const", "main::$_::operator()() const"},
		{"cost#1$2$_", "cost#1$2$_"},
		{"cost$_12abc", "cost$_12abc"},
		{"", ""},
	};
	static const char *const script[][2] = {
		{"{closure:/srv/shop.php:12}", "{closure}"},
		{"Shop\\{closure:/srv/a.php:1}\\{closure:/srv/b.php:2}", "Shop\\{closure}\\{closure}"},
		{"{closure:{closure:/srv/a.php:3}:14}", "{closure}"},
		{"Cache.cold", "Cache.cold"},
		{"{closure:", "{closure:"},
		{"{closure}", "{closure}"},
		{"", ""},
	};
	char name[128];
	for (size_t i = 0; i < sizeof native / sizeof native[0]; i++) {
		snprintf(name, sizeof name, "%s", native[i][0]);
		stable_native_name(name);
		assert_string_equal(name, native[i][1]);
	}
	for (size_t i = 0; i < sizeof script / sizeof script[0]; i++) {
		snprintf(name, sizeof name, "%s", script[i][0]);
		stable_script_name(name);
		assert_string_equal(name, script[i][1]);
	}
}

/* Of the vectors that the authors of FNV publish. */
static void fingerprints_are_fnv(void **state)
{
	(void)state;
	char text[FINGERPRINT_TEXT];
	assert_string_equal(fingerprint(text, ""), "6c62272e07bb014262b821756295c58d");
	assert_string_equal(fingerprint(text, "a"), "d228cb696f1a8caf78912b704e4a8964");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match_as_leaksanitizers),
		cmocka_unit_test(a_whole_entry_is_read),
		cmocka_unit_test(dates_are_dates),
		cmocka_unit_test(a_baseline_is_read),
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(fingerprints_are_fnv),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
