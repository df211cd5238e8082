// SPDX-License-Identifier: PostgreSQL
/*
 * finding.c - one finding of a text report: its title, who is to blame,
 * stacks, and what is known of its members.
 */
#include "analyzer/text/text.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/columns.h"
#include "analyzer/base/print.h"
#include "analyzer/base/query.h"
#include "analyzer/options/arguments.h"

/* Takes the columns of a row one after the other. */
struct columns {
	sqlite3_stmt *row;
	int next;
};

static int64_t number(struct columns *columns)
{
	return sqlite3_column_int64(columns->row, columns->next++);
}

static const char *text(struct columns *columns)
{
	return query_text(columns->row, columns->next++);
}

bool finding_next(sqlite3_stmt *rows, struct finding *ret, bool *ret_failed)
{
	struct columns row = {rows, 0};

	if (!query_next(rows, ret_failed))
		return false;
	/* In the order of finding-rows.sql. */
	ret->number = number(&row);
	ret->kind = kind_find(text(&row));
	ret->verdict = verdict_find(text(&row));
	ret->state = text(&row);
	ret->shape = text(&row);
	ret->excused = text(&row);
	ret->head = text(&row);
	ret->tail = text(&row);
	ret->count = number(&row);
	ret->stacks = number(&row);
	ret->ways = number(&row);
	ret->stack = number(&row);
	ret->level = (int)number(&row);
	ret->depth = (int)number(&row);
	ret->function = sqlite3_column_type(rows, row.next) != SQLITE_NULL ? query_text(rows, row.next) : NULL;
	row.next++;
	ret->used_stack = number(&row);
	ret->use_function = text(&row);
	ret->release_stack = number(&row);
	ret->releases = number(&row);
	ret->first_ns = number(&row);
	ret->last_ns = number(&row);
	ret->first_id = number(&row);
	ret->used_id = number(&row);
	ret->rows = number(&row);
	ret->bytes = number(&row);
	ret->outlived = number(&row);
	ret->released = number(&row);
	ret->separation.callers = number(&row);
	ret->separation.leaking = number(&row);
	ret->separation.lost = number(&row);
	ret->separation.acquired = number(&row);
	ret->separation.others_lost = number(&row);
	ret->separation.others_acquired = number(&row);
	ret->separation.levels = (int)number(&row);
	ret->separation.wrapper = text(&row);
	ret->separation.site = text(&row);
	ret->life.pooled = number(&row) != 0;
	ret->life.later = number(&row);
	ret->life.latest = number(&row);
	ret->life.opened = number(&row);
	ret->life.unused_ns = number(&row);
	ret->life.used_ns = number(&row);
	ret->life.threads = number(&row);
	ret->life.lives = number(&row);
	ret->life.alone = number(&row) != 0;
	ret->life.exit = number(&row);
	ret->life.thread = number(&row);
	ret->life.collector = number(&row);
	ret->life.code = number(&row);
	ret->life.unknown = number(&row);
	ret->life.never = number(&row);
	ret->life.last_uses = number(&row);
	ret->life.uses = number(&row);
	ret->life.elsewhere_last = number(&row);
	ret->life.elsewhere_uses = number(&row);
	ret->life.pool = text(&row);
	ret->life.borrower = text(&row);
	ret->life.borrower_tail = text(&row);
	ret->idle.longest_ns = number(&row);
	ret->idle.open = number(&row);
	ret->idle.begun = number(&row);
	ret->idle.since = text(&row);
	ret->idle.tail = text(&row);
	return true;
}

static const char *preposition(const struct report_choice *choice)
{
	if (choice->group_by != NULL && (strcmp(choice->group_by, "function") == 0 ||
									 strcmp(choice->group_by, "module") == 0 || strcmp(choice->group_by, "label") == 0))
		return "in";
	if (choice->group_by != NULL && strcmp(choice->group_by, "database") == 0)
		return "to";
	return "at";
}

static enum style title_style(const struct finding *f)
{
	if (f->excused[0] != '\0' || f->verdict == VERDICT_RELEASED)
		return STYLE_PLAIN;
	return f->verdict == VERDICT_LEAKED && kind_fails(f->kind) ? STYLE_BAD : STYLE_WARNING;
}

#define TITLE_TEXT 256

/* Of transactions that were left idle the time is told: how many is known only of those that have not ended. */
static void say_idle(char ret[TITLE_TEXT], const struct report_choice *choice, const struct finding *f, int width)
{
	char longest[DURATION_TEXT] = "";

	if (!choice->formats.reproducible)
		format_duration(longest, f->idle.longest_ns);
	snprintf(ret, TITLE_TEXT, "%s%s%*sidle in transaction%s%s, begun %s ", f->excused,
			 f->excused[0] != '\0' ? ": " : "", width > 0 ? width + 1 : 0, "",
			 longest[0] == '\0'  ? ""
			 : f->idle.begun > 1 ? " for up to "
								 : " for ",
			 longest, preposition(choice));
}

/* A title up to its place; its number takes `width` columns at least. */
static void say_title(char ret[TITLE_TEXT], const struct report_choice *choice, const struct finding *f, int width)
{
	char noun[64];
	bool is_connection = f->kind == KIND_CONNECTION;
	bool is_failed = is_connection && strcmp(f->state, "failed") == 0;
	bool is_undecided = is_connection && strcmp(f->state, "connecting") == 0;
	bool is_leaked = f->verdict == VERDICT_LEAKED;
	const char *fate = verdict_words(f->kind, f->verdict);

	if (f->verdict == VERDICT_IDLE) {
		say_idle(ret, choice, f, width);
		return;
	}
	if (is_failed || is_undecided) {
		snprintf(noun, sizeof noun, "%s connect%s", is_failed ? "failed" : "undecided", plural(f->count));
		fate = is_leaked ? "never finished" : f->verdict == VERDICT_CANNOT_TELL ? "perhaps never finished" : fate;
	} else {
		snprintf(noun, sizeof noun, "%s", kind_noun(f->kind, f->count));
	}
	bool by_borrower = f->life.pooled;
	snprintf(ret, TITLE_TEXT, "%s%s%*" PRId64 " %s %s%s %s ", f->excused, f->excused[0] != '\0' ? ": " : "", width,
			 f->count, noun, fate,
			 is_leaked || (f->verdict == VERDICT_ABANDONED && !by_borrower) ? ""
			 : by_borrower                                                  ? ", last used"
			 : is_connection                                                ? ", opened"
																			: ", acquired",
			 preposition(choice));
}

void finding_title(const struct printer *printer, const struct report_choice *choice, const struct finding *f)
{
	char title[TITLE_TEXT];

	say_title(title, choice, f, 0);
	print_call(printer, 0, title_style(f), title, f->head, f->tail);
}

void finding_in_index(const struct printer *printer, const struct report_choice *choice, const struct finding *f,
					  int width)
{
	char title[TITLE_TEXT];

	say_title(title, choice, f, width);
	print_call_in_line(printer, INDEX_INDENT, title_style(f), title, f->head, f->tail);
}

/* "pqleak show" finds the default trace by itself, and takes a number for a connection. */
static void print_show(const struct printer *printer, const struct reading *reading, enum resource_kind kind,
					   int64_t id)
{
	bool elsewhere = strcmp(reading->path, DEFAULT_TRACE) != 0;
	char name[32] = "";

	if (kind != KIND_CONNECTION)
		snprintf(name, sizeof name, "%s ", kind_name((uint8_t)kind));
	for (char *blank = strchr(name, ' '); blank != NULL && blank[1] != '\0'; blank = strchr(blank, ' '))
		*blank = '-';
	print_field(printer, PART_INDENT, STYLE_DIM, PART_LABEL, "more", "pqleak show %s%s%s%" PRId64,
				elsewhere ? reading->path : "", elsewhere ? " " : "", name, id);
}

/* Whether it is one that lives as long as its process, or a place that takes more and more. */
static void print_shape(const struct printer *printer, const struct finding *f)
{
	if (strcmp(f->shape, "grows") == 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "shape",
					"grows: acquired again while the first was still there");
	else if (f->shape[0] != '\0' && f->ways == 1)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "shape",
					"held at exit: one from here in each process");
	else if (f->shape[0] != '\0')
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "shape",
					"held at exit: one by each of %" PRId64 " call paths in each process", f->ways);
}

static void print_size(const struct printer *printer, const struct finding *f)
{
	if (f->rows > 0 || f->bytes > 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "holds", "%" PRId64 " row%s, %" PRId64 " byte%s",
					f->rows, plural(f->rows), f->bytes, plural(f->bytes));
	if (f->outlived > 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "", "%" PRId64 " outlived %s connection",
					f->outlived, f->outlived == 1 ? "its" : "their");
}

/* Cleared results are only counted: nobody knows when they were acquired. */
static void print_acquired(const struct printer *printer, const struct finding *f, const char *label)
{
	char first[TIME_TEXT];
	char last[TIME_TEXT];

	if (f->first_ns == 0)
		return;
	format_time(first, f->first_ns, TIME_SECONDS);
	format_time(last, f->last_ns, TIME_SECONDS);
	bool same_day = strncmp(first, last, strlen("2026-01-01 ")) == 0;
	if (strcmp(first, last) == 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, label, "%s", first);
	else
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, label, "%s to %s", first,
					same_day ? last + strlen("2026-01-01 ") : last);
}

/* Whether what was acquired at the finding's place is all of it. */
static bool is_of_one_place(const struct report_choice *choice)
{
	return choice->group_by == NULL || strcmp(choice->group_by, "site") == 0 ||
		   strcmp(choice->group_by, "function") == 0;
}

/* How much of what was acquired there was lost, and how the other callers of the same code fare, from which it is told:
 * in one line if it fits.  (SQLite's `,` writes 1,000.) */
static void print_separation(const struct printer *printer, const struct report_choice *choice, const struct finding *f)
{
	char callers[1024], leaking[64] = "", numbers[256];
	bool is_leaked = f->verdict == VERDICT_LEAKED;
	bool is_held = strcmp(f->shape, "held at exit") == 0;
	bool is_life = f->verdict == VERDICT_ABANDONED || f->verdict == VERDICT_KEPT;
	const char *does = is_held ? "holds" : is_leaked ? "leaks" : is_life ? "abandons" : "keeps";
	const char *which = f->separation.levels == 1   ? ""
						: f->separation.levels == 2 ? ", which calls "
													: ", which comes to call ";

	if (f->separation.callers == 0 && is_life)
		return; /* finding_life says it */
	if (f->separation.callers == 0) {
		sqlite3_snprintf(sizeof numbers, numbers, "%s %,lld of %,lld", does, f->count, f->count + f->released);
		if (f->released > 0 && is_of_one_place(choice))
			print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", numbers);
		return;
	}
	if (f->separation.leaking != 1 && !is_held)
		sqlite3_snprintf(sizeof leaking, leaking,
						 is_leaked ? " (%,lld leak)"
						 : is_life ? " (%,lld abandon some)"
								   : " (%,lld keep some)",
						 f->separation.leaking);
	sqlite3_snprintf(sizeof callers, callers, "1 of %,lld callers of %s%s%s%s", f->separation.callers,
					 f->separation.wrapper, leaking, which, which[0] != '\0' ? f->separation.site : "");
	if (is_held)
		sqlite3_snprintf(sizeof numbers, numbers, "%s %,lld of %,lld", does, f->count, f->count + f->released);
	else
		sqlite3_snprintf(sizeof numbers, numbers, "%s %,lld of %,lld, the others %,lld of %,lld", does,
						 f->separation.lost, f->separation.acquired, f->separation.others_lost,
						 f->separation.others_acquired);
	if (printer->width == 0 || PART_INDENT + text_columns(callers) + 2 + text_columns(numbers) <= printer->width) {
		print_line(printer, PART_INDENT, STYLE_PLAIN, "%s; %s", callers, numbers);
		return;
	}
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s:", callers);
	print_line(printer, PART_INDENT, STYLE_PLAIN, "%s", numbers);
}

/* Where it was acquired; with --stacks also where it was used last, and where what is comparable was released. */
static void print_stacks(const struct printer *printer, const struct report_choice *choice, sqlite3 *db,
						 const struct finding *f)
{
	bool whole = choice->group_by != NULL && strcmp(choice->group_by, "stack") == 0;
	struct part_stack parts[3] = {
		{.stack = f->stack, .whole = whole, .blamed = f->level >= 0, .level = f->level, .depth = f->depth}};
	int count = 1;

	/* What was released is only counted: nobody knows by which function it was acquired. */
	if (f->function == NULL && !choice->stacks) {
		part_stack(printer, db, f->stack, whole);
		return;
	}
	parts[0].title =
		f->function != NULL ? sqlite3_mprintf("%s, called from", f->function) : sqlite3_mprintf("acquired");
	if (choice->stacks && f->used_stack >= 0)
		parts[count++] = (struct part_stack){
			.stack = f->used_stack, .whole = whole, .title = sqlite3_mprintf("last use, %s", f->use_function)};
	if (choice->stacks && f->release_stack >= 0)
		parts[count++] =
			(struct part_stack){.stack = f->release_stack,
								.whole = whole,
								.title = sqlite3_mprintf("released correctly from here (%,lld times)", f->releases)};
	part_stacks(printer, db, parts, count);
	for (int i = 0; i < count; i++)
		sqlite3_free(parts[i].title);
}

void finding_full(const struct printer *printer, const struct report_choice *choice, const struct reading *reading,
				  const struct finding *f)
{
	bool is_connection = f->kind == KIND_CONNECTION;

	finding_title(printer, choice, f);
	print_separation(printer, choice, f);
	finding_life(printer, choice, f);
	if (f->stacks > 1)
		print_line(printer, PART_INDENT, STYLE_DIM, "by %" PRId64 " stacks, %s:", f->stacks,
				   f->count > f->stacks ? "this one most often" : "one of them");
	print_stacks(printer, choice, reading->db, f);
	print_shape(printer, f);
	part_list(printer, reading->db, PART_TARGETS, f->number);
	print_acquired(printer, f, is_connection ? "opened" : "acquired");
	if (is_connection && strcmp(f->state, "connected") == 0) {
		part_last_use(printer, reading->db, f->used_id);
		part_list(printer, reading->db, PART_TRANSACTIONS, f->number);
	}
	print_size(printer, f);
	part_list(printer, reading->db, PART_TESTS, f->number);
	part_list(printer, reading->db, PART_PROCESSES, f->number);
	part_list(printer, reading->db, PART_HOSTS, f->number);
	part_list(printer, reading->db, PART_RUNS, f->number);
	if (choice->group_by == NULL || strcmp(choice->group_by, "label") != 0)
		part_list(printer, reading->db, PART_LABELS, f->number);
	if (f->first_id > 0)
		print_show(printer, reading, f->kind, f->first_id);
	print_line(printer, 0, STYLE_PLAIN, "%s", "");
}
