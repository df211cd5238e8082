// SPDX-License-Identifier: PostgreSQL
/* test-table.c - the recorder's table from bytes to numbers. */
#include <stdio.h>

#include "mapped.h"
#include "preload/recorder/stacks/table.h"

enum { CHUNK = 128 * 1024 }; /* no entry is larger */

static void add_text(struct table *table, uint32_t kind, const char *text, uint32_t number)
{
	table_add(table, kind, table_hash(kind, text, strlen(text)), text, strlen(text), number);
}

static uint32_t find_text(const struct table *table, uint32_t kind, const char *text)
{
	return table_find(table, kind, table_hash(kind, text, strlen(text)), text, strlen(text));
}

static void finds_what_was_added(void **state)
{
	(void)state;
	struct table table = {0};
	char text[32];
	assert_int_equal(find_text(&table, 1, "nothing yet"), 0);
	for (uint32_t i = 1; i <= 50000; i++) {
		snprintf(text, sizeof text, "entry %u", i);
		assert_int_equal(find_text(&table, 1, text), 0);
		add_text(&table, 1, text, i);
	}
	for (uint32_t i = 1; i <= 50000; i++) {
		snprintf(text, sizeof text, "entry %u", i);
		assert_int_equal(find_text(&table, 1, text), i);
		assert_int_equal(find_text(&table, 2, text), 0);
	}
	assert_int_equal(table.used, 50000);
	table_clear(&table);
}

/* All with one hash: only the bytes, their length and the kind tell them apart. */
static void collisions(void **state)
{
	(void)state;
	enum { ENTRIES = 700 };
	static unsigned char bytes[ENTRIES + 1];
	struct table table = {0};
	for (size_t length = 0; length <= ENTRIES; length++)
		for (uint32_t kind = 0; kind < 2; kind++)
			table_add(&table, kind, UINT64_MAX, bytes, length, (uint32_t)(2 * length + kind + 1));
	for (size_t length = 0; length <= ENTRIES; length++)
		for (uint32_t kind = 0; kind < 2; kind++)
			assert_int_equal(table_find(&table, kind, UINT64_MAX, bytes, length), 2 * length + kind + 1);
	assert_int_equal(table_find(&table, 2, UINT64_MAX, bytes, 1), 0);
	assert_int_equal(table_find(&table, 0, UINT64_MAX - 1, bytes, 1), 0);
	bytes[0] = 1;
	assert_int_equal(table_find(&table, 0, UINT64_MAX, bytes, 1), 0);
	table_clear(&table);
}

/* The hash depends on each bit, and on the length. */
static void hashes(void **state)
{
	(void)state;
	unsigned char bytes[24] = {0};
	for (size_t length = 1; length <= sizeof bytes; length++) {
		uint64_t hash = table_hash(7, bytes, length);
		assert_true(hash != table_hash(7, bytes, length - 1));
		assert_true(hash != table_hash(8, bytes, length));
		for (size_t bit = 0; bit < length * 8; bit++) {
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_true(hash != table_hash(7, bytes, length));
			bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		assert_true(hash == table_hash(7, bytes, length));
	}
}

static void is_not_remembered(void **state)
{
	(void)state;
	static unsigned char large[CHUNK + 1];
	struct table table = {0};
	add_text(&table, 1, "zero is no number", 0);
	assert_int_equal(find_text(&table, 1, "zero is no number"), 0);
	assert_int_equal(table.used, 0);
	table_add(&table, 1, 5, large, sizeof large, 3);
	assert_int_equal(table_find(&table, 1, 5, large, sizeof large), 0);
	table_add(&table, 1, 5, large, CHUNK / 2, 4);
	assert_int_equal(table_find(&table, 1, 5, large, CHUNK / 2), 4);
	table_clear(&table);
}

static void without_memory(void **state)
{
	(void)state;
	struct table table = {0};
	mapped_is_refused = true;
	add_text(&table, 1, "early", 1);
	mapped_is_refused = false;
	assert_int_equal(find_text(&table, 1, "early"), 0);
	add_text(&table, 1, "early", 1);
	mapped_is_refused = true;
	char text[32];
	uint32_t known = 0;
	for (uint32_t i = 1; i <= 20000; i++) {
		snprintf(text, sizeof text, "entry %u", i);
		add_text(&table, 1, text, i);
		known += find_text(&table, 1, text) == i;
	}
	mapped_is_refused = false;
	assert_true(known > 0 && known < 20000);
	assert_int_equal(table.used, known + 1);
	assert_int_equal(find_text(&table, 1, "early"), 1);
	add_text(&table, 1, "late", 7);
	assert_int_equal(find_text(&table, 1, "late"), 7);
	table_clear(&table);
}

static void forgets(void **state)
{
	(void)state;
	struct table table = {0};
	size_t before = mapped_bytes, kept = 0;
	table_clear(&table);
	for (uint32_t round = 1; round <= 200; round++) {
		char text[32];
		assert_int_equal(find_text(&table, 1, "entry 1"), 0);
		for (uint32_t i = 1; i <= (round % 2 == 0 ? 100 : 5000); i++) {
			snprintf(text, sizeof text, "entry %u", i);
			add_text(&table, 1, text, round + i);
		}
		assert_int_equal(find_text(&table, 1, "entry 1"), round + 1);
		table_clear(&table);
		assert_int_equal(table.used, 0);
		if (mapped_bytes - before > kept)
			kept = mapped_bytes - before;
	}
	assert_int_equal(find_text(&table, 1, "entry 1"), 0);
	assert_true(kept > 0 && kept <= 2 * CHUNK);
}

/* What it held before it grew is not there either when it is small again. */
static void is_small_again(void **state)
{
	(void)state;
	enum { KEY_BYTES = 1000, ENTRIES = 1100 }; /* the memory of the first ones is not used again at once */
	static unsigned char key[KEY_BYTES];
	struct table table = {0};
	for (uint32_t i = 1; i <= ENTRIES; i++) {
		memcpy(key, &i, sizeof i);
		table_add(&table, 1, i, key, sizeof key, i);
	}
	table_clear(&table);
	add_text(&table, 1, "small", 1);
	for (uint32_t i = 1; i <= 30; i++) {
		memcpy(key, &i, sizeof i);
		assert_int_equal(table_find(&table, 1, i, key, sizeof key), 0);
	}
	assert_int_equal(find_text(&table, 1, "small"), 1);
	table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_added), cmocka_unit_test(collisions),     cmocka_unit_test(hashes),
		cmocka_unit_test(is_not_remembered),    cmocka_unit_test(without_memory), cmocka_unit_test(forgets),
		cmocka_unit_test(is_small_again)};
	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
