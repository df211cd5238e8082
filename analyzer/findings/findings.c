// SPDX-License-Identifier: PostgreSQL
/*
 * findings.c - from a trace to what a report prints, stage by stage; see findings.h.
 * The table of stages is below; docs/architecture.md ("The stages of a report") has a picture of it.
 */
#include "analyzer/findings/findings.h"

#include <stddef.h>

#include "analyzer/base/query.h"
#include "analyzer/findings/gate.h"
#include "analyzer/findings/stages.h"
#include "analyzer/known/known.h"
#include "analyzer/life/life.h"
#include "analyzer/reading/functions.h"
#include "analyzer/sites/sites.h"
#include "analyzer/sites/unnamed.h"

extern const char choice_sql[], inherited_sql[], tally_sql[], peak_sql[], notes_sql[], loss_sql[], blame_sql[],
	paths_sql[], noted_sql[], known_sql[], findings_sql[], gate_sql[], life_sql[], manner_sql[], abandoned_sql[],
	lived_sql[], given_back_sql[], transactions_sql[], idle_sql[], idled_sql[], limits_sql[], limits_unused_sql[];

#define IDLE_NS INT64_C(1000000000) /* in a transaction, before that is worth telling */

/* What is shorter is not told; but what breaks a limit is. */
static int64_t idle_from(const struct report_choice *choice)
{
	int64_t from = choice->held_ns > 0 ? choice->held_ns : IDLE_NS, most = choice->gate.most_idle_ns;

	return most > 0 && most < from ? most : from;
}

static bool fill_choice(sqlite3 *db, const struct report_choice *choice)
{
	const struct gate *gate = &choice->gate;

	return query_once(db,
					  "INSERT INTO report_choice VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, -1), ?,"
					  " nullif(?, 0), nullif(?, 0))",
					  AS_TEXT(choice->group_by), AS_NUMBER(choice->all), AS_NUMBER(choice->stacks),
					  AS_NUMBER(choice->held_ns), AS_NUMBER(idle_from(choice)), AS_NUMBER(choice->formats.reproducible),
					  AS_NUMBER(gate->allow_held), AS_NUMBER(gate->allow_unseen), AS_NUMBER(gate->tolerated),
					  AS_NUMBER(gate->limit_open ? gate->most_open : -1), AS_NUMBER(choice->accepted.strict),
					  AS_NUMBER(gate->most_idle_ns), AS_NUMBER(gate->most_unused_ns)) &&
		   gate_tell(gate, db);
}

/* Most traces have nothing of the kind. */
static bool fill_inherited(sqlite3 *db, const struct report_choice *choice)
{
	(void)choice;
	return query_number(db, "SELECT EXISTS (SELECT 1 FROM main.connection WHERE state = 'inherited')", 1) == 0 ||
		   (reading_keep_view(db, "inheritance") && reading_keep_view(db, "handover") &&
			reading_keep_view(db, "passed_on"));
}

/* The same of these. */
static bool fill_transactions(sqlite3 *db, const struct report_choice *choice)
{
	(void)choice;
	return query_number(db, "SELECT EXISTS (SELECT 1 FROM main.resource WHERE kind = 'transaction')", 1) == 0 ||
		   reading_keep_view(db, "open_transaction");
}

static bool fill_limits(sqlite3 *db, const struct report_choice *choice)
{
	return choice->gate.most_unused_ns == 0 || query_run(db, limits_unused_sql);
}

/* A stack that released is looked up for its manner once: what a stripped interpreter does not tell, it never tells. */
static const char released_sql[] = "SELECT release_stack FROM main.fold WHERE release_stack > ifnull("
								   "(SELECT value FROM main.property WHERE name = 'releases_named'), 0)";
static const char releases_named_sql[] =
	"INSERT INTO main.property SELECT 'releases_named', max(release_stack) FROM main.fold HAVING max(release_stack) > 0"
	" ON CONFLICT DO UPDATE SET value = excluded.value WHERE value < excluded.value";

#define WANTED_STACKS                                                                                                  \
	"SELECT stack FROM tally_wants UNION ALL SELECT stack FROM peak_wants"                                             \
	" UNION ALL SELECT stack FROM notes_wants UNION ALL SELECT stack FROM loss_wants"                                  \
	" UNION ALL SELECT stack FROM life_wants"

static bool make_sites(sqlite3 *db, const struct report_choice *choice)
{
	const struct symbol_choice *symbols = &choice->symbols;
	bool again = symbols->sysroot != NULL || symbols->debug_path != NULL || symbols->debuginfod;
	bool done = sites_make(db, symbols,
						   choice->timeline ? WANTED_STACKS " UNION ALL SELECT stack FROM lanes_wants" : WANTED_STACKS,
						   again ? "SELECT release_stack FROM main.fold" : released_sql);

	/* Where the trace cannot be written it is looked up each time. */
	if (done)
		sqlite3_exec(db, releases_named_sql, NULL, NULL, NULL);
	return done;
}

/* The lists are long, and say nothing where nothing was released. */
static bool fill_manner(sqlite3 *db, const struct report_choice *choice)
{
	(void)choice;
	return (query_number(db, "SELECT EXISTS (SELECT 1 FROM main.fold WHERE release_stack > 0)", 1) == 0 ||
			(reading_keep_view(db, "runtime") && reading_keep_view(db, "manner"))) &&
		   query_run(db, given_back_sql);
}

static bool make_unnamed(sqlite3 *db, const struct report_choice *choice)
{
	return unnamed_make(db, &choice->symbols,
						"SELECT stack FROM finding WHERE lost AND excused = ''"
						" UNION ALL SELECT head_stack FROM told_misuse WHERE NOT by_design AND excused = ''");
}

static bool fill_known(sqlite3 *db, const struct report_choice *choice)
{
	return suppress_apply(&choice->accepted.suppressions, db) && baseline_apply(&choice->accepted.baseline, db);
}

/*
 * In this order.  A stage runs its SQL, then its function.  It reads the trace, what every reading has (open.sql and
 * the views) and the tables it needs, which stages before it make; it makes and fills its own, and changes no other.  A
 * test holds what is said here.
 */
static const struct stage {
	const char *name;
	const char *sql;
	bool (*fill)(sqlite3 *db, const struct report_choice *choice);
	const char *needs, *makes; /* TEMP tables and views */
} stages[] = {
	{"choice", choice_sql, fill_choice, "", "report_choice gated"},
	{"inherited", inherited_sql, fill_inherited, "", "inheritance handover passed_on"},
	{"transactions", transactions_sql, fill_transactions, "passed_on", "open_transaction"},
	{"idle", idle_sql, NULL, "report_choice open_transaction", "idle_transaction idle_life"},
	{"tally", tally_sql, tally_fill, "report_choice handover passed_on",
	 "tally stack_habit repeated_statement tally_connection tally_handed_over "
	 "tally_resource tally_life "
	 "tally_wants"},
	{"peak", peak_sql, NULL, "report_choice handover", "peak last_seen found_peak peak_wants"},
	{"notes", notes_sql, NULL, "report_choice open_transaction stack_habit inheritance handover passed_on",
	 "seen_misuse misuse_group seen_habit seen_target notes_wants"},
	{"loss", loss_sql, NULL, "report_choice handover tally tally_life", "stack_count loss_wants"},
	{"life", life_sql, life_fill, "report_choice gated handover tally",
	 "life_process life_target life_connection perhaps_abandoned perhaps_late perhaps_kept last_use life_sign "
	 "life_wants"},
	{"lanes", NULL, lanes_fill, "tally stack_habit perhaps_abandoned", "opened_stack lane lanes_wants"},
	{"sites", NULL, make_sites, "handover tally_wants peak_wants notes_wants loss_wants life_wants lanes_wants",
	 SITES_MAKE},
	{"manner", manner_sql, fill_manner, "tally tally_life perhaps_late perhaps_kept life_sign",
	 "runtime manner released_by late_use manner_count"},
	{"abandoned", abandoned_sql, abandoned_fill,
	 "gated handover tally tally_life life_process life_target life_connection perhaps_abandoned perhaps_kept "
	 "last_use life_wants "
	 "wanted_own site "
	 "released_by late_use manner_count idle_life",
	 "pool_frame opening life_use life_told no_use life_reuse life_last_use abandoned life_member life_count "
	 "told_life"},
	{"blame", blame_sql, blame_fill, "tally_life stack_count life_count frame_call wanted_own site",
	 "compared_count speaking_frame own_call stack_way held_once stack_held stack_place stack_blame separation "
	 "comparable"},
	{"paths", paths_sql, NULL, "tally_wants peak_wants notes_wants life_wants frame_call wanted_own site",
	 "path_step stack_path"},
	{"noted", noted_sql, NULL, "report_choice seen_habit seen_target wanted_own site own_call stack_path",
	 "noted_stack noted found_note note_caller"},
	{"known", known_sql, fill_known, "told_life misuse_group stack_call stack_path tally",
	 "excuse suppression known_entry path_stack path_count baseline"},
	{"findings", findings_sql, NULL,
	 "report_choice gated inheritance handover told_life peak found_peak found_note file_name frame_call frame_role "
	 "tally stack_end "
	 "stack_test site stack_way held_once stack_blame separation comparable excuse life_target",
	 "finding_member finding_shown finding comparable_release finding_stack finding_share finding_test found_peak_site "
	 "note "
	 "note_fact "
	 "found_reason"},
	{"lived", lived_sql, NULL, "tally finding finding_member opening no_use life_reuse life_last_use abandoned",
	 "lived_head lived lived_use finding_life"},
	{"idled", idled_sql, NULL, "idle_transaction finding finding_member", "finding_idle"},
	{"limits", limits_sql, fill_limits, "report_choice handover open_transaction finding_member finding finding_idle",
	 "found_limit"},
	{"gate", gate_sql, NULL, "report_choice gated peak seen_misuse misuse_group excuse suppression finding found_limit",
	 "finding_level found_misuse misuse_call told_misuse gate_outcome"},
	{"unnamed", NULL, make_unnamed, "frame_call wanted_role wanted_own site finding told_misuse", UNNAMED_MAKE},
};

#define STAGE_COUNT (sizeof stages / sizeof stages[0])

static bool run_stage(const struct stage *stage, sqlite3 *db, const struct report_choice *choice)
{
	return (stage->sql == NULL || query_run(db, stage->sql)) && (stage->fill == NULL || stage->fill(db, choice));
}

/* What an earlier run made, and the views in whose place the stages make tables. */
static bool drop_made(sqlite3 *db)
{
	sqlite3_str *names = sqlite3_str_new(db);

	for (size_t i = 0; i < STAGE_COUNT; i++)
		sqlite3_str_appendf(names, " %s", stages[i].makes);
	char *all = sqlite3_str_finish(names);
	bool done = query_drop(db, all);
	sqlite3_free(all);
	return done;
}

static bool run_stages(struct reading *reading, void *context)
{
	bool done = drop_made(reading->db);

	for (size_t i = 0; i < STAGE_COUNT && done; i++)
		done = run_stage(&stages[i], reading->db, context);
	return done;
}

bool findings_make(struct reading *reading, const struct report_choice *asked, struct totals *ret)
{
	struct report_choice choice = *asked;

	if (choice.group_by == NULL || choice.accepted.print) /* a site is what printed entries speak of */
		choice.group_by = "site";
	choice.stacks = choice.stacks || choice.formats.machine; /* these always have them */
	return frames_use(&choice.frames, reading->db) && source_root_use(reading->db, choice.source_root) &&
		   reading_look(reading, run_stages, &choice) && totals_count(reading->db, choice.group_by, ret);
}
