// SPDX-License-Identifier: PostgreSQL
/*
 * chain.h - recognises a script's frames without asking its interpreter.
 *
 * A language may give a word for each frame of the running thread, read where
 * the interpreter keeps it, with no lock of the interpreter's and no name
 * (script.h: `chain`).  The native stack with these words was seen before, or
 * is walked once, and its number kept here.  What the words stand for may go,
 * and something else take its place: a language that learns of it says so
 * (chain_forget), and everything is forgotten.
 *
 * Owns that table.  Called by walk.c with the recorder's lock; chain_forget by
 * whatever thread frees code, without it.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_CHAIN_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/stack.h"

#define CHAIN_IN_VAIN UINT32_MAX /* in place of a number: a walk did not find what the chain stands for */

struct chain {
	uint64_t forgets; /* how often everything had been forgotten when it was read */
	size_t count;     /* 0: it cannot be read now; SCRIPT_UNKNOWN: not before a walk */
	/* The key, without padding, is this and the words that were read. */
	uintptr_t native; /* number of the native stack, and identity of the interpreter */
	struct script_words words;
};

/* Forgets everything: this is a new process. */
void chain_reset(void);

/* What words stood for has gone.  Needs no lock. */
void chain_forget(void);

/* Reads the chain of the calling thread, if one interpreter runs in the stack of that number and its language has any.
 */
void chain_read(struct chain *ret, uint32_t stack, uint32_t unloads, uint32_t thread);

/* Keeps a word about a native stack (script.h: script_note). */
void chain_note(uint32_t native, uintptr_t word);

/*
 * The number of that stack with the frames that its scripts have now, or CHAIN_IN_VAIN, also where no chain can be
 * read; 0: it was not walked yet.
 */
uint32_t chain_recall(uint32_t stack, uint32_t unloads, uint32_t thread);

/* Keeps the number, unless something has been forgotten since the chain was read. */
void chain_add(const struct chain *chain, uint32_t number);

#endif
