// SPDX-License-Identifier: PostgreSQL
/* test-columns.c - how wide a text is, and what of a call stays where it is too wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyzer/base/columns.h"

static void columns_are_counted(void **state)
{
	(void)state;
	assert_int_equal(text_columns("plain"), 5);
	assert_int_equal(text_columns("j\u00e4n"), 3);
	assert_int_equal(text_columns("\u4e2d\u6587"), 4);
	assert_int_equal(text_columns("e\u0301"), 1);
	assert_int_equal(text_columns("\U0001f600"), 2);
	/* Half of a wide character is none. */
	assert_string_equal(text_at_column("a\u4e2d\u6587", 2), "\u4e2d\u6587");
	assert_string_equal(text_at_column("a\u4e2d\u6587", 3), "\u6587");
}

struct fitted {
	const char *name, *place;
	int room;
	const char *wanted;
};

static void assert_fits(const struct fitted *cases, size_t count, enum fit how)
{
	for (size_t i = 0; i < count; i++) {
		char *text = fit_call(cases[i].name, cases[i].place, cases[i].room, how);
		assert_string_equal(text, cases[i].wanted);
		free(text);
	}
}

static void the_own_name_stays(void **state)
{
	(void)state;
	static const struct fitted cases[] = {
		{"checkout", " (shop.c:7)", 80, "checkout (shop.c:7)"},
		{"checkout", " (shop.c:7)", 5, "checkout (shop.c:7)"},
		{"shop::db::Pool::checkout", " (pool.cc:7)", 30, "...Pool::checkout (pool.cc:7)"},
		{"shop::db::Pool::checkout", " (pool.cc:7)", 10, "...checkout (pool.cc:7)"},
		{"shop::db::Pool<a::b>::operator()", "", 12, "...Pool<a::b>::operator()"},
		{"shop::db::Pool::operator<<", "", 12, "...Pool::operator<<"},
		{"<shop::Pool<T> as r2d2::ManageConnection>::connect", "", 20, "...connect"},
		{"shop::db::load::{{closure}}::{{closure}}", "", 10, "...load::{{closure}}::{{closure}}"},
		{"Shop\\Db\\Pool->take", "", 8, "...take"},
		{"Shop.load.<locals>.<lambda>", "", 8, "...load.<locals>.<lambda>"},
		{"github.com/shop/db.(*Pool).Take", "", 8, "...Take"},
		{"Shop::Pool#take", "", 8, "...take"},
		{"(anonymous namespace)::take", "", 8, "...take"},
		{"libshop.so.1+0x1200", "", 8, "libshop.so.1+0x1200"},
		/* Folders are the place's, and stay. */
		{"shop::take", " (src/db/pool.c:7)", 24, "...take (src/db/pool.c:7)"},
	};
	assert_fits(cases, sizeof cases / sizeof cases[0], FIT_NAME);
}

static void a_line_is_kept(void **state)
{
	(void)state;
	static const struct fitted cases[] = {
		{"take", " (src/db/pool.c:7)", 23, "take (src/db/pool.c:7)"},
		{"take", " (src/db/pool.c:7)", 21, "take (.../pool.c:7)"},
		{"take", " (a/src/db/pool.c:7)", 23, "take (.../db/pool.c:7)"},
	};
	assert_fits(cases, sizeof cases / sizeof cases[0], FIT_ALL);
	for (int room = 30; room < 64; room++) {
		char *text = fit_call("psyco_connect", " (_psycopg.cpython-311-x86_64-linux-gnu.so+0x6000)", room, FIT_ALL);
		assert_true(text_columns(text) <= room);
		assert_int_equal(strncmp(text, "psyco_connect (", 15), 0);
		assert_string_equal(text + strlen(text) - 5, "6000)");
		free(text);
	}
	char *text =
		fit_call("a_function_with_a_very_long_name_indeed", " (a_file_with_a_long_name_too.c:1234)", 30, FIT_ALL);
	assert_int_equal(text_columns(text), 30);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_counted),
		cmocka_unit_test(the_own_name_stays),
		cmocka_unit_test(a_line_is_kept),
	};

	return cmocka_run_group_tests_name("columns", tests, NULL, NULL);
}
