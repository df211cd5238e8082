// SPDX-License-Identifier: PostgreSQL
/*
 * namer.c - names from files, read by a bounded process; see namer.h.
 *
 * One process reads one module after the other.  If it dies, the module that it
 * was at is unreadable, and another one goes on with the next.
 */
#include "analyzer/symbols/namer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/symbols/binary.h"
#include "analyzer/symbols/bounded.h"
#include "analyzer/symbols/debuginfod.h"

/*
 * The names of a debug build of 162 MB with 10,291 frames take 8 s and 400 MB.  What is not named within the bounds is
 * unreadable; what was named is stored, so that the next command goes on behind it.
 */
#define SECONDS_OF_ONE 120                     /* CPU time, a module */
#define MS_OF_ALL INT64_C(600000)              /* CPU time, a command */
#define MEMORY_BYTES (INT64_C(4) << 30)        /* besides the files themselves */
#define LONGEST_NAME (64 << 10)                /* bytes; the rest of a longer one is cut off */
#define NAME_BYTES_OF_ALL (INT64_C(512) << 20) /* a command */

static int64_t ms_used, name_bytes; /* by this command so far */

enum answer_kind {
	ANSWER_BEGINS = 1, /* a module */
	ANSWER_NAME,       /* then come the function's bytes and the file's */
	ANSWER_ENDS,       /* a module */
};

#define NO_TEXT UINT32_MAX

struct answer {
	uint32_t kind;
	uint32_t state;                        /* ENDS */
	uint64_t module;                       /* BEGINS: its place in the array */
	double spent;                          /* ENDS: seconds that servers took */
	int64_t frame;                         /* NAME */
	int32_t depth, line;                   /* NAME */
	uint32_t function_length, file_length; /* NAME; NO_TEXT: NULL */
};

/* --- inside --- */

struct reader {
	const struct namer *namer;
	size_t first; /* module */
	FILE *answers;
	int64_t frame;
	bool has_names;
};

static void say(FILE *answers, const struct answer *answer)
{
	fwrite(answer, sizeof *answer, 1, answers);
}

static uint32_t length_of(const char *text)
{
	return text == NULL ? NO_TEXT : (uint32_t)strnlen(text, LONGEST_NAME);
}

static void say_name(void *context, int depth, const char *function, const char *file, int line)
{
	struct reader *reader = context;
	const struct answer answer = {.kind = ANSWER_NAME,
								  .frame = reader->frame,
								  .depth = depth,
								  .line = line,
								  .function_length = length_of(function),
								  .file_length = length_of(file)};

	say(reader->answers, &answer);
	if (function != NULL)
		fwrite(function, 1, answer.function_length, reader->answers);
	if (file != NULL)
		fwrite(file, 1, answer.file_length, reader->answers);
	reader->has_names = true;
}

static enum module_state read_module(struct reader *reader, const struct asked_module *asked)
{
	const struct namer *namer = reader->namer;
	const struct module_trace module = {
		.path = asked->path, .build_id = asked->build_id, .since_ns = namer->since_ns, .here = namer->here};
	struct module_file file;

	debuginfod_allow(namer->choice->debuginfod);
	enum module_state state = module_file_open(namer->choice, &module, &file);
	if (state != MODULE_OK)
		return state;
	bounded_allow_file(file.fd);
	struct binary *binary = binary_open(&file, namer->choice);
	module_file_done(&file);
	reader->has_names = false;
	for (size_t i = asked->begin; binary != NULL && i < asked->end; i++) {
		reader->frame = namer->frames[i].number;
		binary_lookup(binary, namer->frames[i].address, say_name, reader);
	}
	binary_free(binary);
	return reader->has_names ? MODULE_OK : MODULE_NO_SYMBOLS;
}

static void read_all(void *context, FILE *answers)
{
	struct reader *reader = context;
	const struct namer *namer = reader->namer;

	reader->answers = answers;
	for (size_t i = reader->first; i < namer->module_count && !ferror(answers); i++) {
		int64_t left_ms = MS_OF_ALL - ms_used - bounded_used();
		struct answer answer = {.kind = ANSWER_BEGINS, .module = i};
		say(answers, &answer);
		fflush(answers);
		bounded_allow_seconds(left_ms / 1000 < SECONDS_OF_ONE ? left_ms / 1000 : SECONDS_OF_ONE);
		enum module_state state = left_ms > 0 ? read_module(reader, &namer->modules[i]) : MODULE_UNREADABLE;
		answer = (struct answer){.kind = ANSWER_ENDS, .state = state, .spent = debuginfod_spent(0)};
		say(answers, &answer);
	}
}

/* --- outside --- */

/* A text of an answer, in `room`; NULL: it has none.  False: the answer ends before. */
static bool take_text(FILE *answers, uint32_t length, char room[LONGEST_NAME + 1], const char **ret)
{
	*ret = length == NO_TEXT ? NULL : room;
	if (length == NO_TEXT)
		return true;
	if (length > LONGEST_NAME || fread(room, 1, length, answers) != length)
		return false;
	room[length] = '\0';
	name_bytes += length;
	return true;
}

static bool take_name(const struct namer *namer, FILE *answers, const struct answer *answer, bool *ret_wanted)
{
	static char function_room[LONGEST_NAME + 1], file_room[LONGEST_NAME + 1];
	const char *function, *file;

	if (!take_text(answers, answer->function_length, function_room, &function) ||
		!take_text(answers, answer->file_length, file_room, &file) || name_bytes > NAME_BYTES_OF_ALL)
		return false;
	*ret_wanted = namer->keep(namer->context, answer->frame, answer->depth, function, file, answer->line);
	return *ret_wanted;
}

/* Listens to one process; `first`: where the next one begins. */
static bool take_answers(const struct namer *namer, FILE *answers, size_t *first)
{
	struct answer answer;
	bool wanted = true, begun = false, whole = true;

	while (whole && wanted && fread(&answer, sizeof answer, 1, answers) == 1) {
		switch (answer.kind) {
		case ANSWER_BEGINS:
			whole = answer.module >= *first && answer.module < namer->module_count;
			*first = whole ? answer.module : *first;
			begun = true;
			break;
		case ANSWER_NAME:
			whole = begun && take_name(namer, answers, &answer, &wanted);
			break;
		case ANSWER_ENDS:
			whole = begun && answer.state <= MODULE_UNREADABLE;
			debuginfod_spent(answer.spent - debuginfod_spent(0));
			if (whole)
				wanted = namer->note(namer->context, namer->modules[(*first)++].number, answer.state);
			begun = false;
			break;
		default:
			whole = false;
		}
	}
	if (wanted && *first < namer->module_count)
		wanted = namer->note(namer->context, namer->modules[(*first)++].number, MODULE_UNREADABLE);
	return wanted;
}

bool namer_run(struct namer *namer)
{
	struct reader reader = {.namer = namer};
	bool wanted = true;

	while (wanted && reader.first < namer->module_count) {
		struct bounded bounded;
		bool left = ms_used < MS_OF_ALL && name_bytes <= NAME_BYTES_OF_ALL;
		if (left && bounded_begin(&bounded, read_all, &reader, MEMORY_BYTES)) {
			wanted = take_answers(namer, bounded.answers, &reader.first);
			int64_t ms = bounded_end(&bounded);
			ms_used += ms >= 0 ? ms : SECONDS_OF_ONE * INT64_C(1000);
		} else {
			wanted = namer->note(namer->context, namer->modules[reader.first++].number, MODULE_UNREADABLE);
		}
	}
	return wanted;
}
