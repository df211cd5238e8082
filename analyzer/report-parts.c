// SPDX-License-Identifier: PostgreSQL
/*
 * report-parts.c - the pieces of a text report; see report-parts.h.
 */
#include "analyzer/report-parts.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/query.h"

#define STACK_LINES 8  /* from the call site outwards */
#define DRIVER_LINES 3 /* before it */
#define LIST_TEXT 512
#define LABEL_WIDTH 10 /* of "%-9s " */

/* Outermost frames that every C program has; they tell a reader nothing. */
static const char *const start_frames[] = {
	"_start", "__libc_start_main", "__libc_start_call_main", "start_thread", "clone",
	"clone3", "__clone3",          "__GI___clone3"};

struct call {
	char *head;
	char *tail;
	bool driver;
};

struct calls {
	struct call *items;
	int count;
};

static void calls_done(struct calls *calls)
{
	for (int i = 0; i < calls->count; i++) {
		free(calls->items[i].head);
		free(calls->items[i].tail);
	}
	free(calls->items);
}

static bool is_start_frame(const char *function)
{
	size_t length = strcspn(function, "@");

	for (size_t i = 0; i < sizeof start_frames / sizeof start_frames[0]; i++)
		if (strlen(start_frames[i]) == length && strncmp(function, start_frames[i], length) == 0)
			return true;
	return strncmp(function, "__libc_start_main", strlen("__libc_start_main")) == 0; /* _impl, by glibc version */
}

static struct calls read_calls(sqlite3 *db, int64_t stack, bool whole)
{
	struct calls calls = {NULL, 0};
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT iif(?2, c.head, short_name(c.head)), c.tail, c.driver FROM stack_frame s"
						  " JOIN call c ON c.frame = s.frame WHERE s.stack = ?1 ORDER BY s.level, c.depth");

	if (row == NULL)
		return calls;
	sqlite3_bind_int64(row, 1, stack);
	sqlite3_bind_int(row, 2, whole);
	while (query_next(row, NULL)) {
		struct call *items = reallocarray(calls.items, (size_t)calls.count + 1, sizeof *items);
		if (items == NULL)
			break;
		calls.items = items;
		items[calls.count] = (struct call){.head = strdup(query_text(row, 0)),
										   .tail = strdup(query_text(row, 1)),
										   .driver = sqlite3_column_int(row, 2) != 0};
		if (items[calls.count].head == NULL || items[calls.count].tail == NULL) {
			free(items[calls.count].head);
			free(items[calls.count].tail);
			break;
		}
		calls.count++;
	}
	return calls;
}

/* A cut must save more than the one line that tells of it. */
static int cut_to(int lines, int room)
{
	return lines > room + 1 ? room : lines;
}

void part_stack(const struct printer *printer, sqlite3 *db, int64_t stack, bool whole)
{
	__attribute__((cleanup(calls_done))) struct calls calls = read_calls(db, stack, whole);
	int end = calls.count;
	int site = 0;

	if (calls.count == 0)
		print_line(printer, PART_INDENT + 2, STYLE_DIM, "(no stack was recorded)");
	while (!whole && end > 1 && is_start_frame(calls.items[end - 1].head))
		end--;
	while (site < end && calls.items[site].driver)
		site++;
	int drivers = whole ? site : cut_to(site, DRIVER_LINES);
	int last = site + (whole ? end - site : cut_to(end - site, STACK_LINES));
	for (int i = 0; i < last; i++) {
		if (i == drivers && drivers < site) {
			print_line(printer, PART_INDENT + 2, STYLE_DIM, "... %d more driver frames", site - drivers);
			i = site;
		}
		print_kept_tail(printer, PART_INDENT + 2, calls.items[i].driver ? STYLE_DIM : STYLE_PLAIN, calls.items[i].head,
						calls.items[i].tail);
	}
	if (last < end)
		print_line(printer, PART_INDENT + 2, STYLE_DIM, "... %d more frames (--group-by=stack shows all)", end - last);
}

/* Each gives text and count; parameter: the finding. */
static const struct {
	const char *label;
	const char *sql;
} lists[] = {
	[PART_TARGETS] = {"target", "SELECT t.text, sum(n.count) FROM share n JOIN target_text t ON t.target = n.target"
								" WHERE n.number = ? GROUP BY t.text ORDER BY 2 DESC, 1"},
	[PART_TRANSACTIONS] = {"status", "SELECT transaction_name(n.transaction_status), sum(n.count) FROM share n"
									 " WHERE n.number = ? GROUP BY 1 ORDER BY 2 DESC, 1"},
	[PART_PROCESSES] = {"process", "SELECT printf('%d %s', p.pid, basename(p.exe)), sum(n.count)"
								   " FROM share n JOIN process p ON p.id = n.process"
								   " WHERE n.number = ? GROUP BY p.id ORDER BY 2 DESC, p.id"},
	/* Where one has a label the others are counted too, so that it is not taken for the label of all. */
	[PART_LABELS] = {"label", "SELECT ifnull(p.label, '(no label)'), sum(n.count) FROM share n"
							  " JOIN process p ON p.id = n.process WHERE n.number = ?1 AND EXISTS"
							  " (SELECT 1 FROM share o JOIN process q ON q.id = o.process"
							  " WHERE o.number = ?1 AND q.label IS NOT NULL)"
							  " GROUP BY p.label ORDER BY p.label IS NULL, 2 DESC, 1"},
};

void part_list(const struct printer *printer, sqlite3 *db, enum part_list list, int64_t finding)
{
	QUERY_CLEANUP row = query_prepare(db, lists[list].sql);
	char whole[LIST_TEXT] = "";   /* every item, as far as the room goes */
	char shorter[LIST_TEXT] = ""; /* those that leave room for "and N more" */
	int room = printer->width - PART_INDENT - LABEL_WIDTH;
	int shorter_room = room - (int)strlen(" and 1000 more");
	int items = 0;
	int shown = 0;

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, finding);
	for (; query_next(row, NULL); items++) {
		char item[LIST_TEXT / 2];
		snprintf(item, sizeof item, "%s%.200s (%lld)", items > 0 ? ", " : "", query_text(row, 0),
				 (long long)sqlite3_column_int64(row, 1));
		if (strlen(whole) + strlen(item) < sizeof whole)
			strcat(whole, item);
		/* A list ends in "and N more" rather than in the middle of a name. */
		if (items == 0 || (items == shown && text_columns(whole) <= shorter_room)) {
			memcpy(shorter, whole, sizeof shorter);
			shown++;
		}
	}
	if (items == 1)
		*strrchr(whole, ' ') = '\0'; /* the count is the finding's */
	if (items == 0)
		return;
	if (items == 1 || text_columns(whole) <= room)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", lists[list].label, whole);
	else
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s and %d more", lists[list].label, shorter, items - shown);
}

void part_function(const struct printer *printer, sqlite3 *db, bool connection, int64_t id)
{
	QUERY_CLEANUP row = query_prepare(db, connection ? "SELECT acquire_function FROM connection WHERE id = ?"
													 : "SELECT acquire_function FROM resource WHERE id = ?");

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, id);
	if (query_next(row, NULL))
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s, called from", query_text(row, 0));
}

void part_last_use(const struct printer *printer, sqlite3 *db, int64_t connection)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT used_ns, ifnull(use_function, ''),"
										  " iif(statement <> '', ' (' || statement || ')', '')"
										  " FROM connection WHERE id = ? AND used_ns IS NOT NULL");
	char when[TIME_TEXT];

	if (row == NULL)
		return;
	sqlite3_bind_int64(row, 1, connection);
	if (query_next(row, NULL))
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s, %s%s", "last use",
				   format_time(when, sqlite3_column_int64(row, 0), TIME_SECONDS), query_text(row, 1),
				   query_text(row, 2));
	else
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s never", "last use");
}
