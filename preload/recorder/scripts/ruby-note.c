// SPDX-License-Identifier: PostgreSQL
/* ruby-note.c - see ruby-note.h. */
#include "preload/recorder/scripts/ruby-note.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/elf/apart.h"
#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/table.h"

enum {
	NOTES = 64,           /* threads that are inside libpq at a time; of more, some go without */
	TEXT_BYTES = 7168,    /* of all functions and files of a note */
	NEAR_BYTES = 1 << 16, /* what lies on a stack between a note and the call of libpq it is for, and much more */
};

struct ruby_note {
	uintptr_t stack;
	uint32_t count, used;
	uint64_t hash;
	bool is_cut; /* not all frames had room */
	bool is_safe;
	size_t key_bytes; /* 0: no key */
	char key[RUBY_NOTE_KEY_BYTES];
	struct {
		uint32_t line;
		uint16_t function_length, file_length;
		bool begins;
		struct ruby_string function_string, file_string;
	} frame[SCRIPT_FRAMES];
	char text[TEXT_BYTES];
};

/* Apart from the notes, so that looking for one does not touch them all. */
APART static struct place {
	atomic_flag is_taken; /* somebody reads or writes the note; nobody waits for that */
	_Atomic uintptr_t thread;
	_Atomic uint64_t age;
	uint8_t current; /* which of its notes stands for this moment; like these, of whoever has taken it */
} places[NOTES];
APART static struct ruby_note notes[NOTES][2];
static _Atomic uint64_t notes_made;

static bool take(struct place *place)
{
	return !atomic_flag_test_and_set_explicit(&place->is_taken, memory_order_acquire);
}

static struct ruby_note *notes_of(const struct place *place)
{
	return notes[place - places];
}

static void give(struct place *place)
{
	atomic_flag_clear_explicit(&place->is_taken, memory_order_release);
}

static struct place *place_of(uintptr_t thread)
{
	for (struct place *place = places; place < places + NOTES; place++)
		if (atomic_load_explicit(&place->thread, memory_order_relaxed) == thread)
			return place;
	return NULL;
}

static struct place *eldest(void)
{
	struct place *found = places;
	for (struct place *place = places + 1; place < places + NOTES; place++)
		if (atomic_load_explicit(&place->age, memory_order_relaxed) <
			atomic_load_explicit(&found->age, memory_order_relaxed))
			found = place;
	return found;
}

void ruby_note_clear(struct ruby_note *note)
{
	note->count = note->used = 0;
	note->hash = 0;
	note->is_cut = note->is_safe = false;
}

bool ruby_note_is_safe(const struct ruby_note *note)
{
	return note->is_safe;
}

void ruby_note_set_safe(struct ruby_note *note, bool is_safe)
{
	note->is_safe = is_safe;
}

static bool has_key(const struct ruby_note *note, const void *key, size_t key_bytes)
{
	return key_bytes == note->key_bytes && memcmp(key, note->key, key_bytes) == 0;
}

struct ruby_note *ruby_note_begin(uintptr_t stack, const void *key, size_t key_bytes, bool *ret_again)
{
	uintptr_t thread = (uintptr_t)pthread_self();
	struct place *place = place_of(thread);
	if (place == NULL)
		place = eldest();
	if (!take(place))
		return NULL;
	struct ruby_note *both = notes_of(place);
	if (atomic_exchange_explicit(&place->thread, thread, memory_order_relaxed) != thread)
		both[0].key_bytes = both[1].key_bytes = 0;
	atomic_store_explicit(&place->age, atomic_fetch_add(&notes_made, 1) + 1, memory_order_relaxed);
	*ret_again = has_key(&both[place->current], key, key_bytes);
	if (!*ret_again) {
		place->current ^= 1;
		*ret_again = has_key(&both[place->current], key, key_bytes);
	}
	struct ruby_note *note = &both[place->current];
	note->stack = stack;
	if (!*ret_again) {
		ruby_note_clear(note);
		note->key_bytes = key_bytes <= sizeof note->key ? key_bytes : 0;
		memcpy(note->key, key, note->key_bytes);
	}
	return note;
}

bool ruby_note_add(struct ruby_note *note, const struct ruby_frame *frame)
{
	note->is_cut = note->count < SCRIPT_FRAMES && frame->function_length + frame->file_length > TEXT_BYTES - note->used;
	if (note->count == SCRIPT_FRAMES || note->is_cut)
		return false;
	memcpy(note->text + note->used, frame->function, frame->function_length);
	memcpy(note->text + note->used + frame->function_length, frame->file, frame->file_length);
	uint64_t lengths = (uint64_t)frame->function_length << 32 | frame->file_length;
	note->hash = table_mix(table_mix(note->hash, lengths), (uint64_t)frame->line << 1 | frame->begins);
	note->hash = table_hash(note->hash, note->text + note->used, frame->function_length + frame->file_length);
	note->used += (uint32_t)(frame->function_length + frame->file_length);
	note->frame[note->count].line = frame->line;
	note->frame[note->count].function_length = (uint16_t)frame->function_length;
	note->frame[note->count].file_length = (uint16_t)frame->file_length;
	note->frame[note->count].function_string = frame->function_string;
	note->frame[note->count].file_string = frame->file_string;
	note->frame[note->count++].begins = frame->begins;
	return true;
}

void ruby_note_end(struct ruby_note *note)
{
	give(&places[(note - notes[0]) / 2]);
}

/* This thread's note, if it was made not far up this stack; to be given back. */
static struct ruby_note *take_own(uintptr_t stack)
{
	uintptr_t thread = (uintptr_t)pthread_self();
	struct place *place = place_of(thread);
	if (place == NULL || !take(place))
		return NULL;
	struct ruby_note *note = &notes_of(place)[place->current];
	/* Another thread may have taken the place over before it was ours; and a fiber has another stack. */
	if (atomic_load_explicit(&place->thread, memory_order_relaxed) == thread && stack < note->stack &&
		note->stack - stack < NEAR_BYTES)
		return note;
	give(place);
	return NULL;
}

bool ruby_note_hash(uintptr_t stack, uint64_t *ret)
{
	struct ruby_note *note = take_own(stack);
	if (note == NULL)
		return false;
	bool is_whole = !note->is_cut;
	*ret = note->hash;
	ruby_note_end(note);
	return is_whole;
}

bool ruby_note_next(const struct ruby_note *note, struct ruby_note_at *at, struct ruby_frame *ret)
{
	if (at->frame >= note->count)
		return false;
	ret->function = note->text + at->text;
	ret->function_length = note->frame[at->frame].function_length;
	ret->file = ret->function + ret->function_length;
	ret->file_length = note->frame[at->frame].file_length;
	ret->line = note->frame[at->frame].line;
	ret->begins = note->frame[at->frame].begins;
	at->text += (uint32_t)(ret->function_length + ret->file_length);
	at->frame++;
	return true;
}

const struct ruby_string *ruby_note_function_string(const struct ruby_note *note, const struct ruby_note_at *at)
{
	return &note->frame[at->frame - 1].function_string;
}

const struct ruby_string *ruby_note_file_string(const struct ruby_note *note, const struct ruby_note_at *at)
{
	return &note->frame[at->frame - 1].file_string;
}

void ruby_note_read(uintptr_t stack, bool (*take_frame)(void *closure, const struct ruby_frame *frame), void *closure)
{
	struct ruby_note *note = take_own(stack);
	struct ruby_note_at at = {0, 0};
	struct ruby_frame frame;
	if (note == NULL)
		return;
	while (ruby_note_next(note, &at, &frame) && take_frame(closure, &frame))
		;
	ruby_note_end(note);
}
