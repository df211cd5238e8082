// SPDX-License-Identifier: PostgreSQL
/* shop.c - a test that leaks a connection and its clean twin, for cmocka. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libpq-fe.h>

static PGconn *visit(void)
{
	return PQconnectdb("");
}

static void leaks(void **state)
{
	*state = visit();
	assert_non_null(*state);
}

static void clean(void **state)
{
	*state = NULL;
	PQfinish(PQconnectdb(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(leaks), cmocka_unit_test(clean)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
