// SPDX-License-Identifier: PostgreSQL
/*
 * gate.c - what fails a check; see gate.h.
 */
#include "analyzer/findings/gate.h"

#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/totals.h"

bool gate_fails(const struct gate *gate, enum resource_kind kind, enum verdict verdict)
{
	return gate->is_chosen ? gate->fails[kind][verdict] : kind_fails(kind) && verdict == VERDICT_LEAKED;
}

bool gate_fails_misuse(const struct gate *gate, enum misuse_kind misuse)
{
	return gate->is_chosen ? gate->fails_misuse[misuse] : !misuse_by_design(misuse);
}

bool gate_fails_some_misuse(const struct gate *gate)
{
	bool any = false;

	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		any = any || (!misuse_by_design((enum misuse_kind)m) && gate_fails_misuse(gate, (enum misuse_kind)m));
	return any;
}

bool gate_tell(const struct gate *gate, sqlite3 *db)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT INTO gated VALUES (?, ?)");
	bool done = true;

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = 0; v < VERDICT_COUNT; v++)
			if (gate_fails(gate, (enum resource_kind)k, (enum verdict)v))
				done =
					done && query_put(insert, AS_TEXT(kind_name((uint8_t)k)), AS_TEXT(verdict_name((enum verdict)v)));
	for (int m = MISUSE_NONE + 1; m < MISUSE_COUNT; m++)
		if (gate_fails_misuse(gate, (enum misuse_kind)m))
			done = done && query_put(insert, AS_TEXT(misuse_name((uint8_t)m)), AS_TEXT("misuse"));
	return done;
}

int gate_status(const struct totals *totals, int leak_status)
{
	if (totals->fails)
		return leak_status;
	return totals->reasons > totals->accepted ? STATUS_UNABLE : STATUS_CLEAN;
}
