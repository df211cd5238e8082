// SPDX-License-Identifier: PostgreSQL
/* php.c - see php.h. */
#include "preload/recorder/scripts/php.h"

#include <stdatomic.h>
#include <string.h>

enum {
	/* of a function, in words */
	FILENAME_FIRST = 8, /* where its file is searched */
	FILENAME_LAST = 40,
	CODE_AFTER_WORD = 10, /* instructions from there on have their number in a word of its own (8.2) */

	INCLUDE_OR_EVAL = 73,

	/* of _zend_executor_globals, in words */
	GLOBALS_FIRST = 16,
	GLOBALS_LAST = 250,
	LEAST_PAGE = 4096, /* of the stack of frames */
	MOST_PAGE = 1 << 26,

	PAGE = 4096,
};

const struct zend_frame *php_find_user(const struct php *php, const struct zend_frame *frame)
{
	typedef const struct zend_frame *placeholder_function(const struct zend_frame *frame);
	for (; frame != NULL; frame = frame->previous) {
		/* It may stand for those that a generator delegates to. */
		if (frame->function == NULL)
			frame = FUNCTION_OF(php->interpreter, PLACEHOLDER, placeholder_function *)(frame);
		if (php_is_user(frame))
			return frame;
	}
	return NULL;
}

/* The bytes of the instructions, if these are at that word of a function; their number is right before. */
static uint64_t code_bytes(const struct zend_function *function, uint8_t word)
{
	uint32_t number;
	size_t before = word >= CODE_AFTER_WORD ? sizeof(void *) : sizeof number;
	memcpy(&number, (const char *)function + word * sizeof(void *) - before, sizeof number);
	return (uint64_t)number * sizeof(struct zend_op);
}

/* --- the layout --- */

static const void *executed_file(const struct php *php)
{
	return FUNCTION_OF(php->interpreter, EXECUTED_FILENAME, const void *(*)(void))();
}

/* Where a function has its instructions, and behind them its file. */
static bool find_in_function(const struct zend_frame *frame, const void *file, struct php *ret)
{
	ret->filename = ret->code = 0;
	for (uint8_t word = FILENAME_FIRST; word < FILENAME_LAST && ret->filename == 0; word++) {
		uintptr_t value = (uintptr_t)php_word_of(frame->function, word), from = (uintptr_t)frame->op - value;
		if (ret->code == 0 && value != 0 && from < code_bytes(frame->function, word) &&
			from % sizeof(struct zend_op) == 0)
			ret->code = word;
		if (value == (uintptr_t)file)
			ret->filename = word; /* what is behind is not looked at: it may be no function's any more */
	}
	return file != NULL && ret->filename != 0 && ret->code != 0;
}

/*
 * The innermost frame's place is right behind what is known of the stack of frames: its first free byte, its end, where
 * it begins, and the size of its pages.
 */
static bool is_behind_stack(const uintptr_t *words)
{
	uintptr_t top = words[-4], end = words[-3], begin = words[-2], page = words[-1];
	return page >= LEAST_PAGE && page <= MOST_PAGE && (page & (page - 1)) == 0 && begin < top && top <= end &&
		   (end - begin) % page == 0 && words[0] != 0 && words[0] % sizeof(void *) == 0;
}

static bool find_layout(struct php *php)
{
	struct php found = *php, candidate = *php;
	unsigned count = 0;
	for (candidate.current = GLOBALS_FIRST; candidate.current < GLOBALS_LAST; candidate.current++) {
		if (!is_behind_stack((const uintptr_t *)(const void *)php->globals + candidate.current))
			continue;
		const struct zend_frame *frame = php_find_user(&candidate, php_innermost(&candidate));
		if (frame == NULL || !find_in_function(frame, executed_file(php), &candidate))
			continue;
		found = candidate;
		count++;
	}
	if (count != 1 || !php_agrees(&found))
		return false;
	*php = found;
	return true;
}

/* What was found, of one PHP: its identity, then the three offsets. 0: nothing. */
static _Atomic uint64_t known;

bool php_prepare(const struct script_interpreter *interpreter, struct php *ret)
{
	const char *globals = interpreter->function[GLOBALS];
	if (interpreter->function[THREADS_DATA] != NULL && interpreter->function[GLOBALS_OFFSET] != NULL) {
		const char *data = FUNCTION_OF(interpreter, THREADS_DATA, const char *(*)(void))();
		globals = data != NULL ? data + *(const size_t *)interpreter->function[GLOBALS_OFFSET] : NULL;
	}
	if (globals == NULL)
		return false;
	*ret = (struct php){.interpreter = interpreter, .globals = globals};
	uint64_t now = atomic_load_explicit(&known, memory_order_relaxed);
	if (now >> 24 != interpreter->identity) {
		if (!find_layout(ret))
			return false;
		now = (uint64_t)interpreter->identity << 24 | (uint64_t)ret->current << 16 | (uint64_t)ret->filename << 8 |
			  ret->code;
		atomic_store_explicit(&known, now, memory_order_relaxed);
	}
	ret->current = (uint8_t)(now >> 16);
	ret->filename = (uint8_t)(now >> 8);
	ret->code = (uint8_t)now;
	return true;
}

bool php_agrees(const struct php *php)
{
	const struct zend_frame *frame = php_innermost(php), *user = php_find_user(php, frame);
	if (user == NULL)
		return false;
	const struct zend_string *name = frame->function != NULL ? frame->function->name : NULL;
	const char *said = FUNCTION_OF(php->interpreter, ACTIVE_FUNCTION, const char *(*)(void))();
	uint32_t line = FUNCTION_OF(php->interpreter, EXECUTED_LINE, uint32_t(*)(void))();
	return (name == NULL || said == name->bytes) && php_file_of(php, user) == executed_file(php) &&
		   php_line_of(php, user, true) == line;
}

/* --- frames --- */

/* While an exception is on its way, what runs is no instruction of the function, but knows the one that was. */
uint32_t php_other_line(const struct php *php, const struct zend_frame *frame, bool is_innermost)
{
	if (is_innermost)
		return FUNCTION_OF(php->interpreter, EXECUTED_LINE, uint32_t(*)(void))();
	const char *op = (const char *)frame->op;
	if (op < php->globals || op >= php->globals + PAGE)
		return 0;
	const struct zend_op *before = ((const struct zend_op *const *)(const void *)op)[-1];
	uintptr_t from = (uintptr_t)before - (uintptr_t)php_word_of(frame->function, php->code);
	return from < code_bytes(frame->function, php->code) ? before->line : 0;
}

const char *php_name_of_file(const struct zend_frame *caller)
{
	static const char *const names[] = {
		[1] = "eval", [2] = "include", [4] = "include_once", [8] = "require", [16] = "require_once"};
	if (caller == NULL || caller->op == NULL || caller->op->code != INCLUDE_OR_EVAL)
		return "{main}";
	uint32_t kind = caller->op->extended;
	return kind < sizeof names / sizeof names[0] && names[kind] != NULL ? names[kind] : "include";
}
