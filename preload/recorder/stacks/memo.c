// SPDX-License-Identifier: PostgreSQL
/* memo.c - see memo.h. */
#include "preload/recorder/stacks/memo.h"

#include <assert.h>
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#if defined(__x86_64__)

#define UNW_LOCAL_ONLY
#include <libunwind.h>

enum {
	ENTRIES = 64,
	DEPTH = 80, /* frames, ours included */
	NEAR = 4096,
};

/* A word on the stack and what it held. */
struct slot {
	const uintptr_t *at;
	uintptr_t value;
};

struct entry {
	atomic_flag is_taken;
	uint32_t unloads;
	uint32_t stack; /* 0: only a candidate */
	uint32_t slots;
	const void *frame;
	uintptr_t caller; /* the return address of the recorder's frame */
	struct slot slot[2 * DEPTH];
};

static struct entry entries[ENTRIES];
static _Atomic bool is_used; /* an untouched table costs no memory, also not by being cleared */

static int (*get_context)(unw_tdep_context_t *);
static int (*init_local)(unw_cursor_t *, unw_context_t *);
static int (*step)(unw_cursor_t *);
static int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
static int (*get_save_loc)(unw_cursor_t *, int, unw_save_loc_t *);
static int (*is_signal_frame)(unw_cursor_t *);

void memo_prepare(void *libunwind)
{
	get_context = (__extension__(__typeof__(get_context)) dlsym(libunwind, "_Ux86_64_getcontext"));
	init_local = (__extension__(__typeof__(init_local)) dlsym(libunwind, "_ULx86_64_init_local"));
	step = (__extension__(__typeof__(step)) dlsym(libunwind, "_ULx86_64_step"));
	get_reg = (__extension__(__typeof__(get_reg)) dlsym(libunwind, "_ULx86_64_get_reg"));
	get_save_loc = (__extension__(__typeof__(get_save_loc)) dlsym(libunwind, "_ULx86_64_get_save_loc"));
	is_signal_frame = (__extension__(__typeof__(is_signal_frame)) dlsym(libunwind, "_ULx86_64_is_signal_frame"));
	dlerror();
}

static bool has_cursor(void)
{
	return get_context != NULL && init_local != NULL && step != NULL && get_reg != NULL && get_save_loc != NULL &&
		   is_signal_frame != NULL;
}

void memo_reset(void)
{
	for (unsigned i = 0; is_used && i < ENTRIES; i++) {
		entries[i].stack = 0;
		entries[i].frame = NULL;
		atomic_flag_clear(&entries[i].is_taken);
	}
}

static uintptr_t caller_of(const void *frame)
{
	return ((const uintptr_t *)frame)[1];
}

static struct entry *take_entry(const void *frame)
{
	uint64_t key = ((uintptr_t)frame >> 4 ^ caller_of(frame)) * 0x9e3779b97f4a7c15u;
	struct entry *entry = &entries[key >> 58];
	static_assert(ENTRIES == 64, "the key's upper six bits choose");
	return atomic_flag_test_and_set_explicit(&entry->is_taken, memory_order_acquire) ? NULL : entry;
}

static void give_entry(struct entry *entry)
{
	atomic_flag_clear_explicit(&entry->is_taken, memory_order_release);
}

/* In order: each word's place is certain only when those before it are as they were. */
static bool is_as_it_was(const struct entry *entry)
{
	const struct slot *slot = entry->slot, *end = slot + entry->slots;
	for (; end - slot >= 4; slot += 4)
		if (*slot[0].at != slot[0].value || *slot[1].at != slot[1].value || *slot[2].at != slot[2].value ||
			*slot[3].at != slot[3].value)
			return false;
	for (; slot < end; slot++)
		if (*slot->at != slot->value)
			return false;
	return true;
}

bool memo_recall(const void *frame, uint32_t unloads, uint32_t *ret_stack)
{
	struct entry *entry = take_entry(frame);
	if (entry == NULL)
		return false;
	bool is_same = entry->frame == frame && entry->unloads == unloads && entry->stack != 0 && is_as_it_was(entry);
	*ret_stack = entry->stack;
	give_entry(entry);
	return is_same;
}

static bool add_slot(struct entry *entry, const uintptr_t *at, uintptr_t expected)
{
	if (entry->slots == 2 * DEPTH || *at != expected)
		return false;
	entry->slot[entry->slots++] = (struct slot){at, expected};
	return true;
}

/*
 * Notes the saved frame pointer of a frame that ends at `outer_sp`, unless the place of what lies outside cannot depend
 * on it.  Code without frame pointers keeps anything in that register: what does not even point near the frame was not
 * what the unwinder has found the frame's end with, nor will it be where the code is the same.
 */
static bool add_frame_pointer(struct entry *entry, const struct slot *saved, const void *frame, uintptr_t outer_sp)
{
	if (saved->value < (uintptr_t)frame || saved->value >= outer_sp + NEAR)
		return true;
	for (uint32_t i = entry->slots; i > 0; i--)
		if (entry->slot[i - 1].at == saved->at)
			return true;
	return add_slot(entry, saved->at, saved->value);
}

/* Walks outwards from `frame` and notes every word the walk depends on. False: something is out of the ordinary. */
static bool walk(struct entry *entry, const void *frame)
{
	unw_context_t context;
	unw_cursor_t cursor;
	if (get_context(&context) != 0 || init_local(&cursor, &context) != 0)
		return false;
	uintptr_t inner_sp = 0;
	struct slot inner = {NULL, 0}; /* the frame pointer in the frame inside this one, and where it was saved */
	entry->slots = 0;
	for (;;) {
		int more = step(&cursor);
		unw_word_t ip, sp, rbp;
		unw_save_loc_t saved;
		if (more == 0)
			return entry->slots > 0;
		if (more < 0 || get_reg(&cursor, UNW_REG_IP, &ip) != 0 || get_reg(&cursor, UNW_REG_SP, &sp) != 0 ||
			sp <= inner_sp || is_signal_frame(&cursor) > 0)
			return false;
		inner_sp = sp;
		/* Our own helpers come first; the notes begin with the step out of the recorder's frame. */
		if (sp < (uintptr_t)frame + 2 * sizeof(uintptr_t))
			continue;
		if (ip == 0)
			return entry->slots > 0;
		/* On x86-64 the return address lies right below the caller's stack pointer. */
		if (get_reg(&cursor, UNW_X86_64_RBP, &rbp) != 0 || get_save_loc(&cursor, UNW_X86_64_RBP, &saved) != 0 ||
			saved.type != UNW_SLT_MEMORY)
			return false;
		const uintptr_t *rbp_at = (const uintptr_t *)saved.u.addr;
		/*
		 * A function that realigns its stack saves rbp where rbp points, as any function with a frame pointer does, but
		 * finds its caller's frame through another word, which would have to be noted too.
		 */
		if ((uintptr_t)rbp_at == inner.value && sp != inner.value + 2 * sizeof(uintptr_t))
			return false;
		if ((inner.at != NULL && !add_frame_pointer(entry, &inner, frame, sp)) ||
			!add_slot(entry, (const uintptr_t *)sp - 1, ip))
			return false;
		inner = (struct slot){rbp_at, rbp};
	}
}

void memo_learn(const void *frame, uint32_t unloads, uint32_t stack)
{
	if (!has_cursor() || stack == 0)
		return;
	struct entry *entry = take_entry(frame);
	if (entry == NULL)
		return;
	bool is_candidate =
		entry->frame == frame && entry->caller == caller_of(frame) && entry->unloads == unloads && entry->stack == 0;
	atomic_store_explicit(&is_used, true, memory_order_relaxed);
	entry->frame = frame;
	entry->caller = caller_of(frame);
	entry->unloads = unloads;
	entry->stack = is_candidate && walk(entry, frame) ? stack : 0;
	give_entry(entry);
}

#else /* elsewhere every stack is unwound */

void memo_prepare(void *libunwind)
{
	(void)libunwind;
}

void memo_reset(void)
{
}

bool memo_recall(const void *frame, uint32_t unloads, uint32_t *ret_stack)
{
	(void)frame, (void)unloads, (void)ret_stack;
	return false;
}

void memo_learn(const void *frame, uint32_t unloads, uint32_t stack)
{
	(void)frame, (void)unloads, (void)stack;
}

#endif
