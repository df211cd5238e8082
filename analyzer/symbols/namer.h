// SPDX-License-Identifier: PostgreSQL
/*
 * namer.h - asks the files of modules for the names of addresses, in a process
 * of its own.
 *
 * Owns what naming may cost, and how names come back.  Called by symbols.c;
 * knows no trace.
 */
#ifndef PQLEAK_ANALYZER_SYMBOLS_NAMER_H
#define PQLEAK_ANALYZER_SYMBOLS_NAMER_H

#include <stddef.h>
#include <stdint.h>

#include "analyzer/symbols/module-file.h"

struct asked_frame {
	int64_t number;
	uint64_t address;
};

struct asked_module {
	int64_t number;
	char *path, *build_id;
	size_t begin, end; /* its frames in the array */
};

/* What is asked, and whom the answers are told. */
struct namer {
	const struct symbol_choice *choice;
	int64_t since_ns; /* as in struct module_trace */
	bool here;
	struct asked_module *modules;
	struct asked_frame *frames;
	size_t module_count, frame_count;
	void *context;
	/* One function at a frame's address, as binary_lookup tells it.  False: nothing more is wanted. */
	bool (*keep)(void *context, int64_t frame, int depth, const char *function, const char *file, int line);
	/* What came of a module. */
	bool (*note)(void *context, int64_t module, enum module_state state);
};

/* False: `keep` or `note` wanted no more. */
bool namer_run(struct namer *namer);

#endif
