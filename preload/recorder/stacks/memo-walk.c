// SPDX-License-Identifier: PostgreSQL
/*
 * memo-walk.c - a stack's frames, found with libunwind's cursor, and the words that they depend on; see capture.h and
 * memo.h.
 *
 * Owns what differs from processor to processor.  Takes no lock of ours.
 */
#include <dlfcn.h>

#include "preload/recorder/stacks/memo.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#if defined(__x86_64__)
#define CURSOR(function) "_ULx86_64_" function
#define FRAME_POINTER UNW_X86_64_RBP
#elif defined(__aarch64__)
#define CURSOR(function) "_ULaarch64_" function
#define FRAME_POINTER UNW_AARCH64_X29
#endif

static int (*init_local)(unw_cursor_t *, unw_context_t *);
static int (*step)(unw_cursor_t *);
static int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
static int (*get_save_loc)(unw_cursor_t *, int, unw_save_loc_t *);
static int (*is_signal_frame)(unw_cursor_t *);
#if defined(__x86_64__)
static int (*get_context)(unw_tdep_context_t *);
#else
#define get_context unw_tdep_getcontext /* code in the header */
#endif

/*
 * libunwind sets itself up at its first use and looks without a barrier whether it has; so this is before any other
 * thread can use it.  The policy is the one that it has.
 */
static void set_up(void *libunwind)
{
	int (*set_policy)(unw_addr_space_t, unw_caching_policy_t) =
		(__extension__(__typeof__(set_policy)) dlsym(libunwind, CURSOR("set_caching_policy")));
	const unw_addr_space_t *space = dlsym(libunwind, CURSOR("local_addr_space"));
	if (set_policy != NULL && space != NULL)
		set_policy(*space, UNW_CACHE_GLOBAL);
}

void memo_prepare(void *libunwind)
{
	set_up(libunwind);
	init_local = (__extension__(__typeof__(init_local)) dlsym(libunwind, CURSOR("init_local")));
	step = (__extension__(__typeof__(step)) dlsym(libunwind, CURSOR("step")));
	get_reg = (__extension__(__typeof__(get_reg)) dlsym(libunwind, CURSOR("get_reg")));
	get_save_loc = (__extension__(__typeof__(get_save_loc)) dlsym(libunwind, CURSOR("get_save_loc")));
	is_signal_frame = (__extension__(__typeof__(is_signal_frame)) dlsym(libunwind, CURSOR("is_signal_frame")));
#if defined(__x86_64__)
	get_context = (__extension__(__typeof__(get_context)) dlsym(libunwind, "_Ux86_64_getcontext"));
	if (get_context == NULL)
		step = NULL;
#endif
	dlerror();
}

static bool has_cursor(void)
{
	return init_local != NULL && step != NULL && get_reg != NULL && get_save_loc != NULL && is_signal_frame != NULL;
}

int capture_by_steps(uintptr_t *ret, int most)
{
	unw_context_t context;
	unw_cursor_t cursor;
	unw_word_t ip;
	int count = 0;
	if (!has_cursor() || get_context(&context) != 0 || init_local(&cursor, &context) != 0)
		return 0;
	sigset_t before;
	bool is_quiet = quiet_begin(&before);
	while (count < most && step(&cursor) > 0 && get_reg(&cursor, UNW_REG_IP, &ip) == 0)
		ret[count++] = ip;
	if (is_quiet)
		quiet_end(&before);
	return count;
}

/* Where the return address lies with which the cursor came to its frame; NULL: unknown. */
static const uintptr_t *return_slot(unw_cursor_t *cursor, unw_word_t sp)
{
#if defined(__x86_64__)
	(void)cursor;
	return (const uintptr_t *)sp - 1; /* right below the caller's stack pointer, always */
#else
	unw_save_loc_t saved;
	(void)sp;
	if (get_save_loc(cursor, UNW_AARCH64_X30, &saved) != 0 || saved.type != UNW_SLT_MEMORY)
		return NULL;
	return (const uintptr_t *)saved.u.addr;
#endif
}

/*
 * A function that realigns its stack saves rbp where rbp points, as any function with a frame pointer does, but finds
 * its caller's frame through another word, which would have to be noted too.  On aarch64 there are no such functions.
 */
static bool is_realigned(const struct memo_word *inner, const uintptr_t *saved_at, unw_word_t sp)
{
#if defined(__x86_64__)
	return (uintptr_t)saved_at == inner->value && sp != inner->value + 2 * sizeof(uintptr_t);
#else
	(void)inner, (void)saved_at, (void)sp;
	return false;
#endif
}

struct walk {
	const void *frame;
	struct memo_word *word;
	size_t count;
};

static bool add(struct walk *walk, const uintptr_t *at, uintptr_t expected)
{
	if (walk->count == MEMO_WORDS || *at != expected)
		return false;
	walk->word[walk->count++] = (struct memo_word){at, expected};
	return true;
}

static bool has(const struct walk *walk, const uintptr_t *at)
{
	for (size_t i = walk->count; i > 0; i--)
		if (walk->word[i - 1].at == at)
			return true;
	return false;
}

/*
 * Notes the saved frame pointer of the frame whose return address lies at `outer`, unless the place of that cannot
 * depend on it.  Code without frame pointers keeps anything in that register: what does not even point near the frame
 * was not what the unwinder has found the frame's end with, nor will it be where the code is the same.
 */
static bool add_frame_pointer(struct walk *walk, const struct memo_word *saved, const uintptr_t *outer)
{
	if (saved->at == NULL || !memo_is_near(saved->value, walk->frame, outer) || has(walk, saved->at))
		return true;
	return add(walk, saved->at, saved->value);
}

/* The stack ends here.  Where no table says so, the unwinder had only the frame pointer to tell, whatever it was. */
static bool add_end(struct walk *walk, const struct memo_word *inner)
{
	return inner->at == NULL || has(walk, inner->at) || add(walk, inner->at, inner->value);
}

/* Notes every word the steps depend on, from the one out of the wrapper's frame. */
static bool walk_out(struct walk *walk, unw_cursor_t *cursor)
{
	uintptr_t inner_sp = 0;
	struct memo_word inner = {NULL, 0}; /* the frame pointer in the frame inside this one, and where it was saved */
	for (int frames = 0; frames < CAPTURE_FRAMES;) {
		int more = step(cursor);
		unw_word_t ip, sp, pointer;
		unw_save_loc_t saved;
		if (more == 0)
			return frames > 0 && add_end(walk, &inner);
		if (more < 0 || get_reg(cursor, UNW_REG_IP, &ip) != 0 || get_reg(cursor, UNW_REG_SP, &sp) != 0 ||
			sp <= inner_sp || is_signal_frame(cursor) > 0)
			return false;
		inner_sp = sp;
		/* Our own helpers come first. */
		if (sp < (uintptr_t)walk->frame + 2 * sizeof(uintptr_t))
			continue;
		const uintptr_t *outer = return_slot(cursor, sp);
		if (outer == NULL || get_reg(cursor, FRAME_POINTER, &pointer) != 0 ||
			get_save_loc(cursor, FRAME_POINTER, &saved) != 0 || saved.type != UNW_SLT_MEMORY)
			return false;
		const uintptr_t *saved_at = (const uintptr_t *)saved.u.addr;
		if (is_realigned(&inner, saved_at, sp) || !add_frame_pointer(walk, &inner, outer))
			return false;
		/* The wrapper's own return address is what the memo looks for first: it need not be noted. */
		if (frames > 0 ? !add(walk, outer, ip) : outer != (const uintptr_t *)walk->frame + 1 || *outer != ip)
			return false;
		inner = (struct memo_word){saved_at, pointer};
		frames++;
	}
	return true; /* what lies further out is not recorded */
}

bool memo_walk(const void *frame, struct memo_word ret[MEMO_WORDS], size_t *ret_count)
{
	unw_context_t context;
	unw_cursor_t cursor;
	struct walk walk = {frame, ret, 0};
	if (!has_cursor() || get_context(&context) != 0 || init_local(&cursor, &context) != 0)
		return false;
	sigset_t before;
	bool is_quiet = quiet_begin(&before);
	bool is_ordinary = walk_out(&walk, &cursor);
	if (is_quiet)
		quiet_end(&before);
	*ret_count = walk.count;
	return is_ordinary;
}
