// SPDX-License-Identifier: PostgreSQL
/*
 * report-notes.c - what a report tells besides leaks: misuse, with its stacks,
 * and habits worth a note, a few lines each.
 *
 * notes.sql finds them; nothing here judges.
 */
#include <inttypes.h>

#include "analyzer/base/query.h"
#include "analyzer/base/print-time.h"
#include "analyzer/report/report-parts.h"

#define NOTES_SHOWN 3 /* of each sort, without --all */
#define MISUSES_SHOWN 10

/* A place in words, for the stack in `column`. */
#define PLACE(alias) "ifnull(short_name(" alias ".head), 'an unknown place'), ifnull(" alias ".tail, '')"

/* Each gives a title (its end stays when it is cut) and up to three details: label, text, end of the text. */
static const char *const note_queries[] = {
	/* What was released late. */
	"SELECT iif(h.late IS NULL, printf('%d %s held for up to %s, from ', h.count, k.noun, "
	"duration(h.longest_ns)),"
	"           printf('%d of %d %s held too long, opened at ', h.late, h.count, k.noun))"
	"         || ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" 'released', " PLACE(
		"r") ", iif(h.late IS NULL, NULL, 'longest'), duration(h.longest_ns), ''"
			 " FROM found_held h"
			 " JOIN (SELECT DISTINCT kind, kind_noun(kind) AS noun FROM found_held) k ON k.kind = h.kind"
			 " LEFT JOIN site s ON s.stack = h.acquire_stack LEFT JOIN site r ON r.stack = h.release_stack"
			 " ORDER BY kind_rank(h.kind), h.longest_ns DESC",
	/* Idle in transaction. */
	"SELECT printf('idle in transaction for up to %s, begun at ', duration(i.longest_idle_ns))"
	"         || ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" 'idle since', " PLACE(
		"g") ", 'begun', printf('%d transaction%s', i.count, iif(i.count = 1, '', 's')), ''"
			 " FROM report_choice o CROSS JOIN found_idle i LEFT JOIN site s ON s.stack = i.acquire_stack"
			 " LEFT JOIN site g ON g.stack = i.idle_stack"
			 " WHERE i.worth OR o.everything ORDER BY i.longest_idle_ns DESC",
	/* Finished while something was going on. */
	"SELECT printf('%d %s, at ', m.count, misuse_noun(m.kind, m.count)) || ifnull(short_name(s.head), 'an unknown "
	"place'),"
	" ifnull(s.tail, ''), 'begun', " PLACE(
		"b") " FROM found_misuse m LEFT JOIN site s ON s.stack = m.stack LEFT JOIN site b ON b.stack = m.acquire_stack"
			 " WHERE m.by_design ORDER BY m.count DESC, m.first_ns",
	/* Connections that are opened for next to nothing. */
	"SELECT printf('%d connections for %.3g quer%s each, opened at ', c.connections, c.mean_queries,"
	"         iif(c.mean_queries = 1, 'y', 'ies'))"
	"         || ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" 'cost', printf('%s connecting in all; a pool would spare it', duration(c.connect_ns)), '',"
	" 'held', printf('%s on average', duration(c.mean_hold_ns)), ''"
	" FROM report_choice o CROSS JOIN found_churn c LEFT JOIN site s ON s.stack = c.acquire_stack"
	" WHERE c.worth OR o.everything ORDER BY c.connect_ns DESC",
	/* Failed connects. */
	"SELECT printf('%d failed connect%s (%s) at ', f.count, iif(f.count = 1, '', 's'), f.error)"
	"         || ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" iif(f.per_second IS NULL, NULL, 'rate'), printf('%s per second for %s%s', printf(iif(f.per_second < 10, '%.3g', "
	"'%.0f'), f.per_second),"
	"   duration(f.last_ns - f.first_ns), CASE f.backs_off WHEN 1 THEN ', backing off' WHEN 0 THEN ', without back-off'"
	"   ELSE '' END), ''"
	" FROM report_choice o CROSS JOIN found_failed f LEFT JOIN site s ON s.stack = f.acquire_stack"
	" WHERE f.worth OR o.everything ORDER BY f.count DESC, f.first_ns",
	/* Connections that were gone when they were used. */
	"SELECT printf('%d connection%s found broken, opened at ', b.count, iif(b.count = 1, '', 's'))"
	"         || ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" 'found at', " PLACE(
		"u") ", 'idle', printf('%s before that; %s', duration(b.idle_ns),"
			 "   iif(b.keepalives = 'none', 'over a Unix socket', 'keepalives ' || b.keepalives)), ''"
			 " FROM found_broken b LEFT JOIN site s ON s.stack = b.acquire_stack LEFT JOIN site u ON u.stack = b.stack"
			 " ORDER BY b.count DESC",
	/* What was open when the process was told to end, in the order in which it was released. */
	"SELECT printf('%d open when told to end%s, opened at ', d.open, iif(d.released = d.open, '',"
	"         printf(', %d cut', d.open - d.released))) || ifnull(short_name(s.head), 'an unknown place'), "
	"ifnull(s.tail, ''),"
	" iif(d.released = 0, NULL, 'released'), printf('%d, %safter %s', d.released, iif(d.released = 1, '', 'the last "
	"'), duration(d.last_ns)), ''"
	" FROM found_drained d LEFT JOIN site s ON s.stack = d.acquire_stack"
	" ORDER BY d.process, d.first_ns IS NULL, d.first_ns, d.acquire_stack",
	/* Who had connections open at the peak; empty unless it was asked for. */
	("SELECT printf('%d open at the peak, opened at ', p.open) || ifnull(short_name(s.head), 'an unknown place'),"
	 " ifnull(s.tail, '') FROM found_peak_site p LEFT JOIN site s ON s.stack = p.acquire_stack"
	 " ORDER BY p.open DESC, p.acquire_stack"),
};

#define NOTE_SORTS (sizeof note_queries / sizeof note_queries[0])

static void print_details(const struct printer *printer, sqlite3_stmt *row)
{
	for (int column = 2; column + 2 < sqlite3_column_count(row); column += 3) {
		char head[1024];
		if (sqlite3_column_type(row, column) == SQLITE_NULL)
			continue;
		snprintf(head, sizeof head, "%-9s %s", query_text(row, column), query_text(row, column + 1));
		print_kept_tail(printer, PART_INDENT, STYLE_PLAIN, head, query_text(row, column + 2));
	}
}

bool report_notes(const struct printer *printer, sqlite3 *db, bool all, bool last)
{
	bool failed = false;
	bool any = false;

	for (size_t i = 0; i < NOTE_SORTS && !failed; i++) {
		QUERY_CLEANUP row = query_prepare(db, note_queries[i]);
		int64_t hidden = 0;
		failed = row == NULL;
		for (int64_t shown = 0; !failed && query_next(row, &failed); shown++) {
			if (shown >= NOTES_SHOWN && !all) {
				hidden++;
				continue;
			}
			if (!any)
				print_line(printer, 0, STYLE_STRONG, "Notes");
			any = true;
			print_kept_tail(printer, 2, STYLE_PLAIN, query_text(row, 0), query_text(row, 1));
			print_details(printer, row);
		}
		if (hidden > 0)
			print_line(printer, 2, STYLE_DIM, "... %" PRId64 " more like this (--all shows every one)", hidden);
	}
	if (any && !last)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return !failed;
}

static void print_stack_of(const struct printer *printer, sqlite3 *db, const char *label, int64_t stack)
{
	if (stack == 0)
		return;
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", label);
	part_stack(printer, db, stack, false);
}

bool report_misuse(const struct printer *printer, sqlite3 *db, bool all, bool excused)
{
	QUERY_CLEANUP row = query_prepare(
		db,
		"SELECT m.kind, m.count, m.function, m.stack, m.acquire_stack, m.release_stack, m.first_ns, m.connection,"
		" " PLACE(
			"s") ", printf('%d %s', p.pid, basename(p.exe)), m.processes"
				 " FROM found_misuse m LEFT JOIN site s ON s.stack = m.stack LEFT JOIN process p ON p.id = m.process"
				 " WHERE NOT m.by_design AND (?1 OR m.excused = '') ORDER BY m.count DESC, m.first_ns, m.kind");
	bool failed = row == NULL;
	int64_t hidden = 0;

	if (!failed)
		sqlite3_bind_int(row, 1, excused);
	for (int64_t shown = 0; !failed && query_next(row, &failed); shown++) {
		char head[1024];
		char when[TIME_TEXT];
		int64_t count = sqlite3_column_int64(row, 1);
		enum misuse_kind kind = misuse_find(query_text(row, 0));
		if (shown >= MISUSES_SHOWN && !all) {
			hidden++;
			continue;
		}
		snprintf(head, sizeof head, "%" PRId64 " %s at %s", count,
				 kind != MISUSE_NONE ? misuse_noun(kind, count) : query_text(row, 0), query_text(row, 8));
		print_kept_tail(printer, 0, STYLE_BAD, head, query_text(row, 9));
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s, called from", query_text(row, 2));
		part_stack(printer, db, sqlite3_column_int64(row, 3), false);
		print_stack_of(printer, db, "acquired", sqlite3_column_int64(row, 4));
		print_stack_of(printer, db, "released before", sqlite3_column_int64(row, 5));
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", "first",
				   format_time(when, sqlite3_column_int64(row, 6), TIME_SECONDS));
		int64_t others = sqlite3_column_int64(row, 11) - 1;
		if (others > 0)
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s and %" PRId64 " more", "process",
					   query_text(row, 10), others);
		else
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%-9s %s", "process", query_text(row, 10));
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	}
	if (hidden > 0)
		print_line(printer, 0, STYLE_BAD, "... %" PRId64 " more misuse%s (--all shows every one)\n", hidden,
				   plural(hidden));
	return !failed;
}
