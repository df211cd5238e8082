// SPDX-License-Identifier: PostgreSQL
/*
 * misuse.c - calls that must not be, in words; see misuse.h.
 */
#include "analyzer/words/misuse.h"

#include "analyzer/words/kinds.h"

static const struct {
	const char *one, *many;
} words[MISUSE_COUNT] = {
	[MISUSE_USE_AFTER_FINISH] = {"use of a finished connection", "uses of a finished connection"},
	[MISUSE_FINISHED_TWICE] = {"connection finished twice", "connections finished twice"},
	[MISUSE_CLEARED_TWICE] = {"result cleared twice", "results cleared twice"},
	[MISUSE_USED_IN_CHILD] = {"use of an inherited connection", "uses of an inherited connection"},
	[MISUSE_FINISHED_IN_CHILD] = {"inherited connection finished", "inherited connections finished"},
	[MISUSE_TWO_THREADS] = {"use of a connection by two threads at once",
							"uses of a connection by two threads at once"},
	[MISUSE_FINISHED_IN_TRANSACTION] = {"connection finished in a transaction",
										"connections finished in a transaction"},
	[MISUSE_FINISHED_WITH_QUERY] = {"connection finished with a query running",
									"connections finished with a query running"},
	[MISUSE_FINISHED_IN_COPY] = {"connection finished inside a COPY", "connections finished inside a COPY"},
};

enum misuse_kind misuse_find(const char *name)
{
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (same_name(misuse_name((uint8_t)m), name))
			return (enum misuse_kind)m;
	return MISUSE_NONE;
}

const char *misuse_noun(enum misuse_kind kind, int64_t count)
{
	return count == 1 ? words[kind].one : words[kind].many;
}

bool misuse_by_design(enum misuse_kind kind)
{
	return kind == MISUSE_FINISHED_IN_TRANSACTION || kind == MISUSE_FINISHED_WITH_QUERY ||
		   kind == MISUSE_FINISHED_IN_COPY;
}
