// SPDX-License-Identifier: PostgreSQL
/* walk.c - see walk.h. */
#include "preload/recorder/scripts/walk.h"

#include <string.h>

#include "preload/recorder/scripts/chain.h"
#include "preload/recorder/scripts/interpreter.h"
#include "preload/recorder/scripts/mix.h"
#include "preload/recorder/stacks/intern.h"

enum {
	TEXT_BYTES = 500, /* of a function's or file's name */
	LANGUAGE_BYTES = 16,
};

struct script_walk {
	uint32_t thread;
	bool may_wait;
	bool is_failed; /* no room, or no lock: better no frame than some */
	uint8_t interpreter;
	const char *language;
	void *way_out;
	/* What is looked up when it was all seen before: no padding. */
	struct {
		uint32_t native;
		struct mix_frame frame[SCRIPT_FRAMES];
	} key;
	size_t count;
	struct chain chain;
	bool trusts_chain;
};

static struct recorder_lock *guard;
static void **(*own_word)(void); /* of this thread: its walk, or NULL */
static void *(*lua_state)(const void *address);

void walk_reset(struct recorder_lock *lock, const struct recorder_settings *settings)
{
	chain_reset();
	guard = lock;
	own_word = settings->own_word;
	lua_state = settings->lua_state;
}

/* --- what the languages call --- */

bool script_may_wait(const struct script_walk *walk)
{
	return walk->may_wait;
}

bool script_wants_more(const struct script_walk *walk)
{
	return walk->count < SCRIPT_FRAMES && !walk->is_failed;
}

const uintptr_t *script_chain(const struct script_walk *walk, size_t *ret_count)
{
	*ret_count = walk->chain.count;
	return walk->chain.words.word;
}

void script_trust_chain(struct script_walk *walk)
{
	walk->trusts_chain = true;
}

void script_note(struct script_walk *walk, uintptr_t word)
{
	if (!lock_take(guard, walk->thread))
		return;
	chain_note(walk->key.native, word);
	lock_give(guard);
}

void script_set_way_out(struct script_walk *walk, void *way_out)
{
	walk->way_out = way_out;
}

void *script_way_out(void)
{
	const struct script_walk *walk = *own_word();
	return walk != NULL ? walk->way_out : NULL;
}

void *script_lua_state(const void *address)
{
	return lua_state(address);
}

/* Appends a text and its NUL; of a long one the beginning or the end. */
static size_t put(char *at, const char *text, size_t length, bool keeps_end)
{
	size_t kept = length < TEXT_BYTES ? length : TEXT_BYTES;
	const char *from = keeps_end ? text + length - kept : text;
	/* Not in the middle of a character of UTF-8. */
	while (kept < length && kept > 0 && keeps_end && ((unsigned char)*from & 0xc0) == 0x80)
		from++, kept--;
	while (kept < length && kept > 0 && !keeps_end && ((unsigned char)from[kept] & 0xc0) == 0x80)
		kept--;
	memcpy(at, from, kept);
	/* Some names of generated code hold one. */
	if (memchr(from, '\0', kept) != NULL)
		for (size_t i = 0; i < kept; i++)
			at[i] = at[i] != '\0' ? at[i] : '?';
	at[kept] = '\0';
	return kept + 1;
}

void script_add(struct script_walk *walk, const char *function, size_t function_length, const char *file,
				size_t file_length, uint32_t line, bool begins)
{
	if (!script_wants_more(walk))
		return;
	char text[LANGUAGE_BYTES + 2 * (TEXT_BYTES + 1)];
	size_t used = put(text, walk->language, strnlen(walk->language, LANGUAGE_BYTES - 1), false);
	used += put(text + used, function, function_length, false);
	used += put(text + used, file, file_length, true);
	uint32_t script = 0;
	if (lock_take(guard, walk->thread)) {
		script = intern_blob(BLOB_SCRIPT, text, used);
		lock_give(guard);
	}
	walk->is_failed |= script == 0;
	walk->key.frame[walk->count++] = (struct mix_frame){script, line, walk->interpreter, begins};
}

/* --- the walk --- */

static void walk_all(const struct stack *stack, struct script_walk *walk)
{
	for (uint8_t i = 0; i < INTERPRETERS; i++) {
		struct script_interpreter interpreter;
		if ((stack->number & STACK_RUNS(i)) == 0)
			continue;
		if (!interpreter_get(i, stack->call.unloads, walk->thread, &interpreter)) {
			walk->is_failed = true;
			return;
		}
		walk->interpreter = i;
		walk->language = interpreter.language->name;
		interpreter.language->walk(&interpreter, walk);
	}
}

/* Both together are seen for the first time. */
static uint32_t mix(const struct stack *stack, const struct script_walk *walk, size_t key_bytes)
{
	struct mix mix = {.count = 0};
	uintptr_t captured[CAPTURE_FRAMES];
	const uintptr_t *frames = stack->count > 0 ? stack->frames : captured;
	size_t count = stack->count > 0 ? stack->count : capture_stack(captured);
	mix_begin(&mix, frames, count);
	for (uint8_t i = 0; i < INTERPRETERS; i++) {
		struct script_interpreter interpreter;
		if ((stack->number & STACK_RUNS(i)) && interpreter_get(i, stack->call.unloads, walk->thread, &interpreter))
			mix_place(&mix, i, &interpreter, walk->key.frame, walk->count);
	}
	if (!lock_take(guard, walk->thread))
		return 0;
	struct blob_frame places[CAPTURE_FRAMES], mixed[CAPTURE_FRAMES + SCRIPT_FRAMES];
	intern_places(frames, count, places);
	size_t used = mix_frames(&mix, places, walk->key.frame, walk->count, mixed);
	uint32_t number = intern_blob(BLOB_STACK, mixed, used * sizeof *mixed);
	intern_add_mixed(&walk->key, key_bytes, number);
	lock_give(guard);
	return number;
}

/* The number of both, which were seen before or are now. */
static uint32_t number_of(const struct stack *stack, const struct script_walk *walk)
{
	if (!lock_take(guard, walk->thread))
		return 0;
	size_t key_bytes = sizeof walk->key.native + walk->count * sizeof walk->key.frame[0];
	uint32_t number = intern_find_mixed(&walk->key, key_bytes);
	lock_give(guard);
	return number != 0 ? number : mix(stack, walk, key_bytes);
}

static uint32_t walk_and_mix(const struct stack *stack, uint32_t thread, void **own)
{
	struct script_walk walk;
	*own = &walk;
	walk.thread = thread;
	walk.way_out = NULL;
	walk.may_wait = (stack->number & STACK_MAY_WAIT) != 0;
	walk.is_failed = false;
	walk.count = 0;
	walk.chain.count = 0;
	walk.trusts_chain = false;
	walk.key.native = stack->number & STACK_NUMBER;
	if (lock_take(guard, thread)) {
		chain_read(&walk.chain, stack->number, stack->call.unloads, thread);
		lock_give(guard);
	}
	if (walk.chain.count == SCRIPT_UNKNOWN)
		walk.chain.count = 0;
	walk_all(stack, &walk);
	*own = NULL;
	uint32_t number = walk.count > 0 && !walk.is_failed && walk.key.native != 0 ? number_of(stack, &walk) : 0;
	if (walk.chain.count > 0 && !walk.is_failed && lock_take(guard, thread)) {
		chain_add(&walk.chain, walk.trusts_chain && number != 0 ? number : CHAIN_IN_VAIN);
		lock_give(guard);
	}
	return number;
}

enum walk_recall walk_recall(uint32_t stack, uint32_t unloads, uint32_t thread, uint32_t *ret_number)
{
	uint32_t number = *own_word() == NULL ? chain_recall(stack, unloads, thread) : CHAIN_IN_VAIN;
	if (number == CHAIN_IN_VAIN)
		return WALK_DEAR;
	if (number == 0)
		return WALK_ONCE;
	*ret_number = number;
	return WALK_RECALLED;
}

uint32_t walk_stack(const struct stack *stack, uint32_t thread)
{
	void **own = own_word();
	uint32_t number = *own == NULL ? walk_and_mix(stack, thread, own) : 0;
	return number != 0 ? number : stack->number & STACK_NUMBER;
}
