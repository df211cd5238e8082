// SPDX-License-Identifier: PostgreSQL
/*
 * script-python.c - frames of Python: CPython 3.9 to 3.14.
 *
 * When looking is legal:
 * - The interpreter is there and stays: it is initialised, which it is no longer
 *   when it begins to finalise.
 * - It is the only one of its process, and the thread has a state of it.
 *   PyGILState knows nothing of subinterpreters.
 * - The thread has the lock of the interpreter (GIL).  Drivers give it up
 *   around calls of libpq; then it is taken again, as the driver will do right
 *   afterwards, but only where no other lock is held meanwhile for which the
 *   lock's holder might wait (script_may_wait), and the thread survives it
 *   (python-wait.h).
 * - Not in a free-threaded build: others change there what is looked at.
 *
 * Nothing of the script's runs: since 3.11 looking at a frame makes an object
 * for it, which in 3.11 may start the garbage collector and its finalizers, so
 * that is held back.  Names of attributes are kept for a walk only: they would
 * not outlive the interpreter.
 */
#include <string.h>

#include "preload/recorder/scripts/python-wait.h"
#include "preload/recorder/scripts/python.h"
#include "preload/recorder/scripts/script.h"

static const char *const functions[] = {PYTHON_FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"_PyEval_EvalFrameDefault", NULL};

/*
 * Each gives up the GIL around libpq, and holds then no lock that anybody waits for while having the GIL.  psycopg2
 * holds a connection's own lock, and takes the GIL back under it itself.
 */
static const char *const drivers[] = {
	"*/psycopg2/_psycopg*.so", "*/psycopg_c/*.so", "*/psycopg_binary/*.so", "*/_pg.*.so", "*/_ctypes*.so",
	"*/libffi*.so*",           "*/libpq.so*",      "*/libpq-*.so*",         NULL,
};

static void *current_thread(const struct script_interpreter *interpreter)
{
	int n = interpreter->function[THREAD_CURRENT] != NULL ? THREAD_CURRENT : THREAD_CURRENT_OLD;
	return CALL(void *, n, (void))();
}

static inline bool is_alone(const struct script_interpreter *interpreter)
{
	return CALL(int, IS_INITIALIZED, (void))() != 0 &&
		   CALL(void *, INTERPRETER_HEAD, (void))() == CALL(void *, INTERPRETER_MAIN, (void))();
}

static bool is_known_build(const struct script_interpreter *interpreter)
{
	void *const *function = interpreter->function;
	return (function[THREAD_CURRENT] != NULL || function[THREAD_CURRENT_OLD] != NULL) &&
		   (function[VERSION] == NULL || (function[GC_DISABLE] != NULL && function[GC_ENABLE] != NULL)) &&
		   function[FREE_THREADED] == NULL;
}

/* --- the chain --- */

static size_t chain(const struct script_interpreter *interpreter, struct script_thread thread, struct script_words *ret)
{
	/* Guarded by our lock. */
	static struct python_layout layout;
	static uint32_t known; /* the identity of the interpreter that has that layout */
	if (known != interpreter->identity) {
		if (!is_known_build(interpreter) || !python_layout_of(interpreter, &layout))
			return 0;
		known = interpreter->identity;
	}
	if (!is_alone(interpreter))
		return 0;
	void *state = CALL(void *, GIL_STATE, (void))();
	if (state == NULL)
		return 0;
	return python_chain_read(&layout, state, thread.is_first || current_thread(interpreter) == state, ret->word,
							 SCRIPT_WORDS, &ret->sum);
}

/* --- frames --- */

struct text {
	const char *bytes;
	size_t length;
	object *owner; /* keeps the bytes */
};

/* The text that the code object has under that name; false: it has none. */
static bool get_text(const struct script_interpreter *interpreter, object *code, object *name, struct text *ret)
{
	ptrdiff_t length = 0;
	ret->owner = CALL(object *, GET_ATTRIBUTE, (object *, object *))(code, name);
	ret->bytes = ret->owner != NULL ? CALL(const char *, AS_UTF8, (object *, ptrdiff_t *))(ret->owner, &length) : NULL;
	ret->length = (size_t)length;
	if (ret->bytes != NULL)
		return true;
	CALL(void, ERROR_CLEAR, (void))();
	if (ret->owner == NULL || interpreter->function[AS_ENCODED] == NULL || interpreter->function[AS_BYTES] == NULL)
		return false;
	/* A file's name need not be of UTF-8. */
	object *encoded =
		CALL(object *, AS_ENCODED, (object *, const char *, const char *))(ret->owner, "utf-8", "surrogateescape");
	drop(interpreter, ret->owner);
	ret->owner = encoded;
	ret->bytes = encoded != NULL ? CALL(const char *, AS_BYTES, (object *))(encoded) : NULL;
	ret->length = ret->bytes != NULL ? strlen(ret->bytes) : 0;
	if (ret->bytes == NULL)
		CALL(void, ERROR_CLEAR, (void))();
	return ret->bytes != NULL;
}

static bool is_text(const struct text *text, const char *wanted)
{
	return text->length == strlen(wanted) && memcmp(text->bytes, wanted, text->length) == 0;
}

/* What code objects call what we ask of them. */
struct names {
	bool are_qualified;
	object *function, *file;
};

static void add_frame(const struct script_interpreter *interpreter, struct script_walk *walk, object *frame,
					  const struct names *names, struct python_watch *watch)
{
	object *code = CALL(object *, GET_CODE, (object *))(frame);
	python_watch_frame(interpreter, watch, frame, code);
	int line = CALL(int, GET_LINE, (object *))(frame);
	struct text function = {.owner = NULL}, file = {.owner = NULL};
	if (get_text(interpreter, code, names->function, &function) && get_text(interpreter, code, names->file, &file)) {
		/* Until 3.10 each frame had a loop of its own; since then only a module's is known to. */
		bool begins = !names->are_qualified || is_text(&function, "<module>");
		script_add(walk, function.bytes, function.length, file.bytes, file.length, line > 0 ? (uint32_t)line : 0,
				   begins);
	}
	drop(interpreter, file.owner);
	drop(interpreter, function.owner);
	drop(interpreter, code);
}

static void add_frames(const struct script_interpreter *interpreter, struct script_walk *walk, void *thread)
{
	bool are_qualified = interpreter->function[VERSION] != NULL;
	struct names names = {
		.are_qualified = are_qualified,
		.function = CALL(object *, INTERN, (const char *))(are_qualified ? "co_qualname" : "co_name"),
		.file = CALL(object *, INTERN, (const char *))("co_filename"),
	};
	bool has_names = names.function != NULL && names.file != NULL;
	struct python_watch watch = python_watch_begin(interpreter, walk);
	object *frame = has_names ? CALL(object *, GET_FRAME, (void *))(thread) : NULL;
	while (frame != NULL && script_wants_more(walk)) {
		add_frame(interpreter, walk, frame, &names, &watch);
		object *back = CALL(object *, GET_BACK, (object *))(frame);
		drop(interpreter, frame);
		frame = back;
	}
	drop(interpreter, frame);
	if (has_names && watch.is_sound)
		script_trust_chain(walk);
	drop(interpreter, names.file);
	drop(interpreter, names.function);
	CALL(void, ERROR_CLEAR, (void))(); /* memory was short */
}

/* The caller has the GIL. */
static void walk_quietly(const struct script_interpreter *interpreter, struct script_walk *walk, void *thread)
{
	bool can_collect = interpreter->function[GC_DISABLE] != NULL && interpreter->function[GC_ENABLE] != NULL;
	object *type, *value, *traceback;
	CALL(void, ERROR_FETCH, (object **, object **, object **))(&type, &value, &traceback);
	bool collects = can_collect && CALL(int, GC_DISABLE, (void))() != 0;
	add_frames(interpreter, walk, thread);
	if (collects)
		CALL(int, GC_ENABLE, (void))();
	CALL(void, ERROR_RESTORE, (object *, object *, object *))(type, value, traceback);
}

static void walk(const struct script_interpreter *interpreter, struct script_walk *walk)
{
	if (!is_known_build(interpreter) || !is_alone(interpreter))
		return;
	void *thread = CALL(void *, GIL_STATE, (void))();
	if (thread == NULL)
		return;
	if (current_thread(interpreter) == thread) {
		walk_quietly(interpreter, walk, thread);
		return;
	}
	if (!script_may_wait(walk))
		return;
	int state;
	if (!python_wait(interpreter, interpreter->function[GIL_ENSURE], version_of(interpreter), walk, &state))
		return;
	if (is_alone(interpreter))
		walk_quietly(interpreter, walk, thread);
	CALL(void, GIL_RELEASE, (int))(state);
}

const struct script_language script_python = {
	.name = "python",
	.functions = functions,
	.loops = loops,
	.may_part_loops = true,
	.drivers = drivers,
	.chain = chain,
	.walk = walk,
};
