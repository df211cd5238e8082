// SPDX-License-Identifier: PostgreSQL
/*
 * php-like.c - as much of a PHP as is looked at, in builds that differ in where they keep what differs between PHPs:
 * LIKE_CURRENT, LIKE_CODE and LIKE_FILE are words, and LIKE_NAME is in the name of the script.
 *
 * What another build would take for its innermost frame is one that leads to no memory.
 */
#include "interpreter-like.h"

#include <stddef.h>
#include <stdint.h>

enum { USER = 2, FUNCTION_WORDS = 64, STACK_PAGE = 1 << 18, WILD = 0x10 };

struct string {
	uint64_t counted, hash;
	size_t length;
	char bytes[32];
};

struct op {
	const void *handler;
	uint32_t operands[3], extended, line;
	uint8_t code, types[3];
};

struct frame {
	const struct op *op;
	const void *call, *result;
	const uintptr_t *function;
	uint64_t this[2];
	const struct frame *previous;
};

extern uintptr_t executor_globals[300];
uintptr_t executor_globals[300];

#define TEXT(text)                                                                                                     \
	{                                                                                                                  \
		.length = sizeof(text) - 1, .bytes = text                                                                      \
	}
static const struct string file = TEXT("/srv/" LIKE_NAME ".php"), name = TEXT("visit");
static struct op ops[8];
static uintptr_t function[FUNCTION_WORDS], wild[FUNCTION_WORDS];
static struct {
	struct frame frame;
	char rest[STACK_PAGE - sizeof(struct frame)];
} stack;
static struct frame running;

extern const void *zend_get_executed_filename_ex(void);
extern uint32_t zend_get_executed_lineno(void);
extern const char *get_active_function_name(void);
extern const void *zend_generator_check_placeholder_frame(const void *frame);
extern void execute_ex(void (*call)(void *), void *argument);

const void *zend_get_executed_filename_ex(void)
{
	return &file;
}

uint32_t zend_get_executed_lineno(void)
{
	return running.op->line;
}

const char *get_active_function_name(void)
{
	return name.bytes;
}

const void *zend_generator_check_placeholder_frame(const void *frame)
{
	return frame;
}

__attribute__((noinline)) void execute_ex(void (*call)(void *), void *argument)
{
	call(argument);
	__asm__ volatile(""); /* no tail call: it stays on the stack */
}

static void prepare(void)
{
	for (size_t i = 0; i < FUNCTION_WORDS; i++)
		wild[i] = WILD;
	wild[0] = function[0] = USER;
	function[1] = (uintptr_t)&name;
	function[LIKE_FILE] = (uintptr_t)&file;
	function[LIKE_CODE] = (uintptr_t)ops;
	if (LIKE_CODE < 10)
		function[LIKE_CODE - 1] = (uint64_t)(sizeof ops / sizeof ops[0]) << 32;
	else
		function[LIKE_CODE - 1] = sizeof ops / sizeof ops[0];
	running.function = function;
	/* The stack of frames: its first free byte, its end, where it begins, and the size of its pages. */
	stack.frame.function = wild;
	stack.frame.op = (const struct op *)WILD;
	uintptr_t *globals = &executor_globals[LIKE_CURRENT];
	globals[-4] = (uintptr_t)&stack + sizeof stack.frame;
	globals[-3] = (uintptr_t)(&stack + 1);
	globals[-2] = (uintptr_t)&stack;
	globals[-1] = STACK_PAGE;
	globals[0] = (uintptr_t)&running;
}

void like_run(unsigned line, void (*call)(void *), void *argument)
{
	prepare();
	ops[line % 8].line = line;
	running.op = &ops[line % 8];
	execute_ex(call, argument);
	__asm__ volatile("");
}
