// SPDX-License-Identifier: PostgreSQL
/*
 * test-map.c - the fold's map, against an array that knows the truth.
 */
#include "support.h"
#include "trace/fold/map.h"

/* Random adds and removes among few keys, so that probe chains meet, wrap round and are closed again. */
static void agrees_with_an_array(void **state)
{
	(void)state;
	enum { KEYS = 600, STEPS = 200000 };
	static uint32_t truth[KEYS + 1];
	struct map map = {0};
	srand(1);
	for (int step = 0; step < STEPS; step++) {
		uint64_t key = 1 + (uint64_t)(rand() % KEYS);
		uint32_t *found = map_find(&map, key << 6);
		assert_int_equal(found != NULL ? *found : 0, truth[key]);
		if (truth[key] == 0) {
			truth[key] = (uint32_t)step + 1;
			assert_true(map_add(&map, key << 6, truth[key]));
		} else {
			truth[key] = 0;
			map_remove(&map, key << 6);
		}
	}
	uint32_t live = 0;
	for (uint64_t key = 1; key <= KEYS; key++) {
		uint32_t *found = map_find(&map, key << 6);
		assert_int_equal(found != NULL ? *found : 0, truth[key]);
		live += truth[key] != 0;
	}
	assert_int_equal(map.used, live);
	map_clear(&map);
	assert_null(map_find(&map, 64));
	map_done(&map);
}

static void grows(void **state)
{
	(void)state;
	struct map map = {0};
	for (uint32_t i = 1; i <= 100000; i++)
		assert_true(map_add(&map, (uint64_t)i * 64, i));
	for (uint32_t i = 1; i <= 100000; i++)
		assert_int_equal(*map_find(&map, (uint64_t)i * 64), i);
	map_remove(&map, 7); /* not there */
	assert_int_equal(map.used, 100000);
	map_done(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_an_array), cmocka_unit_test(grows)};
	return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
