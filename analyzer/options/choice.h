// SPDX-License-Identifier: PostgreSQL
/*
 * choice.h - what the user asked of a report: plain data.
 *
 * Filled by the options, read by findings and report.  All zeros is what counts
 * when nothing was asked for.
 */
#ifndef PQLEAK_ANALYZER_OPTIONS_CHOICE_H
#define PQLEAK_ANALYZER_OPTIONS_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/known/baseline-file.h"
#include "analyzer/known/suppress-file.h"
#include "analyzer/symbols/module-file.h"
#include "analyzer/words/kinds.h"

/* FORMAT_text is what counts when nothing was asked for. */
enum format {
#define FORMAT(name, is_for_programs) FORMAT_##name,
#include "analyzer/options/formats.def"
#undef FORMAT
	FORMAT_COUNT
};

/* --output=FORMAT=FILE */
struct output {
	enum format format;
	const char *path; /* not owned; "-": standard output */
};

struct formats {
	enum format format;
	struct output *outputs;
	size_t count;
	bool machine;      /* one of them is for programs */
	bool reproducible; /* without times, process ids and row numbers */
};

/* What fails a check, and what it forgives. */
struct gate {
	long long tolerated;                  /* of the resources that fail */
	bool allow_held;                      /* one held at exit at its place in its process is forgiven */
	bool allow_unseen;                    /* what spoke PostgreSQL out of sight is accepted */
	bool limit_open;                      /* --max-open was given */
	long long most_open;                  /* connections open at once */
	int64_t most_unused_ns, most_idle_ns; /* of an open connection, and of a transaction that is idle; 0: no limit */
	bool is_chosen;                       /* --fail-on was given, and the rest is in use */
	bool is_asked;                        /* what it takes */
	bool fails[KIND_COUNT][VERDICT_COUNT];
	bool fails_misuse[MISUSE_COUNT];
};

/* What is known and accepted. */
struct accepted {
	struct suppressions suppressions;
	struct baseline baseline;
	bool strict; /* a suppression that is of no use fails the check */
	bool print;  /* suppressions of what was found, in place of a report */
	bool show;   /* what is excused is listed too */
};

/* Patterns of code: of modules, scripts or functions. */
struct patterns {
	char **items;
	size_t count;
};

/* What is seen of stacks. */
struct frame_choice {
	struct patterns skip; /* is no call site, besides what the views driver and driver_function list */
	struct patterns own;  /* may be one, whatever these list */
	bool native;          /* interpreters' frames too */
};

enum export_format {
#define EXPORT(name, is_binary, has_weights) EXPORT_##name,
#include "analyzer/options/exports.def"
	EXPORT_COUNT
};

/* What is asked of an export, besides what a report of the trace would be asked. */
struct export_choice {
	enum export_format format;
	const char *weight;      /* the word of a line of weights.def; NULL: the first */
	enum resource_kind kind; /* KIND_NONE: connections */
	const char *view;        /* of CSV; NULL: connection_life */
};

/* What is asked of a comparison of two traces. */
struct diff_choice {
	const char *format; /* NULL: "text" */
	bool is_gate;       /* --fail-on was given, and the rest is in use */
	bool fails_new, fails_grown;
};

struct report_choice {
	const char *group_by; /* "site" (also when NULL), "stack", "function", "module", "database" or "label" */
	bool all;
	bool open; /* what is open, in place of findings */
	struct formats formats;
	bool stacks;             /* also those of the last use, and of where what is comparable was released */
	const char *source_root; /* NULL: see source_root_use */
	bool timeline;           /* all call sites are named, and some connections are shown one by one */
	int64_t held_ns;         /* what was held, or idle in a transaction, so long is named; 0: not asked for */
	struct gate gate;
	struct accepted accepted;
	struct symbol_choice symbols;
	struct frame_choice frames;
};

extern const char *const export_names[EXPORT_COUNT + 1]; /* "folded", ...; ended by NULL */
extern const char *const format_names[FORMAT_COUNT + 1]; /* "text", "json", ...; ended by NULL */

#endif
