// SPDX-License-Identifier: PostgreSQL
/*
 * script-ruby.c - the frames of Ruby programs, Ruby 2.7 to 3.4.
 *
 * rb_profile_frames and its like are made for looking from a signal handler:
 * they allocate nothing and run nothing.  They are called with the VM's lock
 * (GVL) only, because a compaction by another thread moves what they read; for
 * calls of libpq without it the lines are noted before (ruby-note.h).  To that
 * end the slots through which a driver calls rb_thread_call_without_gvl are
 * pointed at us when the driver is first seen on a stack, or in the first call that goes through them.  The chain is
 * a number made of a note.
 *
 * Nothing while the garbage collector runs (a connection that it frees), and
 * nothing of threads that are not Ruby's.
 *
 * A VALUE is told to be a string by its flags, which the macros of extensions
 * have fixed (T_STRING); strings of code are never shared, so end with a NUL.
 */
#include <stdatomic.h>
#include <string.h>

#include "preload/elf/elf-object.h"
#include "preload/recorder/scripts/ruby-note.h"
#include "preload/recorder/scripts/script.h"

#define FUNCTIONS(F)                                                                                                   \
	F(PROFILE_FRAMES, "rb_profile_frames")                                                                             \
	F(FRAME_PATH, "rb_profile_frame_path")                                                                             \
	F(FRAME_LABEL, "rb_profile_frame_label")                                                                           \
	F(FRAME_METHOD, "rb_profile_frame_method_name")                                                                    \
	F(FRAME_FIRST_LINE, "rb_profile_frame_first_lineno")                                                               \
	F(STRING_POINTER, "rb_string_value_ptr")                                                                           \
	F(IS_RUBY_THREAD, "ruby_native_thread_p")                                                                          \
	F(HAS_LOCK, "ruby_thread_has_gvl_p")                                                                               \
	F(IS_COLLECTING, "rb_during_gc")                                                                                   \
	F(COLLECTIONS, "rb_gc_count")                                                                                      \
	F(WITHOUT_LOCK, "rb_thread_call_without_gvl")                                                                      \
	F(WITHOUT_LOCK_FLAGS, "rb_nogvl")                                                                                  \
	F(LAST_NEEDED, "")                                                                                                 \
	F(IS_MARKED, "rb_objspace_marked_object_p")

enum { FUNCTIONS(SCRIPT_NUMBER) };
static const char *const functions[] = {FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"rb_vm_exec", NULL}; /* hidden since 3.3 */

static const char *const drivers[] = {"*/pg_ext.so", NULL};

typedef uintptr_t VALUE;

enum {
	FRAMES = 96, /* so many are asked for; those of functions in C are none of a script */
	TEXT_BYTES = 4096,
	T_STRING = 5,
	T_MASK = 0x1f,
	LAST_CONSTANT = 0x40, /* nil and its like are below, and no object */
};

/* Takes a frame; false: no more of them. */
typedef bool take_frame(void *closure, const struct ruby_frame *frame);

static bool is_string(VALUE value)
{
	return (value & 7) == 0 && value >= LAST_CONSTANT && (*(const VALUE *)value & T_MASK) == T_STRING;
}

static const char *text_of(const struct script_interpreter *ruby, VALUE value, size_t *ret_length)
{
	if (!is_string(value))
		return NULL;
	const char *text = FUNCTION_OF(ruby, STRING_POINTER, const char *(*)(VALUE *))(&value);
	*ret_length = text != NULL ? strnlen(text, TEXT_BYTES) : 0;
	return text;
}

/*
 * What is passed to `eval` runs as the method whose binding it has got, and by rb_profile_frames in its file, but with
 * lines of its own.  It is known by the line, or by who calls it.
 */
static const char evaluated[] = "(eval)";

static void mend_evaluated(struct ruby_frame *frame)
{
	frame->file = evaluated;
	frame->file_length = sizeof evaluated - 1;
	frame->file_string.at = 0;
}

static bool is_evaluated_file(const struct ruby_frame *frame)
{
	return frame->file_length == sizeof evaluated - 1 && memcmp(frame->file, evaluated, sizeof evaluated - 1) == 0;
}

static bool is_eval(const struct script_interpreter *ruby, VALUE frame)
{
	size_t length;
	const char *method = text_of(ruby, FUNCTION_OF(ruby, FRAME_METHOD, VALUE(*)(VALUE))(frame), &length);
	return method != NULL && strcmp(method, "eval") == 0;
}

/*
 * What this thread's stack is made of.  Where all of this is the same, it is the same stack, unless the collector has
 * freed objects since that it had not come to yet, and others have taken their places.
 */
struct sight {
	size_t count, collections;
	struct sighted {
		VALUE frame;
		uint64_t line;
	} frame[FRAMES];
};

_Static_assert(sizeof(struct sight) <= RUBY_NOTE_KEY_BYTES, "it is the key of a note");

static size_t used_bytes(const struct sight *sight)
{
	return offsetof(struct sight, frame) + sight->count * sizeof sight->frame[0];
}

/* Looks at the stack of this thread, which has the lock. */
static void see(const struct script_interpreter *ruby, struct sight *ret)
{
	VALUE frames[FRAMES];
	int lines[FRAMES];
	int count = FUNCTION_OF(ruby, PROFILE_FRAMES, int (*)(int, int, VALUE *, int *))(0, FRAMES, frames, lines);
	ret->collections = FUNCTION_OF(ruby, COLLECTIONS, size_t(*)(void))();
	ret->count = count > 0 ? (size_t)count : 0;
	for (size_t i = 0; i < ret->count; i++)
		ret->frame[i] = (struct sighted){
			.frame = frames[i],
			.line = lines[i] > 0 ? (uint64_t)lines[i] : 0,
		};
	/* The collector looks for objects on stacks, and must not find these there later. */
	explicit_bzero(frames, sizeof frames);
}

static void forget(struct sight *sight)
{
	explicit_bzero(sight, used_bytes(sight));
}

static bool is_before_first(const struct script_interpreter *ruby, const struct sighted *sighted)
{
	VALUE first = FUNCTION_OF(ruby, FRAME_FIRST_LINE, VALUE(*)(VALUE))(sighted->frame);
	return (first & 1) != 0 && sighted->line != 0 && sighted->line < first >> 1; /* a small integer */
}

static struct ruby_string string_of(VALUE value, const char *bytes)
{
	struct ruby_string string = {.at = bytes != NULL ? value : 0, .bytes = bytes};
	if (bytes != NULL)
		memcpy(string.words, (const void *)value, sizeof string.words);
	return string;
}

/* A function in C has no path. */
static bool read_frame(const struct script_interpreter *ruby, const struct sighted *sighted, struct ruby_frame *ret)
{
	*ret = (struct ruby_frame){.function = "", .line = (uint32_t)sighted->line};
	VALUE path = FUNCTION_OF(ruby, FRAME_PATH, VALUE(*)(VALUE))(sighted->frame);
	ret->file = text_of(ruby, path, &ret->file_length);
	if (ret->file == NULL)
		return false;
	ret->file_string = string_of(path, ret->file);
	VALUE label = FUNCTION_OF(ruby, FRAME_LABEL, VALUE(*)(VALUE))(sighted->frame);
	const char *function = text_of(ruby, label, &ret->function_length);
	ret->function_string = string_of(label, function);
	if (function != NULL)
		ret->function = function;
	if (is_before_first(ruby, sighted))
		mend_evaluated(ret);
	return true;
}

/* Gives the frames to `take`. */
static void tell(const struct script_interpreter *ruby, const struct sight *sight, take_frame *take, void *closure)
{
	struct ruby_frame pending = {.file = NULL}, frame;
	bool goes_on = true;
	for (size_t i = 0; i < sight->count && goes_on; i++) {
		bool is_script = read_frame(ruby, &sight->frame[i], &frame);
		if (pending.file != NULL) {
			pending.begins = !is_script;
			if (!is_script && is_eval(ruby, sight->frame[i].frame))
				mend_evaluated(&pending);
			goes_on = take(closure, &pending);
		}
		pending = frame;
	}
	/* Until 3.2 the outermost is no frame of the script, but what the VM began with. */
	if (goes_on && pending.file != NULL && pending.line != 0)
		take(closure, &pending);
}

static bool may_look(const struct script_interpreter *ruby)
{
	return FUNCTION_OF(ruby, HAS_LOCK, int (*)(void))() && !FUNCTION_OF(ruby, IS_COLLECTING, int (*)(void))();
}

/* --- notes --- */

static struct script_interpreter noting; /* the Ruby that the drivers' slots lead to */
static atomic_int is_noting;             /* 0: no slot was changed; 1: somebody is at it; 2: `noting` is there */

static bool add_to_note(void *closure, const struct ruby_frame *frame)
{
	return ruby_note_add(closure, frame);
}

/* Whether the value is a string that says what is noted. */
static bool is_text(const struct script_interpreter *ruby, VALUE value, const struct ruby_string *string,
					const char *noted, size_t length)
{
	/* The same string, if it is one, with the same bytes in the same place. */
	if (string->at == value && value != 0 && memcmp((const void *)value, string->words, sizeof string->words) == 0)
		return memcmp(string->bytes, noted, length) == 0 && string->bytes[length] == '\0';
	const char *text = is_string(value) ? FUNCTION_OF(ruby, STRING_POINTER, const char *(*)(VALUE *))(&value) : NULL;
	/* What is noted has no NUL in it, so the text is as long where it is the same. */
	return text != NULL ? strncmp(text, noted, length) == 0 && text[length] == '\0' : length == 0;
}

/*
 * Whether the note, which was made of the same frames, says what they say.  It does unless something else lies where
 * one of them lay.
 */
static bool says_it(const struct script_interpreter *ruby, const struct ruby_note *note, const struct sight *sight)
{
	struct ruby_note_at at = {0, 0};
	struct ruby_frame noted;
	for (size_t i = 0; i < sight->count; i++) {
		VALUE frame = sight->frame[i].frame, path = FUNCTION_OF(ruby, FRAME_PATH, VALUE(*)(VALUE))(frame);
		if (!is_string(path) || (i + 1 == sight->count && sight->frame[i].line == 0))
			continue;
		if (!ruby_note_next(note, &at, &noted))
			return true; /* there was no room for more */
		if (!is_text(ruby, FUNCTION_OF(ruby, FRAME_LABEL, VALUE(*)(VALUE))(frame), ruby_note_function_string(note, &at),
					 noted.function, noted.function_length))
			return false;
		bool is_evaluated = is_before_first(ruby, &sight->frame[i]);
		if (!is_evaluated && is_text(ruby, path, ruby_note_file_string(note, &at), noted.file, noted.file_length))
			continue;
		is_evaluated |= i + 1 < sight->count && is_eval(ruby, sight->frame[i + 1].frame);
		if (!is_evaluated || !is_evaluated_file(&noted))
			return false;
	}
	return !ruby_note_next(note, &at, &noted);
}

/*
 * Whether the collector has found all of these objects to live, so that it frees none of them before the next
 * collection: what has lived long, and what it came to in the one that goes on.
 */
static bool are_marked(const struct script_interpreter *ruby, const struct sight *sight)
{
	typedef int marked_function(VALUE);
	if (ruby->function[IS_MARKED] == NULL)
		return false;
	for (size_t i = 0; i < sight->count; i++) {
		VALUE frame = sight->frame[i].frame;
		VALUE of_it[] = {frame, FUNCTION_OF(ruby, FRAME_PATH, VALUE(*)(VALUE))(frame),
						 FUNCTION_OF(ruby, FRAME_LABEL, VALUE(*)(VALUE))(frame)};
		for (size_t j = 0; j < sizeof of_it / sizeof of_it[0]; j++)
			if ((j == 0 || is_string(of_it[j])) && !FUNCTION_OF(ruby, IS_MARKED, marked_function *)(of_it[j]))
				return false;
	}
	return true;
}

/* The thread has the lock. */
static void note_for(const struct script_interpreter *ruby, uintptr_t stack)
{
	struct sight sight;
	bool is_again = false;
	see(ruby, &sight);
	struct ruby_note *note = ruby_note_begin(stack, &sight, used_bytes(&sight), &is_again);
	if (note != NULL && is_again && !ruby_note_is_safe(note) && !says_it(ruby, note, &sight)) {
		ruby_note_clear(note);
		is_again = false;
	}
	if (note != NULL && !is_again) {
		ruby_note_set_safe(note, are_marked(ruby, &sight));
		tell(ruby, &sight, add_to_note, note);
	}
	if (note != NULL)
		ruby_note_end(note);
	forget(&sight);
}

static void note(uintptr_t stack)
{
	if (FUNCTION_OF(&noting, IS_RUBY_THREAD, int (*)(void))() && may_look(&noting))
		note_for(&noting, stack);
}

typedef void *lockless(void *);

/* In the driver's slots; both end in a jump to Ruby's own, so stacks are as they would be without us. */
static void *call_without_lock(lockless *work, void *argument, void (*wake)(void *), void *wakes)
{
	note((uintptr_t)__builtin_frame_address(0));
	return FUNCTION_OF(&noting, WITHOUT_LOCK, void *(*)(lockless *, void *, void (*)(void *), void *))(work, argument,
																									   wake, wakes);
}

static void *call_without_lock_flags(lockless *work, void *argument, void (*wake)(void *), void *wakes, int flags)
{
	note((uintptr_t)__builtin_frame_address(0));
	return FUNCTION_OF(&noting, WITHOUT_LOCK_FLAGS, void *(*)(lockless *, void *, void (*)(void *), void *, int))(
		work, argument, wake, wakes, flags);
}

static void *choose(const char *name)
{
	if (strcmp(name, functions[WITHOUT_LOCK]) == 0)
		return __extension__(void *) call_without_lock;
	if (strcmp(name, functions[WITHOUT_LOCK_FLAGS]) == 0)
		return __extension__(void *) call_without_lock_flags;
	return NULL;
}

/*
 * One Ruby a process, and one driver at a time: whoever finds another at it leaves it to the next stack.  One that lies
 * where that lay, with its functions elsewhere, has taken its place, and nobody runs that any more.
 */
static void meet_driver(const struct script_interpreter *ruby, const struct elf_object *driver)
{
	int was = atomic_load(&is_noting);
	if (was == 1 || (was == 2 && noting.low != ruby->low) || !atomic_compare_exchange_strong(&is_noting, &was, 1))
		return;
	if (was == 0 || memcmp(noting.function, ruby->function, sizeof noting.function) != 0)
		noting = *ruby;
	elf_replace_slots(driver, choose, NULL, false);
	atomic_store(&is_noting, 2);
}

/* The first call of a driver that was met in it: the slot it came through was not ours yet. */
static void note_first(uintptr_t stack)
{
	if (atomic_load(&is_noting) == 2)
		note(stack);
}

/* --- the chain --- */

/* One word for all frames, made of all that is said of them: where the lock is held they are noted for that, too. */
static size_t chain(const struct script_interpreter *ruby, struct script_thread thread, struct script_words *ret)
{
	if (!FUNCTION_OF(ruby, IS_RUBY_THREAD, int (*)(void))())
		return 0;
	uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
	if (may_look(ruby))
		note_for(ruby, stack + 1);
	else if (!thread.may_wait || FUNCTION_OF(ruby, HAS_LOCK, int (*)(void))())
		return 0;
	uint64_t hash;
	if (!ruby_note_hash(stack, &hash))
		return 0;
	ret->word[0] = ret->sum = hash;
	return 1;
}

/* --- the walk --- */

static bool add_to_walk(void *closure, const struct ruby_frame *frame)
{
	script_add(closure, frame->function, frame->function_length, frame->file, frame->file_length, frame->line,
			   frame->begins);
	return script_wants_more(closure);
}

static void walk_ruby(const struct script_interpreter *ruby, struct script_walk *walk)
{
	if (!FUNCTION_OF(ruby, IS_RUBY_THREAD, int (*)(void))())
		return;
	if (may_look(ruby)) {
		struct sight sight;
		see(ruby, &sight);
		tell(ruby, &sight, add_to_walk, walk);
		forget(&sight);
	} else if (!FUNCTION_OF(ruby, HAS_LOCK, int (*)(void))() && script_may_wait(walk))
		ruby_note_read((uintptr_t)__builtin_frame_address(0), add_to_walk, walk);
	script_trust_chain(walk);
}

const struct script_language script_ruby = {
	.name = "ruby",
	.functions = functions,
	.loops = loops,
	.may_hide_loops = true,
	.makes_code = true,
	.drivers = drivers,
	.meet_driver = meet_driver,
	.note = note_first,
	.chain = chain,
	.walk = walk_ruby,
};
