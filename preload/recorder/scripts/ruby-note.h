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
 * Owns a fixed table of notes, one for a thread, the eldest being given up when
 * there are more threads.  Never waits, never allocates.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_RUBY_NOTE_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_RUBY_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ruby_frame {
	const char *function, *file;
	size_t function_length, file_length;
	uint32_t line;
	bool begins; /* as script_add has it */
};

struct ruby_note;

#define RUBY_NOTE_KEY_BYTES 4096u

/*
 * Begins this thread's note anew; `stack` is where its stack is now.  NULL: there is none to be had, or the last one
 * had the same key, and stands for this moment too.  A longer key than RUBY_NOTE_KEY_BYTES is never the same.
 */
struct ruby_note *ruby_note_begin(uintptr_t stack, const void *key, size_t key_bytes);

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
