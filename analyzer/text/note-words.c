// SPDX-License-Identifier: PostgreSQL
/*
 * note-words.c - habits worth a note, in words; see note.h.
 *
 * A new one is a line of note_sorts[] with its function, and its numbers in noted.sql.  Nothing here judges.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/text/note.h"
#include "analyzer/words/kinds.h"

static void say_held(struct note *note)
{
	char longest[DURATION_TEXT];
	int64_t count = note_number(note, "count");
	bool is_open = note_number(note, "open") > 0, is_counted = !is_open && note_has(note, "late");
	const char *noun = kind_noun(kind_find(note_text(note, "kind")), is_open ? count : 0);

	if (is_open && note_has(note, "longest_ns"))
		note_title(note, "%" PRId64 " %s held for %s and still open, from ", count, noun,
				   note_duration(longest, note, "longest_ns"));
	else if (is_open)
		note_title(note, "%" PRId64 " %s held too long and still open, from ", count, noun);
	else if (is_counted)
		note_title(note, "%" PRId64 " of %" PRId64 " %s held too long, opened at ", note_number(note, "late"), count,
				   noun);
	else if (note_has(note, "longest_ns"))
		note_title(note, "%" PRId64 " %s held for up to %s, from ", count, noun,
				   note_duration(longest, note, "longest_ns"));
	else
		note_title(note, "%" PRId64 " %s held too long, from ", count, noun);
	if (!is_open)
		note_detail_other_place(note, "released");
	if (is_counted && note_has(note, "longest_ns"))
		note_detail(note, "longest", "%s", note_duration(longest, note, "longest_ns"));
}

static void say_idle(struct note *note)
{
	char longest[DURATION_TEXT];
	int64_t count = note_number(note, "transactions");

	if (note_has(note, "longest_idle_ns"))
		note_title(note, "idle in transaction for up to %s, begun at ",
				   note_duration(longest, note, "longest_idle_ns"));
	else
		note_title(note, "idle in transaction, begun at ");
	note_detail_other_place(note, "idle since");
	note_detail(note, "begun", "%" PRId64 " transaction%s", count, plural(count));
}

static void say_misuse(struct note *note)
{
	int64_t count = note_number(note, "count");

	note_title(note, "%" PRId64 " %s, at ", count, misuse_noun(misuse_find(note_text(note, "kind")), count));
	note_detail_other_place(note, "begun");
}

static void say_churn(struct note *note)
{
	char time[DURATION_TEXT];
	double queries = note_real(note, "mean_queries");

	note_title(note, "%" PRId64 " connections for %.3g quer%s each, opened at ", note_number(note, "connections"),
			   queries, queries == 1 ? "y" : "ies");
	if (note_has(note, "connect_ns"))
		note_detail(note, "cost", "%s spent connecting in total; use a pool", note_duration(time, note, "connect_ns"));
	if (note_has(note, "mean_hold_ns"))
		note_detail(note, "held", "%s on average", note_duration(time, note, "mean_hold_ns"));
}

/* What to do about an attempt that failed so, on such a way; "" on any. */
static const struct {
	const char *error, *way, *hint;
} hints[] = {
	{"no such socket", "", "start the server, or name its socket's directory (host, PGHOST)"},
	{"socket path too long", "", "have the socket in a shorter directory"},
	{"permission denied", "socket", "run as a user who may use it: see unix_socket_permissions"},
	{"permission denied", "", "look at the firewall and at what confines the program"},
	{"refused", "socket", "start the server: nobody listens on that socket"},
	{"refused", "", "start the server, or name where it listens (PGHOST, PGPORT)"},
	{"no such host", "", "correct the name (host, PGHOST), or the resolver"},
	{"unreachable", "", "look at the network and the firewall"},
	{"timeout", "", "look at network and load, or allow more (connect_timeout)"},
};

/* Where to, and what to do. */
static void detail_target(struct note *note)
{
	char more[64] = "";
	int64_t others = note_number(note, "targets") - 1;

	if (others > 0)
		snprintf(more, sizeof more, " and %" PRId64 " more", others);
	if (note_has(note, "target"))
		note_detail(note, "target", "%s%s", note_text(note, "target"), more);
	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (strcmp(hints[i].error, note_text(note, "error")) == 0 &&
			(hints[i].way[0] == '\0' || strcmp(hints[i].way, note_text(note, "way")) == 0)) {
			note_detail(note, "try", "%s", hints[i].hint);
			return;
		}
}

static void say_failed(struct note *note)
{
	char time[DURATION_TEXT];
	int64_t count = note_number(note, "count");

	note_title(note, "%" PRId64 " failed connect%s (%s) at ", count, plural(count), note_text(note, "error"));
	detail_target(note);
	if (!note_has(note, "per_second"))
		return;
	double rate = note_real(note, "per_second");
	const char *backs_off = !note_has(note, "backs_off")     ? ""
							: note_number(note, "backs_off") ? ", backing off"
															 : ", without back-off";
	format_duration(time, note_number(note, "last_ns") - note_number(note, "first_ns"));
	if (rate < 10)
		note_detail(note, "rate", "%.3g per second for %s%s", rate, time, backs_off);
	else
		note_detail(note, "rate", "%.0f per second for %s%s", rate, time, backs_off);
}

static void say_broken(struct note *note)
{
	char idle[DURATION_TEXT], keepalives[32] = "over a Unix socket";
	int64_t count = note_number(note, "count");

	if (strcmp(note_text(note, "keepalives"), "none") != 0)
		snprintf(keepalives, sizeof keepalives, "keepalives %s", note_text(note, "keepalives"));
	note_title(note, "%" PRId64 " connection%s found broken, opened at ", count, plural(count));
	note_detail_other_place(note, "found at");
	if (note_has(note, "idle_ns"))
		note_detail(note, "idle", "%s before that; %s", note_duration(idle, note, "idle_ns"), keepalives);
}

static void say_drained(struct note *note)
{
	char last[DURATION_TEXT], cut[32] = "";
	int64_t released = note_number(note, "released");

	if (note_number(note, "cut") > 0)
		snprintf(cut, sizeof cut, ", %" PRId64 " cut", note_number(note, "cut"));
	note_title(note, "%" PRId64 " open when told to end%s, opened at ", note_number(note, "open"), cut);
	if (released > 0 && note_has(note, "last_ns"))
		note_detail(note, "released", "%" PRId64 ", %safter %s", released, released == 1 ? "" : "the last ",
					note_duration(last, note, "last_ns"));
}

static void say_pile(struct note *note)
{
	int64_t most = note_number(note, "most");

	note_title(note, "%" PRId64 " %s open at once, acquired at ", most, any_noun(note_text(note, "kind"), most));
}

static void say_pool(struct note *note)
{
	int64_t count = note_number(note, "connections");

	note_title(note, "%" PRId64 " connection%s opened by a pool, %s, at ", count, plural(count),
			   note_text(note, "pool"));
	note_detail(note, "unseen",
				"when it lends one and takes it back, libpq cannot show; the last use tells the borrower");
}

static void say_peak(struct note *note)
{
	note_title(note, "%" PRId64 " open at the peak, opened at ", note_number(note, "open"));
}

const struct note_sort note_sorts[] = {
	{"held", say_held, "resources that were held too long", "Give it back before work that takes long.", "acquired",
	 "released"},
	{"idle_in_transaction", say_idle, "transactions that were idle",
	 "An open transaction keeps its locks and keeps VACUUM from cleaning up: end it before other work.", "begun",
	 "used"},
	{"misuse", say_misuse, NULL, NULL, NULL, NULL},
	{"churn", say_churn, "connections for a query or two", "Keep the connection, or take it from a pool.", "opened",
	 ""},
	{"failed_connects", say_failed, "attempts to connect that failed", "Wait longer after each failure.", "tried", ""},
	{"broken", say_broken, "connections that were found broken",
	 "Test a connection that was idle before it is used again, and let keepalives find out: see pqleak audit.",
	 "opened", "found broken"},
	{"drained", say_drained, "connections that were open when the process was told to end",
	 "Finish them when SIGTERM arrives.", "opened", ""},
	{"pile", say_pile, "resources that piled up", "Give each back when it has done its work.", "acquired", ""},
	{"pool", say_pool, "connections that a pool opened",
	 "Where one that was lent is not given back to it, a report knows who used it last: see pqleak report --open.",
	 "opened", ""},
	{"peak", say_peak, NULL, NULL, NULL, NULL},
	{NULL, NULL, NULL, NULL, NULL, NULL},
};
