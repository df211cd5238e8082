// SPDX-License-Identifier: PostgreSQL
/*
 * merge-command.c - `pqleak merge`.
 */
#include "analyzer/base/message.h"
#include "analyzer/merge/merge.h"
#include "analyzer/options/command.h"

static int run_merge(const struct arguments *arguments)
{
	if (arguments->output == NULL)
		return fail(STATUS_UNABLE, "name the trace to merge into: -o TRACE (see 'pqleak merge --help')");
	if (arguments->count == 0)
		return fail(STATUS_UNABLE, "name the traces to merge (see 'pqleak merge --help')");
	return merge_traces(arguments->output, arguments->words, arguments->count) ? STATUS_CLEAN : STATUS_UNABLE;
}

const struct command command_merge = {
	.id = COMMAND_MERGE,
	.synopsis = "-o ALL TRACE ...",
	.summary = "Put several traces, of several hosts or runs, into one",
	.intro = "What is in ALL stays there, so that traces can be added later; a trace that is\n"
			 "merged twice changes nothing.  Reports then name host and run.\n",
	.outro = "The exit status is 0 if all traces were merged; else it is 2, and ALL is as it was.\n",
	.most = ANY_ARGUMENTS,
	.run = run_merge,
};
