// SPDX-License-Identifier: PostgreSQL
/* chain.c - see chain.h. */
#include "preload/recorder/scripts/chain.h"

#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/stacks/table.h"

enum {
	MOST = 8192, /* chains; a program that makes code all the time has ever new ones */
	NOTES = 256, /* native stacks with a note, at most: a power of two */
	NUMBER_BITS = 32,
	FRONT_BITS = 8,
};

static struct table table;
static uint64_t table_forgets; /* what it holds was read after so many */
static _Atomic uint64_t forgets;
/* One chain of the table for each sum of words, which is found without a hash of them. */
APART static struct {
	const void *key;
	uint32_t key_bytes, number;
} front[1 << FRONT_BITS];
static bool has_front;        /* or its pages are no memory yet */
static uint32_t first_thread; /* the process's */
APART static struct {
	uint32_t native; /* number of the stack; 0: none */
	uintptr_t word;
} notes[NOTES];
static uint32_t notes_unloads; /* when they were begun */
static bool has_notes;         /* or their pages are no memory yet */

static void forget_notes(void)
{
	if (has_notes)
		memset(notes, 0, sizeof notes);
	has_notes = false;
}

static void forget_all(void)
{
	table_clear(&table);
	if (has_front)
		memset(front, 0, sizeof front);
	has_front = false;
}

void chain_reset(void)
{
	forget_all();
	forget_notes();
	first_thread = (uint32_t)getpid();
}

void chain_forget(void)
{
	atomic_fetch_add(&forgets, 1);
}

/* For each call of a script; `ret->words` are not cleared. */
static inline void read_chain(struct chain *ret, uint32_t stack, uint32_t unloads, uint32_t thread)
{
	uint32_t runs = stack & STACK_RUNS_ANY;

	ret->count = 0;
	if (runs == 0 || (runs & (runs - 1)) != 0)
		return;
	const struct script_interpreter *interpreter =
		interpreter_at((uint32_t)__builtin_ctz(runs / STACK_RUNS(0)), unloads);
	if (interpreter == NULL || interpreter->language->chain == NULL)
		return;
	if (unloads != notes_unloads) {
		forget_notes();
		notes_unloads = unloads;
	}
	const struct script_thread whose = {thread == first_thread, (stack & STACK_MAY_WAIT) != 0, stack & STACK_NUMBER};
	ret->forgets = atomic_load(&forgets);
	ret->native = (uintptr_t)interpreter->identity << NUMBER_BITS | whose.native;
	ret->count = interpreter->language->chain(interpreter, whose, &ret->words);
}

void chain_read(struct chain *ret, uint32_t stack, uint32_t unloads, uint32_t thread)
{
	read_chain(ret, stack, unloads, thread);
}

void chain_note(uint32_t native, uintptr_t word)
{
	has_notes = true;
	notes[native % NOTES].native = native;
	notes[native % NOTES].word = word;
}

uintptr_t script_noted(uint32_t native)
{
	return notes[native % NOTES].native == native ? notes[native % NOTES].word : 0;
}

static size_t key_bytes(const struct chain *chain)
{
	return sizeof chain->native + chain->count * sizeof chain->words.word[0];
}

/* Two lanes, as one after the other would wait for each other's product. */
static uint64_t hash_of(const struct chain *chain)
{
	uint64_t even = chain->native, odd = chain->count;
	size_t i = 0;
	for (; i + 1 < chain->count; i += 2) {
		even = table_mix(even, chain->words.word[i]);
		odd = table_mix(odd, chain->words.word[i + 1]);
	}
	return table_mix(i < chain->count ? table_mix(even, chain->words.word[i]) : even, odd);
}

/* Whether the table knows nothing of what has gone. */
static bool is_current(uint64_t now)
{
	if (table_forgets != now) {
		forget_all();
		table_forgets = now;
	}
	return table.used > 0;
}

static size_t front_of(const struct chain *chain)
{
	return (chain->native + chain->words.sum) * 0x9e3779b97f4a7c15u >> (64 - FRONT_BITS);
}

__attribute__((noinline)) static uint32_t find_slowly(const struct chain *chain, size_t place)
{
	const void *key;
	size_t bytes = key_bytes(chain);
	uint32_t number = table_find_kept(&table, 0, hash_of(chain), &chain->native, bytes, &key);
	if (number != 0) {
		has_front = true;
		front[place].key = key;
		front[place].key_bytes = (uint32_t)bytes;
		front[place].number = number;
	}
	return number;
}

uint32_t chain_recall(uint32_t stack, uint32_t unloads, uint32_t thread)
{
	struct chain chain;
	read_chain(&chain, stack, unloads, thread);
	if (chain.count == 0)
		return CHAIN_IN_VAIN;
	if (chain.count == SCRIPT_UNKNOWN || !is_current(chain.forgets))
		return 0;
	size_t place = front_of(&chain), bytes = key_bytes(&chain);
	if (front[place].key_bytes == bytes && memcmp(front[place].key, &chain.native, bytes) == 0)
		return front[place].number;
	return find_slowly(&chain, place);
}

void chain_add(const struct chain *chain, uint32_t number)
{
	uint64_t now = atomic_load(&forgets);
	is_current(now);
	if (chain->forgets != now || number == 0)
		return;
	if (table.used >= MOST)
		forget_all();
	uint64_t hash = hash_of(chain);
	if (table_find(&table, 0, hash, &chain->native, key_bytes(chain)) == 0)
		table_add(&table, 0, hash, &chain->native, key_bytes(chain), number);
}
