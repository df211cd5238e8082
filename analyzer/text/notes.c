// SPDX-License-Identifier: PostgreSQL
/*
 * notes.c - habits worth a note, in words; see notes.h.
 *
 * A new one is a line of notes[] with its function, and its numbers in
 * noted.sql.  Nothing here judges.
 */
#include "analyzer/text/notes.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/text/text.h"
#include "analyzer/words/kinds.h"

#define NOTES_SHOWN 3 /* of each sort in a text, without --all */
#define WORDS_TEXT 1024
#define MOST_DETAILS 4 /* the callers included */
#define CALLERS_SHOWN 3

/* A text that may be cut, and its end, which stays. */
struct words {
	const char *label; /* of a detail */
	char head[WORDS_TEXT];
	const char *tail;
};

/* One note, while it is put into words. */
struct note {
	sqlite3_stmt *row, *fact, *caller;
	struct words title, details[MOST_DETAILS];
	int count; /* of details */
};

/* The columns of `row`. */
enum { NUMBER, HEAD, TAIL, OTHER_HEAD, OTHER_TAIL };

/* ?3: reproducible */
static const char rows_sql[] =
	"SELECT n.number, ifnull(short_name(s.head), 'an unknown place'), ifnull(s.tail, ''),"
	" ifnull(short_name(o.head), 'an unknown place'), ifnull(o.tail, '')"
	" FROM note n LEFT JOIN site s ON s.stack = n.stack LEFT JOIN site o ON o.stack = n.other_stack"
	" LEFT JOIN stack_path p ON p.stack = n.stack"
	" WHERE n.sort = ?1 AND (n.worth IN (1, iif(?3, 1, 2)) OR ?2) ORDER BY n.rank, iif(?3, p.path, ''), n.stack";

static const char fact_sql[] = "SELECT iif(passes AND ?3, NULL, value) FROM note_fact WHERE note = ?1 AND key = ?2";

/* The fact of this name; false: it is unknown, or left out. */
static bool has(const struct note *note, const char *key)
{
	sqlite3_reset(note->fact);
	query_bind(note->fact, QUERY_VALUES(AS_NUMBER(sqlite3_column_int64(note->row, NUMBER)), AS_TEXT(key)));
	return query_next(note->fact, NULL) && sqlite3_column_type(note->fact, 0) != SQLITE_NULL;
}

static int64_t number(const struct note *note, const char *key)
{
	return has(note, key) ? sqlite3_column_int64(note->fact, 0) : 0;
}

static double real(const struct note *note, const char *key)
{
	return has(note, key) ? sqlite3_column_double(note->fact, 0) : 0;
}

/* Valid until the next fact is asked for. */
static const char *text(const struct note *note, const char *key)
{
	return has(note, key) ? query_text(note->fact, 0) : "";
}

static const char *duration(char ret[DURATION_TEXT], const struct note *note, const char *key)
{
	return format_duration(ret, number(note, key));
}

/* The title, up to its place. */
static __attribute__((format(printf, 2, 3))) void title(struct note *note, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(note->title.head, sizeof note->title.head, format, arguments);
	va_end(arguments);
	size_t length = strlen(note->title.head);
	snprintf(note->title.head + length, sizeof note->title.head - length, "%s", query_text(note->row, HEAD));
	note->title.tail = query_text(note->row, TAIL);
}

static __attribute__((format(printf, 3, 4))) void detail(struct note *note, const char *label, const char *format, ...)
{
	struct words *words = &note->details[note->count++];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words->head, sizeof words->head, format, arguments);
	va_end(arguments);
	words->label = label;
	words->tail = "";
}

static void detail_other_place(struct note *note, const char *label)
{
	detail(note, label, "%s", query_text(note->row, OTHER_HEAD));
	note->details[note->count - 1].tail = query_text(note->row, OTHER_TAIL);
}

static void say_held(struct note *note)
{
	char longest[DURATION_TEXT];
	int64_t count = number(note, "count");
	bool is_open = number(note, "open") > 0, is_counted = !is_open && has(note, "late");
	const char *noun = kind_noun(kind_find(text(note, "kind")), is_open ? count : 0);

	if (is_open && has(note, "longest_ns"))
		title(note, "%" PRId64 " %s held for %s and still open, from ", count, noun,
			  duration(longest, note, "longest_ns"));
	else if (is_open)
		title(note, "%" PRId64 " %s held too long and still open, from ", count, noun);
	else if (is_counted)
		title(note, "%" PRId64 " of %" PRId64 " %s held too long, opened at ", number(note, "late"), count, noun);
	else if (has(note, "longest_ns"))
		title(note, "%" PRId64 " %s held for up to %s, from ", count, noun, duration(longest, note, "longest_ns"));
	else
		title(note, "%" PRId64 " %s held too long, from ", count, noun);
	if (!is_open)
		detail_other_place(note, "released");
	if (is_counted && has(note, "longest_ns"))
		detail(note, "longest", "%s", duration(longest, note, "longest_ns"));
}

static void say_idle(struct note *note)
{
	char longest[DURATION_TEXT];
	int64_t count = number(note, "transactions");

	if (has(note, "longest_idle_ns"))
		title(note, "idle in transaction for up to %s, begun at ", duration(longest, note, "longest_idle_ns"));
	else
		title(note, "idle in transaction, begun at ");
	detail_other_place(note, "idle since");
	detail(note, "begun", "%" PRId64 " transaction%s", count, plural(count));
}

static void say_misuse(struct note *note)
{
	int64_t count = number(note, "count");

	title(note, "%" PRId64 " %s, at ", count, misuse_noun(misuse_find(text(note, "kind")), count));
	detail_other_place(note, "begun");
}

static void say_churn(struct note *note)
{
	char time[DURATION_TEXT];
	double queries = real(note, "mean_queries");

	title(note, "%" PRId64 " connections for %.3g quer%s each, opened at ", number(note, "connections"), queries,
		  queries == 1 ? "y" : "ies");
	if (has(note, "connect_ns"))
		detail(note, "cost", "%s spent connecting in total; use a pool", duration(time, note, "connect_ns"));
	if (has(note, "mean_hold_ns"))
		detail(note, "held", "%s on average", duration(time, note, "mean_hold_ns"));
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
	int64_t others = number(note, "targets") - 1;

	if (others > 0)
		snprintf(more, sizeof more, " and %" PRId64 " more", others);
	if (has(note, "target"))
		detail(note, "target", "%s%s", text(note, "target"), more);
	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
		if (strcmp(hints[i].error, text(note, "error")) == 0 &&
			(hints[i].way[0] == '\0' || strcmp(hints[i].way, text(note, "way")) == 0)) {
			detail(note, "try", "%s", hints[i].hint);
			return;
		}
}

static void say_failed(struct note *note)
{
	char time[DURATION_TEXT];
	int64_t count = number(note, "count");

	title(note, "%" PRId64 " failed connect%s (%s) at ", count, plural(count), text(note, "error"));
	detail_target(note);
	if (!has(note, "per_second"))
		return;
	double rate = real(note, "per_second");
	const char *backs_off = !has(note, "backs_off")     ? ""
							: number(note, "backs_off") ? ", backing off"
														: ", without back-off";
	format_duration(time, number(note, "last_ns") - number(note, "first_ns"));
	if (rate < 10)
		detail(note, "rate", "%.3g per second for %s%s", rate, time, backs_off);
	else
		detail(note, "rate", "%.0f per second for %s%s", rate, time, backs_off);
}

static void say_broken(struct note *note)
{
	char idle[DURATION_TEXT], keepalives[32] = "over a Unix socket";
	int64_t count = number(note, "count");

	if (strcmp(text(note, "keepalives"), "none") != 0)
		snprintf(keepalives, sizeof keepalives, "keepalives %s", text(note, "keepalives"));
	title(note, "%" PRId64 " connection%s found broken, opened at ", count, plural(count));
	detail_other_place(note, "found at");
	if (has(note, "idle_ns"))
		detail(note, "idle", "%s before that; %s", duration(idle, note, "idle_ns"), keepalives);
}

static void say_drained(struct note *note)
{
	char last[DURATION_TEXT], cut[32] = "";
	int64_t released = number(note, "released");

	if (number(note, "cut") > 0)
		snprintf(cut, sizeof cut, ", %" PRId64 " cut", number(note, "cut"));
	title(note, "%" PRId64 " open when told to end%s, opened at ", number(note, "open"), cut);
	if (released > 0 && has(note, "last_ns"))
		detail(note, "released", "%" PRId64 ", %safter %s", released, released == 1 ? "" : "the last ",
			   duration(last, note, "last_ns"));
}

static void say_peak(struct note *note)
{
	title(note, "%" PRId64 " open at the peak, opened at ", number(note, "open"));
}

static const struct {
	const char *sort;                      /* in TEMP TABLE note, in JSON, and after "note-" the rule */
	void (*say)(struct note *note);        /* puts it into words */
	const char *title, *help;              /* of the rule; NULL: the formats for programs tell it otherwise */
	const char *stack_words, *other_words; /* what happened there */
} notes[] = {
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
	{"peak", say_peak, NULL, NULL, NULL, NULL},
};

#define SORTS (sizeof notes / sizeof notes[0])

static const char callers_sql[] =
	"SELECT ifnull(short_name(c.head), 'an unknown place') || ifnull(c.tail, '')"
	" FROM note_caller n LEFT JOIN frame_call c ON c.frame = n.frame AND c.depth = n.depth"
	" WHERE n.note = ? ORDER BY n.count DESC, 1";

/* The callers that a site is told of together. */
static bool detail_callers(struct note *note)
{
	char text[WORDS_TEXT] = "";
	size_t length = 0;
	int64_t count = 0;
	bool failed = false;

	sqlite3_reset(note->caller);
	query_bind(note->caller, QUERY_VALUES(AS_NUMBER(sqlite3_column_int64(note->row, NUMBER))));
	while (query_next(note->caller, &failed))
		if (count++ < CALLERS_SHOWN && length < sizeof text)
			length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", count > 1 ? ", " : "",
									   query_text(note->caller, 0));
	if (count > CALLERS_SHOWN)
		detail(note, "callers", "%s and %" PRId64 " more", text, count - CALLERS_SHOWN);
	else if (count > 0)
		detail(note, "callers", "%s", text);
	return !failed;
}

/* Calls `tell` for each note of a sort. */
static bool each(sqlite3 *db, size_t sort, bool all, bool reproducible,
				 bool (*tell)(const struct note *note, void *context), void *context)
{
	QUERY_CLEANUP row = query_with(db, rows_sql, AS_TEXT(notes[sort].sort), AS_NUMBER(all), AS_NUMBER(reproducible));
	QUERY_CLEANUP fact = query_prepare(db, fact_sql);
	QUERY_CLEANUP caller = query_prepare(db, callers_sql);
	bool failed = fact == NULL || caller == NULL;

	sqlite3_bind_int(fact, 3, reproducible);
	while (!failed && query_next(row, &failed)) {
		struct note note = {.row = row, .fact = fact, .caller = caller};
		notes[sort].say(&note);
		failed = !detail_callers(&note) || !tell(&note, context);
	}
	return !failed;
}

/* What print_note() is asked for. */
struct printing {
	const struct printer *printer;
	bool all, any;
	int64_t shown; /* of this sort */
};

static bool print_note(const struct note *note, void *context)
{
	struct printing *printing = context;

	if (printing->shown++ >= NOTES_SHOWN && !printing->all)
		return true;
	if (!printing->any)
		print_line(printing->printer, 0, STYLE_STRONG, "Notes");
	printing->any = true;
	print_kept_tail(printing->printer, 2, STYLE_PLAIN, note->title.head, note->title.tail);
	for (int i = 0; i < note->count; i++) {
		const struct words *detail = &note->details[i];
		char head[WORDS_TEXT + 16];
		snprintf(head, sizeof head, "%-9s %s", detail->label, detail->head);
		print_kept_tail(printing->printer, PART_INDENT, STYLE_PLAIN, head, detail->tail);
	}
	return true;
}

bool notes_print(const struct printer *printer, sqlite3 *db, bool all, bool last)
{
	struct printing printing = {.printer = printer, .all = all};
	bool done = true;

	for (size_t i = 0; i < SORTS && done; i++) {
		printing.shown = 0;
		done = each(db, i, all, false, print_note, &printing);
		if (printing.shown > NOTES_SHOWN && !all)
			print_line(printer, 2, STYLE_DIM, "... %" PRId64 " more like this (--all shows every one)",
					   printing.shown - NOTES_SHOWN);
	}
	if (printing.any && !last)
		print_line(printer, 0, STYLE_PLAIN, "%s", "");
	return done;
}

static const char tables_sql[] =
	"CREATE TEMP TABLE note_sort (sort TEXT PRIMARY KEY, title, help, stack_words, other_words);"
	"CREATE TEMP TABLE note_message (number INTEGER PRIMARY KEY, note INTEGER, message TEXT)";

static bool tell_note(const struct note *note, void *context)
{
	sqlite3_stmt *insert = context;
	sqlite3_str *message = sqlite3_str_new(NULL);

	sqlite3_str_appendf(message, "%s%s", note->title.head, note->title.tail);
	for (int i = 0; i < note->count; i++)
		sqlite3_str_appendf(message, "; %s: %s%s", note->details[i].label, note->details[i].head,
							note->details[i].tail);
	char *text = sqlite3_str_finish(message);
	bool done = query_put(insert, AS_NUMBER(sqlite3_column_int64(note->row, NUMBER)), AS_TEXT(text));
	sqlite3_free(text);
	return done;
}

static bool tell_sort(sqlite3 *db, size_t sort)
{
	return query_once(db, "INSERT INTO note_sort VALUES (?, ?, ?, ?, ?)", AS_TEXT(notes[sort].sort),
					  AS_TEXT(notes[sort].title), AS_TEXT(notes[sort].help), AS_TEXT(notes[sort].stack_words),
					  AS_TEXT(notes[sort].other_words));
}

bool notes_tell(sqlite3 *db, bool all, bool reproducible)
{
	bool done = query_run(db, tables_sql);
	QUERY_CLEANUP insert = done ? query_prepare(db, "INSERT INTO note_message (note, message) VALUES (?, ?)") : NULL;

	for (size_t i = 0; i < SORTS && insert != NULL && done; i++)
		if (notes[i].title != NULL)
			done = tell_sort(db, i) && each(db, i, all, reproducible, tell_note, insert);
	return done && insert != NULL;
}
