// SPDX-License-Identifier: PostgreSQL
/* python-watch.c - the watch of python.h. */
#include "preload/recorder/scripts/python.h"

#include "preload/recorder/scripts/chain.h"

static char mark; /* what is attached: its address */

/* CPython calls it right before the memory of a code object, or what was attached to it, is free. */
static void code_goes(void *attached)
{
	if (attached == &mark)
		chain_forget();
}

static void *either(const struct script_interpreter *interpreter, int n, int old)
{
	return interpreter->function[n] != NULL ? interpreter->function[n] : interpreter->function[old];
}

#define EITHER(type, n, old, parameters) (__extension__(type(*) parameters) either(interpreter, n, old))

/* Our place in what is attached to code objects, kept with this interpreter; negative: there is none. */
static ptrdiff_t find_index(const struct script_interpreter *interpreter)
{
	static const char key[] = "pqleak";
	object *dict = CALL(object *, GET_DICT, (void *))(CALL(void *, INTERPRETER_MAIN, (void))());
	object *kept = dict != NULL ? CALL(object *, DICT_GET, (object *, const char *))(dict, key) : NULL;
	if (kept != NULL)
		return CALL(ptrdiff_t, LONG_AS, (object *))(kept);
	if (dict == NULL)
		return -1;
	ptrdiff_t index = EITHER(ptrdiff_t, REQUEST_EXTRA, REQUEST_EXTRA_OLD, (void (*)(void *)))(code_goes);
	chain_forget(); /* this interpreter is a new one */
	kept = CALL(object *, LONG_FROM, (ptrdiff_t))(index);
	bool is_kept = kept != NULL && CALL(int, DICT_SET, (object *, const char *, object *))(dict, key, kept) == 0;
	drop(interpreter, kept);
	return is_kept ? index : -1;
}

struct python_watch python_watch_begin(const struct script_interpreter *interpreter, const struct script_walk *walk)
{
	struct python_watch watch = {.index = -1};
	watch.word = script_chain(walk, &watch.left);
	if (watch.left > 0 && python_layout_of(interpreter, &watch.layout) && interpreter->function[GET_DICT] != NULL &&
		either(interpreter, REQUEST_EXTRA, REQUEST_EXTRA_OLD) != NULL)
		watch.index = find_index(interpreter);
	watch.is_sound = watch.index >= 0;
	return watch;
}

void python_watch_frame(const struct script_interpreter *interpreter, struct python_watch *watch, object *frame,
						object *code)
{
	if (!watch->is_sound)
		return;
	bool is_known = interpreter->function[GET_LASTI] != NULL;
	int instruction = is_known ? CALL(int, GET_LASTI, (object *))(frame) : -1;
	/* The interpreter has frames of its own between, which it does not tell of. */
	while (watch->left > 0 && !python_chain_is_of(&watch->layout, *watch->word, code, instruction))
		watch->word++, watch->left--;
	watch->is_sound = watch->left > 0;
	if (!watch->is_sound)
		return;
	watch->word++, watch->left--;
	void *attached = NULL;
	EITHER(int, GET_EXTRA, GET_EXTRA_OLD, (object *, ptrdiff_t, void **))(code, watch->index, &attached);
	watch->is_sound = attached == &mark || EITHER(int, SET_EXTRA, SET_EXTRA_OLD,
												  (object *, ptrdiff_t, void *))(code, watch->index, &mark) == 0;
}
