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

enum {
	BUCKETS = 4096,
	WAYS = 4, /* places in a bucket */
	RUN_BITS = 14,
	RUNS = 1 << RUN_BITS,
	WORDS = 65536,
	ENDS = 64,
	LEAST_SHARED = 4, /* words, or it is not worth it */
	MOST_STEPS = 16,  /* from run to run */
};

struct run {
	uint64_t where; /* the wrapper's frame and number; or the run and the word that this one goes on from */
	uint64_t value; /* the address it returns to; or what that word is */
	uint32_t unloads;
	uint32_t stack;
	uint32_t own, shared; /* the first words of both parts */
	uint16_t own_count, shared_count;
};

static uint32_t table[BUCKETS][WAYS]; /* a run, and above it a part of its key's hash; run 0: was missed once */
static struct run runs[RUNS];
static struct memo_word words[WORDS];
static struct {
	uint32_t first, count;
} ends[ENDS]; /* by the place of the outermost word: a list that others may end like */
static uint32_t run_count = 1, word_count;

void memo_reset(void)
{
	/* The rest stays: it is compared before it is believed, and an untouched table costs no memory. */
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

static inline struct key key_of(uint64_t where, uint64_t value, uint32_t unloads)
{
	uint64_t hash = ((where ^ value * 0xd6e8feb86659fd93u) + ((uint64_t)unloads << 32)) * 0x9e3779b97f4a7c15u;
	static_assert(BUCKETS == 4096, "the hash's upper twelve bits choose");
	return (struct key){where, value, table[hash >> 52], ((uint32_t)(hash >> 20) | 1) << RUN_BITS};
}

/* On aarch64 the same return address and frame may belong to two wrappers, whose frames differ in size. */
static inline struct key key_of_call(const struct memo_call *call)
{
	return key_of((uintptr_t)call->frame ^ (uint64_t)call->function << 48, ((const uintptr_t *)call->frame)[1],
				  call->unloads);
}

/* The run that goes on where `odd` of that run is not what it was. */
static struct key key_of_odd(const struct run *run, const struct memo_word *odd, const struct memo_word *end,
							 const void *frame)
{
	uintptr_t value = *odd->at;
	/* Whatever is no frame pointer is as good as any other: code without frame pointers keeps anything there. */
	if (odd + 1 < end && memo_is_near(odd->value, frame, odd[1].at) && !memo_is_near(value, frame, odd[1].at))
		value = 0;
	return key_of((uint64_t)1 << 63 | (uint64_t)(run - runs) << 32 | (uint64_t)(odd - words), value, run->unloads);
}

static inline const struct run *find(const struct key *key, uint32_t unloads)
{
	for (int i = 0; i < WAYS; i++) {
		uint32_t number = key->bucket[i] ^ key->tag;
		if (number - 1 >= run_count - 1) /* none, or another key's */
			continue;
		const struct run *run = &runs[number];
		if (run->where == key->where && run->value == key->value && run->unloads == unloads)
			return run;
	}
	return NULL;
}

static bool is_live(uint32_t place)
{
	return (place & (RUNS - 1)) != 0 && (place & (RUNS - 1)) < run_count;
}

/* Puts it where the key was missed before; else where nothing of worth is. */
static void put(const struct key *key, uint32_t run)
{
	uint32_t *place = &key->bucket[key->tag >> RUN_BITS & (WAYS - 1)];
	for (int i = WAYS - 1; i >= 0; i--)
		if (!is_live(key->bucket[i]))
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

/* In order: each word's place is certain only when those before it are as they were.  The sentinel, when all are. */
static inline const struct memo_word *first_odd(const struct memo_word *word)
{
	for (;; word += 4) {
		if (*word[0].at != word[0].value)
			return word;
		if (*word[1].at != word[1].value)
			return word + 1;
		if (*word[2].at != word[2].value)
			return word + 2;
		if (*word[3].at != word[3].value)
			return word + 3;
	}
}

/* The same of both parts of a run; NULL: it is the stack's.  *ret_end is behind the part. */
static inline const struct memo_word *first_odd_of(const struct run *run, const struct memo_word **ret_end)
{
	const struct memo_word *odd = first_odd(words + run->own);
	*ret_end = words + run->own + run->own_count;
	if (odd != *ret_end)
		return odd;
	odd = first_odd(words + run->shared);
	*ret_end = words + run->shared + run->shared_count;
	return odd != *ret_end ? odd : NULL;
}

/* From a run that does not fit on to those that go on from it. */
__attribute__((noinline)) static uint32_t recall_further(const struct memo_call *call, const struct run *run,
														 bool *ret_again)
{
	struct key key = key_of_call(call);
	for (; run != NULL; run = find(&key, call->unloads)) {
		const struct memo_word *end, *odd = first_odd_of(run, &end);
		if (odd == NULL)
			return run->stack;
		key = key_of_odd(run, odd, end, call->frame);
	}
	*ret_again = was_missed(&key);
	return 0;
}

uint32_t memo_recall(const struct memo_call *call, bool *ret_again)
{
	struct key key = key_of_call(call);
	const struct run *run = find(&key, call->unloads);
	const struct memo_word *end;
	if (__builtin_expect(run != NULL && first_odd_of(run, &end) == NULL, 1))
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
	struct run *run = &runs[run_count];
	*run = (struct run){.where = key->where, .value = key->value, .unloads = call->unloads, .stack = stack};
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
			run->shared = ends[end].first + ends[end].count - (uint32_t)same;
		}
		own -= same;
	}
	memcpy(words + word_count, rest->word, own * sizeof rest->word[0]);
	words[word_count + own] = sentinel;
	run->own = word_count;
	run->own_count = (uint16_t)own;
	run->shared_count = (uint16_t)same;
	if (same == 0)
		run->shared = word_count + (uint32_t)own; /* the sentinel */
	word_count += (uint32_t)own + 1;
	put(key, run_count++);
}

void memo_learn(const struct memo_call *call, const struct memo_word *found, size_t count, uint32_t stack)
{
	struct rest rest = {.count = count};
	memcpy(rest.word, found, count * sizeof *found);
	if (run_count == RUNS || word_count + MEMO_WORDS + 1 > WORDS)
		memo_reset();
	struct key key = key_of_call(call);
	const struct run *run;
	for (int steps = 0; (run = find(&key, call->unloads)) != NULL; steps++) {
		const struct memo_word *end, *odd = first_odd_of(run, &end);
		if (odd == NULL || steps == MOST_STEPS)
			return;
		key = key_of_odd(run, odd, end, call->frame);
		leave_out(&rest, words + run->own, run->own_count, odd);
		if (odd < words + run->own || odd >= words + run->own + run->own_count)
			leave_out(&rest, words + run->shared, run->shared_count, odd);
		struct memo_word known = {odd->at, *odd->at};
		if (key.value == known.value)
			leave_out(&rest, &known, 1, NULL);
	}
	add(&key, &rest, call, stack);
}
