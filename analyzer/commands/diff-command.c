// SPDX-License-Identifier: PostgreSQL
/*
 * diff-command.c - `pqleak diff`.
 */
#include "analyzer/base/message.h"
#include "analyzer/diff/diff.h"
#include "analyzer/options/command.h"

static int run_diff(const struct arguments *arguments)
{
	if (arguments->count != 2)
		return fail(STATUS_UNABLE,
					"name two traces, the one from before and the one from after (see 'pqleak diff --help')");
	int status = diff_print(arguments->words[0], arguments->words[1], &arguments->report, &arguments->diff, stdout);
	return status >= 0 ? status : STATUS_UNABLE;
}

const struct command command_diff = {
	.id = COMMAND_DIFF,
	.synopsis = "[OPTIONS] BEFORE AFTER",
	.summary = "Show what is new, grown, shrunk or gone between two traces",
	.intro = "Findings are compared by call site: by functions and files, as a baseline names\n"
			 "them, so that a program that was built anew is compared with what it was.\n",
	.first = GROUP_DIFF,
	.outro = "The exit status is 0, or with --fail-on 1 if something is as it says; 2 if a\n"
			 "trace cannot be read, or is too incomplete to tell.\n",
	.most = 2,
	.run = run_diff,
};
