// SPDX-License-Identifier: PostgreSQL
/* marks.c - see marks.h.  Called by drain and ingest, and by the launcher. */
#include "trace/store/marks.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/base/sent.h"
#include "trace/spool/beside.h"
#include "trace/store/rows.h"

#define MOST_ERRNO 4095

enum { LEAST_FIELDS = 4, FIELDS = 5 };

/* One sign is enough: what is the same is told apart by that only until one was found. */
static const char add_sql[] =
	"INSERT INTO unseen (pid, how, exe, module, sign) VALUES (nullif(?1, 0), ?2, ?3, ?4, nullif(?5, ''))"
	" ON CONFLICT (exe, how, module) DO UPDATE SET sign = excluded.sign"
	" WHERE ifnull(sign, '') = '' AND excluded.sign IS NOT NULL";

int unseen_add(sqlite3 *db, int pid, const char *how, const char *exe, const char *module, const char *sign)
{
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, add_sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_int(stmt, 1, pid);
	sqlite3_bind_text(stmt, 2, how, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 3, exe, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 4, module, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 5, sign, -1, SQLITE_STATIC);
	sqlite3_step(stmt);
	return sqlite3_finalize(stmt);
}

int unseen_take(sqlite3 *db, const char *mark)
{
	char text[PATH_MAX];
	char *field[FIELDS];
	char *rest = text;
	ssize_t length = readlink(mark, text, sizeof text - 1);
	if (length < 0)
		return SQLITE_OK;
	text[length] = '\0';
	for (int i = 0; i < FIELDS; i++) {
		field[i] = rest;
		rest += strcspn(rest, "\n");
		if (*rest == '\n' && i < FIELDS - 1)
			*rest++ = '\0';
		else if (i < LEAST_FIELDS - 1)
			return SQLITE_OK;
	}
	return unseen_add(db, atoi(field[0]), field[1], field[2], field[3], field[4]);
}

/* A process that could not be recorded: by whom it ran is told where that is not the trace's owner. */
static int add_lost(struct statements *statements, const char *trace, int pid, const char *uid, const char *exe,
					int error)
{
	struct stat st;
	const char *what = strerrordesc_np(error);
	const char *more = error == ELIBACC ? " (libpqleak-recorder.so; it may have changed its root directory)" : "";
	bool is_owners = uid[0] == '\0' || stat(trace, &st) != 0 || strtoul(uid, NULL, 10) == st.st_uid;
	char *who = is_owners ? sqlite3_mprintf("%s%s", exe, exe[0] != '\0' ? " " : "")
						  : sqlite3_mprintf("%s, run by user %s, ", exe[0] != '\0' ? exe : "a program", uid);
	char *reason = sqlite3_mprintf("%scould not be recorded: %s%s", who != NULL ? who : "",
								   what != NULL ? what : "unknown error", more);
	sqlite3_free(who);
	if (reason == NULL)
		return SQLITE_NOMEM;
	int rc = process_add_incomplete(statements, 0, pid, reason);
	sqlite3_free(reason);
	return rc;
}

int lost_take(struct statements *statements, const char *trace, const char *mark, int pid, uint64_t error)
{
	char text[PATH_MAX];
	ssize_t length = readlink(mark, text, sizeof text - 1);
	text[length > 0 ? length : 0] = '\0';
	char *exe = strchr(text, '\n');
	if (exe != NULL)
		*exe++ = '\0';
	bool is_known = exe != NULL && strspn(text, "0123456789") == strlen(text);
	return add_lost(statements, trace, pid, is_known ? text : "", is_known ? exe : "",
					error <= MOST_ERRNO ? (int)error : -1);
}

int lost_add_children(struct statements *statements, const struct spool_header *header, const char *trace)
{
	uint32_t count = atomic_load_explicit(&header->children, memory_order_relaxed);
	int rc = SQLITE_OK;
	for (uint32_t i = 0; i < count && i < SPOOL_CHILDREN && rc == SQLITE_OK; i++) {
		const struct spool_child *child = &header->child[i];
		char uid[16], exe[sizeof header->exe + 32];
		int pid = atomic_load_explicit(&child->pid, memory_order_acquire);
		if (pid <= 0)
			continue;
		sqlite3_snprintf(sizeof uid, uid, "%u", child->uid);
		sqlite3_snprintf(sizeof exe, exe, "%s (forked by process %d)", header->exe, header->pid);
		rc = add_lost(statements, trace, pid, uid, exe, child->error <= MOST_ERRNO ? (int)child->error : -1);
	}
	return rc;
}

/* --- marks that were sent --- */

/* Whether the text is so many lines and a last one, and the second a word: somebody else's is passed over. */
static bool is_unseen(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	size_t letters = strspn(text + digits + (text[digits] == '\n'), "abcdefghijklmnopqrstuvwxyz");
	const char *exe = text + digits + 1 + letters;
	return digits > 0 && text[digits] == '\n' && letters > 0 && *exe == '\n' && strchr(exe + 1, '\n') != NULL;
}

int mark_keep(const char *trace, unsigned number, int pid, unsigned uid, const char *text)
{
	static const char lost[] = SENT_LOST, unseen[] = SENT_UNSEEN;
	char *name = NULL, *target = NULL;
	if (strncmp(text, lost, sizeof lost - 1) == 0) {
		char *exe;
		unsigned long error = strtoul(text + sizeof lost - 1, &exe, 10);
		if (*exe++ != '\n' || error > MOST_ERRNO)
			return 0;
		name = sqlite3_mprintf("%s" LOST_SUFFIX "%d-%lu", trace, pid, error);
		target = sqlite3_mprintf("%u\n%s", uid, exe);
	} else if (strncmp(text, unseen, sizeof unseen - 1) == 0 && is_unseen(text + sizeof unseen - 1)) {
		const char *words = text + sizeof unseen - 1;
		bool is_own = words[0] != '0';
		name = sqlite3_mprintf("%s" UNSEEN_SUFFIX "%08x%08x", trace, (unsigned)pid, number);
		target = sqlite3_mprintf("%d%s", is_own ? pid : 0, strchr(words, '\n'));
	} else {
		return 0;
	}
	int result = name == NULL || target == NULL ? -ENOMEM : symlink(target, name) == 0 || errno == EEXIST ? 1 : -errno;
	sqlite3_free(name);
	sqlite3_free(target);
	return result;
}
