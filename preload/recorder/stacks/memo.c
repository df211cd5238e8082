// SPDX-License-Identifier: PostgreSQL
/*
 * memo.c - see memo.h.
 *
 * What is remembered is a tree.  A run is a list of words that ends with the
 * stack's outermost frame, and the stack's number.  The first run of a call is
 * found by the wrapper's frame and the address it returns to.  Where a word is
 * another one than in a run, another run may go on from there: it is found by
 * that run, that word, and what the word is now.  So a helper that everybody
 * calls, a thousand callers with the same layout, costs one step more, not a
 * place for which they all compete.  Most stacks have their outer frames in
 * common: a run's last words may be another's.
 *
 * Runs and words are only ever added; when there is no more room all are
 * forgotten at once.  The table in front of them only points: what it points
 * at is compared.
 */
#include "preload/recorder/stacks/memo.h"

#include <assert.h>
#include <string.h>

#include "preload/elf/apart.h"

enum {
	BUCKETS = 8192,
	WAYS = 4, /* places in a bucket */
	RUN_BITS = 14,
	RUNS = 1 << RUN_BITS,
	WORDS = 65536,
	ENDS = 64,
	LEAST_SHARED = 4, /* words, or it is not worth it */
	MOST_STEPS = 16,  /* from run to run */
};

APART static uint32_t table[BUCKETS][WAYS]; /* a run, and above it a part of its key's hash; run 0: was missed once */
APART struct memo_run memo_runs[RUNS];
APART static struct memo_word words[WORDS];
static struct {
	uint32_t first, count;
} ends[ENDS]; /* by the place of the outermost word: a list that others may end like */
static uint32_t run_count = 1;
static uint32_t word_count;
uint64_t memo_forgotten;

static_assert(RUNS <= UINT16_MAX, "a run's number fits");
APART uint16_t memo_front[MEMO_FRONT];

void memo_reset(void)
{
	/* The rest stays: it is of an earlier epoch, and an untouched table costs no memory. */
	memo_forgotten += (uint64_t)1 << 32;
	run_count = 1;
	word_count = 0;
	memset(ends, 0, sizeof ends);
}

/* --- the table --- */

struct key {
	uint64_t where, value;
	uint32_t *bucket;
	uint32_t tag; /* in place */
};

static inline uint64_t epoch_of(const struct memo_call *call)
{
	return memo_forgotten | call->unloads;
}

static inline struct key key_of(uint64_t where, uint64_t value, uint64_t epoch)
{
	uint64_t hash = ((where ^ value * 0xd6e8feb86659fd93u) + (epoch << 32)) * 0x9e3779b97f4a7c15u;
	static_assert(BUCKETS == 8192, "the hash's upper thirteen bits choose");
	return (struct key){where, value, table[hash >> 51], ((uint32_t)(hash >> 20) | 1) << RUN_BITS};
}

static inline struct key key_of_call(const struct memo_call *call)
{
	return key_of(memo_where(call), ((const uintptr_t *)call->frame)[1], epoch_of(call));
}

/* The run that goes on where `odd` of that run is not what it was. */
static struct key key_of_odd(const struct memo_run *run, const struct memo_word *odd, const struct memo_word *end,
							 const void *frame)
{
	uintptr_t value = *odd->at;
	/* Whatever is no frame pointer is as good as any other: code without frame pointers keeps anything there. */
	if (odd + 1 < end && memo_is_near(odd->value, frame, odd[1].at) && !memo_is_near(value, frame, odd[1].at))
		value = 0;
	return key_of((uint64_t)1 << 63 | (uint64_t)(run - memo_runs) << 32 | (uint64_t)(odd - words), value, run->epoch);
}

static inline const struct memo_run *find(const struct key *key, const struct memo_call *call)
{
	for (int i = 0; i < WAYS; i++) {
		uint32_t number = key->bucket[i] ^ key->tag;
		if (number - 1 >= run_count - 1) /* none, or another key's */
			continue;
		const struct memo_run *run = &memo_runs[number];
		if (run->where == key->where && run->value == key->value && run->epoch == epoch_of(call))
			return run;
	}
	return NULL;
}

/* How much would be lost with what is there: a run, a key that was missed once, or nothing. */
static int worth(uint32_t place, const struct key *key)
{
	uint32_t run = place & (RUNS - 1);
	if (place == 0 || place == key->tag || run >= run_count)
		return 0;
	return run == 0 ? 1 : 2;
}

/* Puts it where the key was missed before; else where least is lost. */
static void put(const struct key *key, uint32_t run)
{
	uint32_t *place = &key->bucket[key->tag >> RUN_BITS & (WAYS - 1)];
	for (int i = WAYS - 1; i >= 0; i--)
		if (worth(key->bucket[i], key) <= worth(*place, key))
			place = &key->bucket[i];
	for (int i = 0; i < WAYS; i++)
		if (key->bucket[i] == key->tag)
			place = &key->bucket[i];
	*place = key->tag | run;
}

static bool was_missed(const struct key *key)
{
	for (int i = 0; i < WAYS; i++)
		if (key->bucket[i] == key->tag)
			return true;
	put(key, 0);
	return false;
}

/* --- recalling --- */

/* Behind every list, so that a comparison needs to count nothing. */
static const uintptr_t never;
static const struct memo_word sentinel = {&never, 1};

/* From a run that does not fit on to those that go on from it. */
__attribute__((noinline)) static uint32_t recall_further(const struct memo_call *call, const struct memo_run *run,
														 bool *ret_again)
{
	struct key key = key_of_call(call);
	for (; run != NULL; run = find(&key, call)) {
		const struct memo_word *end, *odd = memo_first_odd(run, &end);
		if (odd == NULL)
			return run->stack;
		key = key_of_odd(run, odd, end, call->frame);
	}
	*ret_again = was_missed(&key);
	return 0;
}

uint32_t memo_recall_slowly(const struct memo_call *call, bool *ret_again)
{
	struct key key = key_of_call(call);
	const struct memo_run *run = find(&key, call);
	const struct memo_word *end;
	if (run != NULL)
		*memo_place(call) = (uint16_t)(run - memo_runs);
	if (run != NULL && memo_first_odd(run, &end) == NULL)
		return run->stack;
	return recall_further(call, run, ret_again);
}

/* --- learning --- */

/* The words that a new run has to compare. */
struct rest {
	struct memo_word word[MEMO_WORDS];
	size_t count;
};

/* Those that a run compares until `odd` need not be compared again. */
static void leave_out(struct rest *rest, const struct memo_word *word, size_t count, const struct memo_word *odd)
{
	for (const struct memo_word *end = word + count; word < end && word != odd; word++)
		for (size_t i = 0; i < rest->count; i++)
			if (rest->word[i].at == word->at) {
				memmove(&rest->word[i], &rest->word[i + 1], (--rest->count - i) * sizeof *word);
				break;
			}
}

/* How many of its last words the rest has in common with the list that ends at the same place. */
static size_t shared_with(const struct rest *rest, const struct memo_word *list, size_t count, const void *frame)
{
	size_t most = rest->count < count ? rest->count : count, same = 0;
	while (same < most) {
		const struct memo_word *a = &rest->word[rest->count - same - 1], *b = &list[count - same - 1];
		if (a->at != b->at || a->value != b->value)
			break;
		same++;
	}
	/* A frame pointer's neighbour says how near it has to be. */
	if (same > 0 && same < rest->count &&
		memo_is_near(rest->word[rest->count - same - 1].value, frame, rest->word[rest->count - same].at))
		same--;
	return same >= LEAST_SHARED ? same : 0;
}

static void add(const struct key *key, const struct rest *rest, const struct memo_call *call, uint32_t stack)
{
	struct memo_run *run = &memo_runs[run_count];
	*run = (struct memo_run){.where = key->where, .value = key->value, .epoch = epoch_of(call), .stack = stack};
	size_t own = rest->count, same = 0;
	if (own > 0) {
		uint32_t end = (uint32_t)((uintptr_t)rest->word[own - 1].at * 0x9e3779b97f4a7c15u >> 58);
		static_assert(ENDS == 64, "the upper six bits choose");
		same = shared_with(rest, words + ends[end].first, ends[end].count, call->frame);
		/* Of two lists with little in common the newer one is more likely to be met again. */
		if (same * 2 < own) {
			same = 0;
			ends[end].first = word_count;
			ends[end].count = (uint32_t)own;
		} else {
			run->shared = words + ends[end].first + ends[end].count - same;
		}
		own -= same;
	}
	memcpy(words + word_count, rest->word, own * sizeof rest->word[0]);
	words[word_count + own] = sentinel;
	run->own = words + word_count;
	run->own_end = run->own + own;
	run->shared_end = run->shared + same;
	if (own > 0) {
		word_count += (uint32_t)own + 1;
	} else if (same > 0) {
		/* Thousands of call sites have no words of their own: one place in memory fewer to look at. */
		run->own = run->shared;
		run->own_end = run->shared_end;
		run->shared = run->shared_end = NULL;
	} else {
		run->own = run->own_end = &sentinel;
	}
	put(key, run_count++);
}

void memo_learn(const struct memo_call *call, const struct memo_word *found, size_t count, uint32_t stack)
{
	struct rest rest = {.count = count};
	memcpy(rest.word, found, count * sizeof *found);
	if (run_count == RUNS || word_count + MEMO_WORDS + 1 > WORDS)
		memo_reset();
	struct key key = key_of_call(call);
	const struct memo_run *run;
	for (int steps = 0; (run = find(&key, call)) != NULL; steps++) {
		const struct memo_word *end, *odd = memo_first_odd(run, &end);
		if (odd == NULL || steps == MOST_STEPS)
			return;
		key = key_of_odd(run, odd, end, call->frame);
		leave_out(&rest, run->own, (size_t)(run->own_end - run->own), odd);
		if (odd < run->own || odd >= run->own_end)
			leave_out(&rest, run->shared, (size_t)(run->shared_end - run->shared), odd);
		struct memo_word known = {odd->at, *odd->at};
		if (key.value == known.value)
			leave_out(&rest, &known, 1, NULL);
	}
	add(&key, &rest, call, stack);
}
