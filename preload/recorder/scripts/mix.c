// SPDX-License-Identifier: PostgreSQL
/* mix.c - see mix.h. */
#include "preload/recorder/scripts/mix.h"

#include <string.h>

#include "preload/recorder/scripts/interpreter.h"

void mix_begin(struct mix *mix, const uintptr_t *frames, size_t count)
{
	mix->frames = frames;
	mix->count = count;
	memset(mix->place, 0, sizeof mix->place);
}

/* How many runs of its frames there are.  The last may have no beginning that is known. */
static size_t count_runs(uint32_t number, const struct mix_frame *scripts, size_t count)
{
	size_t runs = 0;
	bool is_within = false;
	for (size_t i = 0; i < count; i++) {
		if (scripts[i].interpreter != number)
			continue;
		is_within = !scripts[i].begins;
		runs += scripts[i].begins;
	}
	return runs + is_within;
}

/*
 * The innermost frame of the run of the interpreter's frames that runs a script, for all it is not known which does: a
 * function that a driver calls shows one frame or two.
 */
static size_t guess_loop(const struct mix *mix, const struct script_interpreter *interpreter, uint8_t *ret)
{
	enum { AT_LEAST = 3 };
	size_t run = 0, loops = 0;
	for (size_t i = 0; i < mix->count && run < AT_LEAST; i++) {
		run = interpreter_is_loop(interpreter, mix->frames[i]) ? run + 1 : 0;
		if (run > 0) {
			*ret = (uint8_t)(i + 1 - run);
			loops = 1;
		}
	}
	return loops;
}

static size_t find_loops(const struct mix *mix, const struct script_interpreter *interpreter,
						 uint8_t ret[CAPTURE_FRAMES])
{
	if (interpreter->is_loop_hidden)
		return guess_loop(mix, interpreter, ret);
	size_t loops = 0;
	bool is_within = false; /* made code runs inside the loop that it is called from */
	for (size_t i = 0; i < mix->count; i++) {
		bool may_run = interpreter_may_run(interpreter, mix->frames[i]);
		if (may_run && !is_within)
			ret[loops++] = (uint8_t)i;
		is_within = may_run && !interpreter_is_loop(interpreter, mix->frames[i]);
	}
	return loops;
}

void mix_place(struct mix *mix, uint32_t number, const struct script_interpreter *interpreter,
			   const struct mix_frame *scripts, size_t script_count)
{
	uint8_t loop[CAPTURE_FRAMES];
	size_t loops = find_loops(mix, interpreter, loop);
	if (loops == 0)
		return;
	bool is_cut = mix->count == CAPTURE_FRAMES || script_count == SCRIPT_FRAMES;
	bool is_parted = is_cut || count_runs(number, scripts, script_count) == loops;
	size_t current = 0;
	for (size_t i = 0; i < script_count; i++) {
		if (scripts[i].interpreter != number)
			continue;
		mix->place[i] = loop[current];
		if (is_parted && scripts[i].begins && current + 1 < loops)
			current++;
	}
}

size_t mix_frames(const struct mix *mix, const struct blob_frame *places, const struct mix_frame *scripts,
				  size_t script_count, struct blob_frame ret[CAPTURE_FRAMES + SCRIPT_FRAMES])
{
	size_t used = 0;
	for (size_t native = 0; native < mix->count; native++) {
		for (size_t i = 0; i < script_count; i++)
			if (mix->place[i] == native)
				ret[used++] = (struct blob_frame){scripts[i].script, FRAME_SCRIPT, scripts[i].line};
		ret[used++] = places[native];
	}
	return used;
}
