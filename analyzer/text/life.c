// SPDX-License-Identifier: PostgreSQL
/*
 * life.c - what a text report says of what was given back in the end and not as
 * it should have been, and of what fails no check.
 */
#include "analyzer/text/text.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/base/message.h"
#include "analyzer/base/print.h"
#include "analyzer/findings/gate.h"
#include "analyzer/text/counts.h"

static void add_manner(char text[256], int64_t count, int64_t all, const char *words)
{
	size_t length = strlen(text);

	if (count == 0)
		return;
	if (count == all)
		snprintf(text, 256, "%s", words);
	else
		snprintf(text + length, 256 - length, "%s%" PRId64 " %s", length > 0 ? ", " : "", count, words);
}

/* Where the time began in which nothing was done, and how many transactions began there. */
static void say_idle(const struct printer *printer, const struct finding *f)
{
	char open[64] = "";

	if (f->idle.open > 0 && f->idle.open == f->idle.begun)
		snprintf(open, sizeof open, ", not ended");
	else if (f->idle.open > 0)
		snprintf(open, sizeof open, ", %" PRId64 " idle and not ended", f->idle.open);
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "since", "%s%s", f->idle.since, f->idle.tail);
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "begun", "%" PRId64 " transaction%s%s", f->idle.begun,
				plural(f->idle.begun), open);
}

/* Whom a pool lent them to, and how those fare who borrowed others. */
static void print_uses(const struct printer *printer, const struct finding *f)
{
	char elsewhere[96] = "";

	if (f->life.pooled && f->life.elsewhere_uses > 0)
		sqlite3_snprintf(sizeof elsewhere, elsewhere, "; elsewhere %,lld of %,lld", f->life.elsewhere_last,
						 f->life.elsewhere_uses);
	if (f->life.uses > 0)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "uses",
					"%" PRId64 " of %" PRId64 " there were the last%s", f->life.last_uses, f->life.uses, elsewhere);
}

static void print_threads(const struct printer *printer, const struct finding *f)
{
	char lives[64] = "";

	if (f->life.threads <= 1)
		return;
	if (f->life.lives == f->life.threads)
		snprintf(lives, sizeof lives, ", which still live");
	else if (f->life.lives == 0)
		snprintf(lives, sizeof lives, ", none of which still live");
	else if (f->life.lives >= 0)
		snprintf(lives, sizeof lives, ", of which %" PRId64 " still live%s", f->life.lives,
				 f->life.lives == 1 ? "s" : "");
	print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "threads", "%" PRId64 "%s%s", f->life.threads,
				f->life.alone ? ", each with one of its own" : "", lives);
}

void finding_life(const struct printer *printer, const struct report_choice *choice, const struct finding *f)
{
	char manners[256] = "", unused[DURATION_TEXT];

	if (f->verdict == VERDICT_IDLE)
		say_idle(printer, f);
	if (f->verdict != VERDICT_ABANDONED && f->verdict != VERDICT_KEPT)
		return;
	add_manner(manners, f->life.exit, f->count, "given back by the exit of the process");
	add_manner(manners, f->life.collector, f->count, "given back by a garbage collector");
	add_manner(manners, f->life.thread, f->count, "given back by a thread that ended");
	add_manner(manners, f->life.code, f->count, "given back by the code");
	add_manner(manners, f->life.never, f->count, "not given back");
	add_manner(manners, f->life.unknown, f->count, "given back, nobody knows how");
	if (f->verdict == VERDICT_KEPT)
		print_line(printer, PART_INDENT, STYLE_PLAIN, "each used once, by one thread; %s", manners);
	else if (f->life.latest > 0)
		print_line(printer, PART_INDENT, STYLE_PLAIN,
				   "up to %" PRId64 " opened after their last use, none after the last %" PRId64 "; %s", f->life.later,
				   f->life.latest, manners);
	else
		print_line(printer, PART_INDENT, STYLE_PLAIN, "up to %" PRId64 " opened after their last use; %s",
				   f->life.later, manners);
	if (f->life.pooled)
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "pool",
					"%s opened them, %" PRId64 " in all; what it lends and takes back libpq cannot show", f->life.pool,
					f->life.opened);
	else
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "abandons", "%" PRId64 " of %" PRId64 " opened here",
					f->count, f->life.opened);
	if (f->life.borrower[0] != '\0')
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "borrower", "%s%s", f->life.borrower,
					f->life.borrower_tail);
	print_uses(printer, f);
	print_threads(printer, f);
	if (f->life.unused_ns > 0 && !choice->formats.reproducible) {
		format_duration(unused, f->life.unused_ns);
		print_field(printer, PART_INDENT, STYLE_PLAIN, PART_LABEL, "unused", "for up to %s", unused);
	}
}

/* What was given back in the end, but not as it should have been, and what was left idle. */
static void say_lived(const struct printer *printer, const struct totals *totals)
{
	char longest[DURATION_TEXT], text[SENTENCE];

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = VERDICT_ABANDONED; v < VERDICT_IDLE; v++) {
			enum resource_kind kind = (enum resource_kind)k;
			int64_t count = totals->found[k][v];
			if (count > 0)
				print_line(printer, 0, STYLE_WARNING, "pqleak: %" PRId64 " %s %s", count, kind_noun(kind, count),
						   verdict_words(kind, (enum verdict)v));
		}
	if (totals->idle_groups == 0)
		return;
	snprintf(text, sizeof text, "idle in transaction for up to %s", format_duration(longest, totals->idle_ns));
	append_count(text, ", ", totals->idle_groups, totals->group_noun, "");
	print_line(printer, 0, STYLE_WARNING, "pqleak: %s", text);
}

bool life_fail_on(const struct gate *gate, const struct totals *totals, char ret[FAIL_ON_TEXT])
{
	char *words = ret;
	size_t start = (size_t)snprintf(words, FAIL_ON_TEXT, "%s", gate->is_chosen ? "..." : "default");

	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++)
		for (int v = 0; v < VERDICT_COUNT; v++) {
			enum resource_kind kind = (enum resource_kind)k;
			enum verdict verdict = (enum verdict)v;
			if (totals->found[k][v] == 0 || !verdict_can_fail(verdict) || gate_fails(gate, kind, verdict))
				continue;
			bool is_plain = verdict == VERDICT_ABANDONED || verdict == VERDICT_KEPT || verdict == VERDICT_IDLE;
			size_t length = strlen(words);
			snprintf(words + length, FAIL_ON_TEXT - length, ",%s%s%s",
					 verdict == VERDICT_LEAKED ? kind_name((uint8_t)k) : verdict_name(verdict),
					 verdict == VERDICT_LEAKED || is_plain ? "" : "/",
					 verdict == VERDICT_LEAKED || is_plain ? "" : kind_name((uint8_t)k));
		}
	if (totals_misuse(totals) > 0 && !gate_fails_some_misuse(gate))
		snprintf(words + strlen(words), FAIL_ON_TEXT - strlen(words), ",misuse");
	for (char *blank = strchr(words, ' '); blank != NULL; blank = strchr(blank, ' '))
		*blank = '-';
	return words[start] != '\0';
}

/* What was found and fails no check, by the words that would have it fail. */
static void say_unfailed(const struct printer *printer, const struct gate *gate, const struct totals *totals)
{
	char words[FAIL_ON_TEXT];

	if (life_fail_on(gate, totals, words))
		print_line(printer, 0, STYLE_PLAIN, "pqleak: %s: --fail-on=%s",
				   totals->fails ? "to fail on the rest, too" : "a check passes all the same; to fail on it", words);
}

void life_headline(const struct printer *printer, const struct gate *gate, const struct totals *totals)
{
	say_lived(printer, totals);
	say_unfailed(printer, gate, totals);
}
