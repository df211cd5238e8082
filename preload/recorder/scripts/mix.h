// SPDX-License-Identifier: PostgreSQL
/*
 * mix.h - puts the frames of scripts between the native ones.
 *
 * A script's frame stands just inside the native frame of the interpreter's
 * loop that runs it.  One loop may run several frames of a script; where a run
 * of them begins is known of the frames that native code called.  As many runs
 * as loops: they belong together one to one.  Otherwise it cannot be told, and
 * all belong to the innermost loop; only where one of the two lists was cut
 * short, the innermost of both still belong together.
 *
 * Owns nothing; takes no lock.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_MIX_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "preload/recorder/scripts/script.h"
#include "preload/recorder/stacks/capture.h"
#include "trace/spool/spool.h"

/* A script's frame. */
struct mix_frame {
	uint32_t script; /* number of its BLOB_SCRIPT */
	uint32_t line;
	uint16_t interpreter;
	uint16_t begins; /* native code called it */
};
_Static_assert(sizeof(struct mix_frame) == 12, "it is part of a key");

struct mix {
	const uintptr_t *frames; /* return addresses */
	size_t count;
	uint8_t place[SCRIPT_FRAMES]; /* by a script's frame: the native frame it stands inside of */
};

void mix_begin(struct mix *mix, const uintptr_t *frames, size_t count);

/* Finds the places of those script frames that are of this interpreter, which runs in the stack. */
void mix_place(struct mix *mix, uint32_t number, const struct script_interpreter *interpreter,
			   const struct mix_frame *scripts, size_t script_count);

/* Writes both, in order, and returns how many.  `places` are the native frames' own. */
size_t mix_frames(const struct mix *mix, const struct blob_frame *places, const struct mix_frame *scripts,
				  size_t script_count, struct blob_frame ret[CAPTURE_FRAMES + SCRIPT_FRAMES]);

#endif
