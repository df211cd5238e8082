// SPDX-License-Identifier: PostgreSQL
/*
 * php.h - PHP's frames, read where they lie: PHP 7.4 to 8.4, with and without thread safety.
 *
 * Owns the layouts of zend_execute_data, zend_op and zend_string, which the
 * headers of extensions have had since PHP 7.0, and what it takes to find the
 * innermost frame and a function's file and instructions: these differ, and
 * are found by comparing with what PHP's own functions say of the running
 * line.  Only reads, and asks PHP only what it answers without making anything.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PHP_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PHP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/script.h"

#define PHP_FUNCTIONS(F)                                                                                               \
	F(EXECUTED_FILENAME, "zend_get_executed_filename_ex")                                                              \
	F(EXECUTED_LINE, "zend_get_executed_lineno")                                                                       \
	F(ACTIVE_FUNCTION, "get_active_function_name")                                                                     \
	F(PLACEHOLDER, "zend_generator_check_placeholder_frame")                                                           \
	F(AFTER_REQUIRED, "")                        /* the empty string's place */                                        \
	F(GLOBALS, "executor_globals")               /* data; a thread-safe build has the next two instead */              \
	F(GLOBALS_OFFSET, "executor_globals_offset") /* data */                                                            \
	F(THREADS_DATA, "tsrm_get_ls_cache")

enum { PHP_FUNCTIONS(SCRIPT_NUMBER) };

/* --- as PHP has them --- */

struct zend_string {
	uint64_t counted, hash;
	size_t length;
	char bytes[];
};

struct zend_op {
	const void *handler;
	uint32_t operands[3], extended, line;
	uint8_t code, types[3];
};

struct zend_class {
	char type;
	const struct zend_string *name;
};

#define PHP_INTERNAL 1 /* a bit of a function's type: it has no lines */

struct zend_function {
	uint8_t type, rest[7];
	const struct zend_string *name; /* NULL: it is a file's */
	const struct zend_class *class;
};

struct zend_frame {
	const struct zend_op *op;
	const void *call, *result;
	const struct zend_function *function; /* NULL: it stands for something else */
	uint64_t this[2];
	const struct zend_frame *previous;
};

/* --- */

/* The PHP that runs on this thread. */
struct php {
	const struct script_interpreter *interpreter;
	const char *globals; /* of this thread */
	/* Offsets in words; 0: not known. */
	uint8_t current;  /* of the innermost frame, in `globals`, */
	uint8_t filename; /* and of its file and its instructions, in a function */
	uint8_t code;
};

/* Finds the layout. False: this PHP's is not known. */
bool php_prepare(const struct script_interpreter *interpreter, struct php *ret);

/* Whether what is read of the innermost line is what PHP says of it. */
bool php_agrees(const struct php *php);

/* The first frame with lines from there on, or NULL. */
const struct zend_frame *php_find_user(const struct php *php, const struct zend_frame *frame);

/* The line of a frame whose instruction has none; 0: not known. */
uint32_t php_other_line(const struct php *php, const struct zend_frame *frame, bool is_innermost);

/* What to call a file's code, which was run by `caller`, or NULL: "include". */
const char *php_name_of_file(const struct zend_frame *caller);

static inline bool php_is_user(const struct zend_frame *frame)
{
	return frame->function != NULL && (frame->function->type & PHP_INTERNAL) == 0;
}

static inline const struct zend_frame *php_innermost(const struct php *php)
{
	return *(const struct zend_frame *const *)(const void *)(php->globals + php->current * sizeof(void *));
}

/* What a function with lines has at that word. */
static inline const void *php_word_of(const struct zend_function *function, uint8_t word)
{
	return ((const void *const *)(const void *)function)[word];
}

static inline const struct zend_string *php_file_of(const struct php *php, const struct zend_frame *frame)
{
	return php_word_of(frame->function, php->filename);
}

static inline uint32_t php_line_of(const struct php *php, const struct zend_frame *frame, bool is_innermost)
{
	uint32_t line = frame->op != NULL ? frame->op->line : 0;
	return line != 0 ? line : php_other_line(php, frame, is_innermost);
}

/* The next frame with lines outwards, or NULL.  `*ret_begins`: as script_add has it. */
static inline const struct zend_frame *php_caller(const struct php *php, const struct zend_frame *frame,
												  bool *ret_begins)
{
	const struct zend_frame *caller = frame->previous;
	*ret_begins = caller == NULL || !php_is_user(caller);
	return *ret_begins ? php_find_user(php, caller) : caller;
}

#endif
