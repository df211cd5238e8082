// SPDX-License-Identifier: PostgreSQL
/*
 * skip-use.c - see skip-use.h.
 */
#include "analyzer/findings/skip-use.h"

#include "analyzer/base/query.h"

bool skip_use(const struct skip *skip, sqlite3 *db)
{
	QUERY_CLEANUP insert = query_prepare(db, "INSERT OR IGNORE INTO skip VALUES (?)");
	bool failed = insert == NULL;

	for (size_t i = 0; i < skip->count && !failed; i++) {
		sqlite3_bind_text(insert, 1, skip->patterns[i], -1, SQLITE_STATIC);
		query_next(insert, &failed);
		sqlite3_reset(insert);
	}
	return !failed;
}
