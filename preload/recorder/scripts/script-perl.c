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
#include "preload/recorder/stacks/table.h"

enum {
	/* The first byte of a context: what it is, and of an eval, whether of a block. */
	CONTEXT_TYPE = 0x0f,
	CONTEXT_SUB = 9,
	CONTEXT_FORMAT = 10,
	CONTEXT_EVAL = 11,
	CONTEXT_BLOCK = 0x40,
	DEEPEST = 32, /* Perl counts calls from the innermost on for each that it is asked for */
};

static const char *const functions[] = {PERL_FUNCTIONS(SCRIPT_NAME) NULL};

static const char *const loops[] = {"Perl_runops_standard", "Perl_runops_debug", NULL};

/* A place, and the sub it is in. */
struct frame {
	const char *cop; /* the statement, */
	const void *op;  /* and the operation in it, */
	bool is_next;    /* or the one after it */
	const char *sub; /* NULL: none */
	bool is_eval;    /* of a string, or a file */
	bool begins;
	struct perl_text file;
	uint32_t line;
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

/* Where the frames are gathered. */
struct gathering {
	const struct perl *perl;
	const char *cop;
	const void *op;
	bool is_next;
	int32_t level;
};

static struct gathering gather_begin(const struct perl *perl)
{
	return (struct gathering){perl, ((const char *const *)perl->my_perl)[perl->curcop], perl_op(perl), false, 0};
}

enum gathered { GATHERED, GATHERED_LAST, GATHERED_NONE };

/* The next frame outwards, and the context it is in; a block eval is part of it.  NONE: something is odd. */
static enum gathered gather_frame(struct gathering *gathering, struct frame *ret)
{
	const struct perl *perl = gathering->perl;
	const char *context;
	uint8_t bits, type;
	do {
		context = perl_context(perl, gathering->level++);
		bits = context != NULL ? (uint8_t)*context : 0;
		type = bits & CONTEXT_TYPE;
	} while (type == CONTEXT_EVAL && (bits & CONTEXT_BLOCK));
	if (context != NULL && type != CONTEXT_SUB && type != CONTEXT_FORMAT && type != CONTEXT_EVAL)
		return GATHERED_NONE;
	*ret = (struct frame){gathering->cop, gathering->op, gathering->is_next, NULL, type == CONTEXT_EVAL, true};
	if (context == NULL)
		return GATHERED_LAST;
	gathering->cop = PERL_CONTEXT_AT(perl, context, 0);
	gathering->op = PERL_CONTEXT_AT(perl, context, PERL_RETOP);
	gathering->is_next = true;
	ret->begins = gathering->op == NULL;
	ret->sub = type != CONTEXT_EVAL ? PERL_CONTEXT_AT(perl, context, PERL_CV) : NULL;
	return GATHERED;
}

/* --- the chain --- */

/* What is noted of a native stack. */
enum { MAIN_RUNS = 1, MAIN_RUNS_NOT };

/* A name's number in words of Perl's own, which tells it from the others, and where it lies. */
static uint64_t mix_name(uint64_t hash, struct perl_text name)
{
	return table_mix(table_mix(hash, (uintptr_t)name.bytes), PERL_AT(uint64_t, name.bytes, -PERL_KEY_TEXT));
}

/*
 * The word of a frame.  Operations lie where they lie for as long as their statement, and what takes its place has
 * another number in the order of parsing.
 */
static size_t chain(const struct script_interpreter *interpreter, struct script_thread thread, struct script_words *ret)
{
	struct perl perl;
	enum perl_knowledge knowledge = perl_recall(&perl, interpreter);
	if (knowledge != PERL_KNOWN)
		return knowledge == PERL_UNKNOWN ? SCRIPT_UNKNOWN : 0;
	struct gathering gathering = gather_begin(&perl);
	struct frame frame = {.begins = false};
	const char *file = NULL; /* of the frame before */
	uint64_t file_hash = 0;
	size_t count = 0;
	ret->sum = 0;
	for (enum gathered gathered = GATHERED; gathered != GATHERED_LAST;) {
		bool is_called = count > 0 && frame.begins;
		gathered = gather_frame(&gathering, &frame);
		if (gathered == GATHERED_NONE || count == SCRIPT_WORDS || gathering.level > DEEPEST)
			return 0;
		if (gathered == GATHERED_LAST && is_called) {
			uintptr_t noted = script_noted(thread.native);
			if (noted == 0)
				return SCRIPT_UNKNOWN;
			if (noted == MAIN_RUNS_NOT)
				break;
		}
		if (frame.cop == NULL || !perl_is_statement(&perl, frame.cop) || perl_file(frame.cop) == NULL)
			return 0;
		const char *its_file = perl_file(frame.cop);
		if (its_file != file) {
			file = its_file;
			file_hash = table_hash(0, file, strlen(file));
		}
		uint64_t hash = table_mix(table_mix(file_hash, (uintptr_t)frame.cop), (uintptr_t)frame.op);
		hash = table_mix(hash, perl_statement_number(frame.cop));
		struct perl_text package, name;
		switch (frame.sub != NULL ? perl_recall_name(&perl, frame.sub, &package, &name) : PERL_NONE) {
		case PERL_UNKNOWN:
			return SCRIPT_UNKNOWN;
		case PERL_KNOWN:
			hash = mix_name(mix_name(hash, package), name);
			break;
		case PERL_NONE:
			hash = table_mix(hash, frame.is_eval);
			break;
		}
		ret->word[count++] = hash;
		ret->sum += hash;
	}
	return count;
}

/* --- the walk --- */

/* Gathers the frames, the innermost first. 0: something is odd. */
static size_t gather(const struct perl *perl, struct script_walk *walk, struct frame frames[SCRIPT_FRAMES])
{
	struct gathering gathering = gather_begin(perl);
	size_t count = 0;
	for (enum gathered gathered = GATHERED; gathered != GATHERED_LAST && count < SCRIPT_FRAMES;) {
		struct frame *frame = &frames[count];
		gathered = gather_frame(&gathering, frame);
		if (gathered == GATHERED_NONE)
			return 0;
		if (gathered == GATHERED_LAST && count > 0 && frames[count - 1].begins) {
			bool runs = is_main_running(perl->interpreter);
			script_note(walk, runs ? MAIN_RUNS : MAIN_RUNS_NOT);
			if (!runs)
				break;
		}
		if (!perl_place(perl, frame->cop, frame->op, frame->is_next, &frame->file, &frame->line))
			return 0;
		count++;
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
	size_t count = gather(&perl, walk, frames);
	for (size_t i = 0; i < count && script_wants_more(walk); i++)
		add(&perl, walk, &frames[i]);
	script_trust_chain(walk);
}

const struct script_language script_perl = {
	.name = "perl", .functions = functions, .loops = loops, .chain = chain, .walk = walk_perl};
