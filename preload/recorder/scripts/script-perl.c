// SPDX-License-Identifier: PostgreSQL
/*
 * script-perl.c - the frames of Perl scripts, for Perls with ithreads (Debian's).
 *
 * The statement that runs is in the interpreter's state, the callers' are in
 * the contexts that Perl_caller_cx answers; perl-layout.c knows where.  Only
 * reads: Perl is on this thread's stack, in the midst of calling the function
 * that called libpq.  What caller() says of a line is said here too: a string
 * eval is the file "(eval 3)", #line is believed, and a block eval is part of
 * the sub that it stands in.
 *
 * A Perl without ithreads, or one that no interpreter of this thread is
 * registered with, adds nothing.
 */
#include <string.h>

#include "preload/recorder/scripts/perl.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/module.h"

enum {
	/* The first byte of a context: what it is, and of an eval, whether of a block. */
	CONTEXT_TYPE = 0x0f,
	CONTEXT_SUB = 9,
	CONTEXT_FORMAT = 10,
	CONTEXT_EVAL = 11,
	CONTEXT_BLOCK = 0x40,
};

static const char *const functions[] = {PERL_FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"Perl_runops_standard", "Perl_runops_debug", NULL};

/* A place, and the sub it is in. */
struct frame {
	struct perl_text file;
	uint32_t line;
	const char *sub; /* NULL: none */
	bool is_eval;    /* of a string, or a file */
	bool begins;
};

/*
 * Whether the main program runs on this thread, or is compiled.  Else what calls the outermost sub is native code: of
 * threads.so, of an embedding program, or of Perl when it runs END blocks; and the statement that is noted as the sub's
 * caller is whatever ran last.
 */
static bool is_main_running(const struct script_interpreter *interpreter)
{
	uintptr_t frames[CAPTURE_FRAMES];
	size_t count = capture_stack(frames);
	bool is_running = count == CAPTURE_FRAMES; /* the stack is deeper than is seen */
	for (size_t i = 0; i < count && !is_running; i++) {
		if (!script_is_inside(interpreter, frames[i]))
			continue;
		uintptr_t start = function_start(frames[i] - 1);
		is_running = start == (uintptr_t)interpreter->function[PERL_RUN] ||
					 start == (uintptr_t)interpreter->function[PERL_PARSE];
	}
	return is_running;
}

/* Gathers the frames, the innermost first. 0: something is odd. */
static size_t gather(const struct perl *perl, struct frame frames[SCRIPT_FRAMES])
{
	const char *cop = ((const char *const *)perl->my_perl)[perl->curcop];
	const void *op = perl_op(perl);
	bool is_next = false;
	size_t count = 0;
	for (int32_t level = 0; count < SCRIPT_FRAMES; level++) {
		const char *context = perl_context(perl, level);
		uint8_t bits = context != NULL ? (uint8_t)*context : 0;
		uint8_t type = bits & CONTEXT_TYPE;
		if (context != NULL && type != CONTEXT_SUB && type != CONTEXT_FORMAT && type != CONTEXT_EVAL)
			return 0;
		if (type == CONTEXT_EVAL && (bits & CONTEXT_BLOCK))
			continue;
		if (context == NULL && count > 0 && frames[count - 1].begins && !is_main_running(perl->interpreter))
			break;
		struct frame *frame = &frames[count++];
		*frame = (struct frame){.begins = true, .is_eval = type == CONTEXT_EVAL};
		if (!perl_place(perl, cop, op, is_next, &frame->file, &frame->line))
			return 0;
		if (context == NULL)
			break;
		cop = PERL_CONTEXT_AT(perl, context, 0);
		op = PERL_CONTEXT_AT(perl, context, PERL_RETOP);
		is_next = true;
		frame->begins = op == NULL;
		frame->sub = type != CONTEXT_EVAL ? PERL_CONTEXT_AT(perl, context, PERL_CV) : NULL;
	}
	return count;
}

static void add(struct perl *perl, struct script_walk *walk, const struct frame *frame)
{
	static const char separator[] = "::";
	char text[256];
	struct perl_text package, name, function = {"", 0};
	if (frame->is_eval)
		function = (struct perl_text){"(eval)", strlen("(eval)")};
	else if (frame->sub == NULL)
		function = (struct perl_text){"(main)", strlen("(main)")};
	else if (perl_sub_name(perl, frame->sub, &package, &name) &&
			 package.length + strlen(separator) + name.length <= sizeof text) {
		memcpy(text, package.bytes, package.length);
		memcpy(text + package.length, separator, strlen(separator));
		memcpy(text + package.length + strlen(separator), name.bytes, name.length);
		function = (struct perl_text){text, package.length + strlen(separator) + name.length};
	}
	script_add(walk, function.bytes, function.length, frame->file.bytes, frame->file.length, frame->line,
			   frame->begins);
}

static void walk_perl(const struct script_interpreter *interpreter, struct script_walk *walk)
{
	struct perl perl;
	struct frame frames[SCRIPT_FRAMES];
	if (!perl_prepare(&perl, interpreter))
		return;
	size_t count = gather(&perl, frames);
	for (size_t i = 0; i < count && script_wants_more(walk); i++)
		add(&perl, walk, &frames[i]);
}

const struct script_language script_perl = {.name = "perl", .functions = functions, .loops = loops, .walk = walk_perl};
