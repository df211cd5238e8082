// SPDX-License-Identifier: PostgreSQL
/* test-printable.c - what text from elsewhere becomes before it is printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "trace/base/printable.h"

static const char *printed(const char *text)
{
	static char copy[256];
	snprintf(copy, sizeof copy, "%s", text);
	make_printable(copy);
	return copy;
}

static void letters_stay(void **state)
{
	(void)state;
	static const char *const texts[] = {"",           "plain ~",      "j\u00e4n",    "\u20ac 5", "\u4e2d\u6587",
										"\U0001f600", "\u05d0\u05d1", "\u0627\u0644"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_string_equal(printed(texts[i]), texts[i]);
}

static void what_drives_or_hides_is_seen(void **state)
{
	(void)state;
	static const char *const texts[] = {"\x1b",   "\x07",   "\n",     "\x7f",      "\xc2\x85", "\xc2\x9b", "\u00ad",
										"\u061c", "\u200b", "\u200d", "\u200e",    "\u200f", "\u2028", "\u2029",
										"\u202a", "\u202e", "\u2060", "\u2064",    "\u2066", "\u2069", "\u3164",
										"\ufe0f", "\ufeff", "\uffff", "\U000e0041"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char whole[32];
		snprintf(whole, sizeof whole, "a%sb", texts[i]);
		const char *text = printed(whole);
		assert_int_equal(strlen(text), strlen(whole));
		assert_int_equal(strspn(text + 1, "?"), strlen(whole) - 2);
		assert_true(text[0] == 'a' && text[strlen(text) - 1] == 'b');
	}
}

static void what_is_no_character_is_replaced(void **state)
{
	(void)state;
	assert_string_equal(printed("\xff"
								"a\xc3"),
						"?a?");
	assert_string_equal(printed("\xc0\xaf"), "??");           /* a longer form of '/' */
	assert_string_equal(printed("\xed\xa0\x80"), "???");      /* half of a pair */
	assert_string_equal(printed("\xf4\x90\x80\x80"), "????"); /* too large */
	assert_string_equal(printed("\xe2\x82"), "??");           /* cut off */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_stay),
		cmocka_unit_test(what_drives_or_hides_is_seen),
		cmocka_unit_test(what_is_no_character_is_replaced),
	};
	return cmocka_run_group_tests_name("printable", tests, NULL, NULL);
}
