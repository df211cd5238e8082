// SPDX-License-Identifier: PostgreSQL
/*
 * ruby-note.h - which lines of Ruby a thread was at when it gave up the VM's lock.
 *
 * Ruby's frames may be looked at by a thread that holds the lock (GVL) only,
 * and drivers give it up around libpq.  It cannot be taken again there: when it
 * is given back, Ruby runs what is pending for the thread (Thread#kill, traps,
 * Timeout), which may longjmp out of libpq's caller.  So the lines are noted
 * before, by the thread itself, in the driver's call of rb_thread_call_without_gvl.
 *
 * Owns a fixed table of notes, two for a thread, as most threads call from two
 * places by turns: the method that asks, and what frees its result.  The eldest
 * thread's are given up when there are more.  Never waits, never allocates.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_RUBY_NOTE_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_RUBY_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ruby's string that a text is of: where its bytes are follows from where it lies and what lies there. */
struct ruby_string {
	uintptr_t at; /* 0: there is none */
	uintptr_t words[4];
	const char *bytes;
};

struct ruby_frame {
	const char *function, *file;
	size_t function_length, file_length;
	uint32_t line;
	bool begins; /* as script_add has it */
	struct ruby_string function_string, file_string;
};

struct ruby_note;

#define RUBY_NOTE_KEY_BYTES 1600u

/*
 * A note of this thread, for this moment; `stack` is where its stack is now.  *ret_again: it is one that had the same
 * key, else it is empty.  NULL: there is none to be had.  A longer key than RUBY_NOTE_KEY_BYTES is never the same.
 */
struct ruby_note *ruby_note_begin(uintptr_t stack, const void *key, size_t key_bytes, bool *ret_again);

/* The next frame of the note, without its strings, from `*at` on, which begins with {0}; false: there is none. */
struct ruby_note_at {
	uint32_t frame, text;
};
bool ruby_note_next(const struct ruby_note *note, struct ruby_note_at *at, struct ruby_frame *ret);

/* The strings of the frame that was given last. */
const struct ruby_string *ruby_note_function_string(const struct ruby_note *note, const struct ruby_note_at *at);
const struct ruby_string *ruby_note_file_string(const struct ruby_note *note, const struct ruby_note_at *at);

/* Empties it. */
void ruby_note_clear(struct ruby_note *note);

/* Whether nothing can take the place of what it was made of while its key is the same; an empty one's is not. */
bool ruby_note_is_safe(const struct ruby_note *note);
void ruby_note_set_safe(struct ruby_note *note, bool is_safe);

/* Adds the next frame outwards; false: there is no room for more. */
bool ruby_note_add(struct ruby_note *note, const struct ruby_frame *frame);

void ruby_note_end(struct ruby_note *note);

/*
 * A number made of all that the frames of this thread's note say, if it was made not far up this stack; false: it was
 * not, or has no room for some.
 */
bool ruby_note_hash(uintptr_t stack, uint64_t *ret);

/* Gives the frames of this thread's note to `take`, while that wants more, if it was made not far up this stack. */
void ruby_note_read(uintptr_t stack, bool (*take)(void *closure, const struct ruby_frame *frame), void *closure);

#endif
