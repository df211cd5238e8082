// SPDX-License-Identifier: PostgreSQL
/* test-label.c - PQLEAK_LABEL: what is kept of it, and its way through a spool into the trace. */
#include "support.h"

#include "preload/process/settings.h"

/* What settings_read makes of PQLEAK_LABEL. */
static const char *kept(const char *label)
{
	memset(&settings, 0, sizeof(settings));
	assert_int_equal(setenv("PQLEAK_LABEL", label, 1), 0);
	settings_read();
	assert_int_equal(unsetenv("PQLEAK_LABEL"), 0);
	return settings.label;
}

static void keeps_what_can_be_printed(void **state)
{
	(void)state;
	assert_string_equal(kept("tests/test_checkout.py::test_pay[eur]"), "tests/test_checkout.py::test_pay[eur]");
	assert_string_equal(kept("K\xc3\xa4ufer"), "K\xc3\xa4ufer");
	assert_string_equal(kept("a\nb\033[31m\x7f"), "a?b?[31m?");
	assert_string_equal(kept(""), "");
}

static void cuts_what_is_long(void **state)
{
	(void)state;
	char label[600];
	memset(label, 'x', sizeof(label));
	label[SPOOL_LABEL_BYTES - 1] = '\0';
	assert_string_equal(kept(label), label); /* as long as can be */
	label[SPOOL_LABEL_BYTES - 1] = 'x';
	label[sizeof(label) - 1] = '\0';
	assert_int_equal(strlen(kept(label)), SPOOL_LABEL_BYTES - 1);
	/* A character of three bytes stands across the end: it goes as a whole. */
	memcpy(label + SPOOL_LABEL_BYTES - 3, "\xe2\x82\xac", 3);
	assert_int_equal(strlen(kept(label)), SPOOL_LABEL_BYTES - 3);
	memcpy(label + SPOOL_LABEL_BYTES - 4, "\xe2\x82\xacx", 4);
	assert_int_equal(strlen(kept(label)), SPOOL_LABEL_BYTES - 1);
}

/* The labels of the processes in the trace. */
static const char *labels(struct scene *scene)
{
	return ask(scene, "SELECT ifnull(label, 'none') FROM process ORDER BY id");
}

static void goes_into_the_trace(void **state)
{
	struct scene *scene = *state;
	drain_now(scene);
	assert_string_equal(labels(scene), "none");

	static struct spool_identity identity = {.host = "host", .exe = "/bin/app", .label = "test_cart"};
	static struct spool spool;
	assert_int_equal(spool_create(&spool, scene->trace, &identity), 0);
	spool_close(&spool, false);
	ingest_now(scene);
	assert_string_equal(labels(scene), "none\ntest_cart");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_can_be_printed),
		cmocka_unit_test(cuts_what_is_long),
		cmocka_unit_test_setup_teardown(goes_into_the_trace, scene_setup, scene_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
