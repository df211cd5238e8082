// SPDX-License-Identifier: PostgreSQL
/*
 * script.h - what a language gives so that its scripts' frames are seen; the one shape of the files script-*.c.
 *
 * An interpreter is recognised by the functions its module exports, when a
 * stack is first seen that runs through that module (interpreter.c).  Whether a
 * thread runs a script is thus known from its native stack, and a walk happens
 * only then: on the thread that called libpq, without our lock, with the
 * host's errno kept by the caller.
 *
 * A language uses only functions that its interpreter exports.  When one is
 * missing or answers something odd, or when looking would not be legal, it adds
 * nothing: the stack is then native, and nobody is told a wrong line.  A walk
 * never runs the script's own code (no finalizers, no hooks, no warnings),
 * never leaves an exception behind or takes one away, and never ends the
 * thread by a longjmp.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_SCRIPT_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIPT_FUNCTIONS 48 /* at most so many names a language */
#define SCRIPT_LOOPS 4      /* at most so many functions that run scripts */
#define SCRIPT_FRAMES 64    /* innermost ones; the rest is left out */
#define SCRIPT_WORDS 96     /* innermost ones: all that a walk may name, and the interpreter's own between them */

struct elf_object;
struct script_walk; /* walk.c's */

/* An interpreter that was found in a loaded object. Forgotten at a dlclose. */
struct script_interpreter {
	const struct script_language *language;
	/*
	 * Of no other that this process and those it comes from have had, and another one after each dlclose: what is kept
	 * of an interpreter is kept under this, as its address may be another build's by then.
	 */
	uint32_t identity;
	uintptr_t low, high;              /* the object in memory */
	void *function[SCRIPT_FUNCTIONS]; /* by the index of its name in `functions`; NULL: it has none */
	struct {
		uintptr_t low, high;
	} loop[SCRIPT_LOOPS]; /* where those of `loops` lie; empty ones are not there */
	bool is_loop_hidden;  /* none is there, so the whole object stands for it */
};

/* Whose chain is read. */
struct script_thread {
	bool is_first;   /* it is the process's first */
	bool may_wait;   /* as script_may_wait has it */
	uint32_t native; /* the number of its native stack */
};

#define SCRIPT_UNKNOWN ((size_t)-1)

/* What a chain is read into. */
struct script_words {
	uintptr_t word[SCRIPT_WORDS];
	uintptr_t sum; /* of those that were read */
};

struct script_language {
	const char *name; /* 'python': as the trace has it */
	/*
	 * Names of exported functions (and data), ended by NULL; those before an empty string must all be there, or the
	 * object is no interpreter of ours.  The first is one that only this language's interpreter has.
	 */
	const char *const *functions;
	/*
	 * The exported functions that run scripts, ended by NULL: their native frames show where the script's frames
	 * belong.  A stack without one runs no script, and is not walked.
	 */
	const char *const *loops;
	/*
	 * Some versions do not export them: then any frame of the object may run a script, and `walk` finds out itself.
	 */
	bool may_hide_loops;
	/*
	 * The compiler may have parted its loops, and the symbol of one cover its entry alone; the other parts are
	 * searched, and where none is found of one as small as that, the loops are hidden, too.
	 */
	bool may_part_loops;
	/*
	 * It has a JIT compiler, whose code cannot be unwound well.  A stack with code of no object in it and one of
	 * `drivers` innermost runs a script.
	 */
	bool makes_code;
	/*
	 * Modules (patterns over the path, in which '*' is any text) that give up the interpreter's lock around libpq and
	 * hold no other lock meanwhile, so that it may be taken again; ended by NULL.  NULL: the language has no such lock.
	 */
	const char *const *drivers;
	/*
	 * A new stack runs from a script through one of `drivers` to libpq: what has to be prepared in it; may be NULL.
	 * Our lock is free; several threads may be here at a time.
	 */
	void (*meet_driver)(const struct script_interpreter *interpreter, const struct elf_object *driver);
	/*
	 * The thread is about to give up the interpreter's lock around libpq; `stack` is where its stack is.  NULL: nothing
	 * needs to be known of that moment.
	 */
	void (*note)(uintptr_t stack);
	/*
	 * Reads a word for each frame of the running thread, innermost first, that stands for a place in the script until
	 * chain_forget (chain.h).  Returns their number; 0: that cannot be done now; SCRIPT_UNKNOWN: not
	 * before a walk.  Asks nothing of the interpreter that needs a lock.  Our own lock is held.  NULL: the language's
	 * frames can only be walked.
	 */
	size_t (*chain)(const struct script_interpreter *interpreter, struct script_thread thread,
					struct script_words *ret);
	/* Calls script_add for each frame, innermost first. */
	void (*walk)(const struct script_interpreter *interpreter, struct script_walk *walk);
};

/*
 * Whether the walk may wait for the interpreter's lock: all native frames between libpq and the interpreter are of
 * `drivers`.  Where it is false, only a thread that has the lock already may be looked at.
 */
bool script_may_wait(const struct script_walk *walk);

/* Whether the walk has room for more frames. */
bool script_wants_more(const struct script_walk *walk);

/* What `chain` has read right before the walk. */
const uintptr_t *script_chain(const struct script_walk *walk, size_t *ret_count);

/* The walk has found the same frames, and chain_forget will be called when one of them is something else. */
void script_trust_chain(struct script_walk *walk);

/*
 * Keeps a word about the native stack that is walked: what `chain` would have to look at the stack itself for.  It may
 * be forgotten at any time, and is when something is unloaded.
 */
void script_note(struct script_walk *walk, uintptr_t word);

/* That word, or 0.  For `chain`. */
uintptr_t script_noted(uint32_t native);

/*
 * Where a walk waits, its interpreter may end the thread instead.  What the language gives here (a jmp_buf of its own)
 * is found again by that thread, until it is set to NULL or the walk ends.
 */
void script_set_way_out(struct script_walk *walk, void *way_out);
void *script_way_out(void);

/*
 * One frame.  Texts need no NUL and are copied.  `line` 0: unknown.  `begins`: the frame was called by native code, so
 * the frames outside it belong to the next native frame of a loop; a language that cannot tell says false, and then all
 * of what is left belongs to the same one.
 */
void script_add(struct script_walk *walk, const char *function, size_t function_length, const char *file,
				size_t file_length, uint32_t line, bool begins);

/* The lua_State that the shim knows for the module at `address` (recorder_settings), or NULL. */
void *script_lua_state(const void *address);

/* The languages there are, each in script-NAME.c. */
#define SCRIPT_LANGUAGES(LANGUAGE)                                                                                     \
	LANGUAGE(python)                                                                                                   \
	LANGUAGE(php)                                                                                                      \
	LANGUAGE(ruby)                                                                                                     \
	LANGUAGE(perl)                                                                                                     \
	LANGUAGE(lua)

#define SCRIPT_DECLARE(name) extern const struct script_language script_##name;
SCRIPT_LANGUAGES(SCRIPT_DECLARE)

/* A language lists its functions once, #define FUNCTIONS(F) F(NUMBER, "name") ..., for an enum and for `functions`. */
#define SCRIPT_NUMBER(number, name) number,
#define SCRIPT_NAME(number, name) name,

/* Calls a function of an interpreter, or reads its data: FUNCTION_OF(interpreter, NUMBER, int (*)(void))(). */
#define FUNCTION_OF(interpreter, number, type) (__extension__(type)(interpreter)->function[number])

/* Whether the return address lies in the interpreter: one less lies inside the call. */
static inline bool script_is_inside(const struct script_interpreter *interpreter, uintptr_t return_address)
{
	return return_address - 1 >= interpreter->low && return_address - 1 < interpreter->high;
}

#endif
