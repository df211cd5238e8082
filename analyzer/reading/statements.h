// SPDX-License-Identifier: PostgreSQL
/*
 * statements.h - the SQL files of this folder, embedded by scripts/embed-sql.
 */
#ifndef PQLEAK_ANALYZER_READING_STATEMENTS_H
#define PQLEAK_ANALYZER_READING_STATEMENTS_H

extern const char open_sql[];         /* what a reading begins with */
extern const char calls_sql[];        /* tables: the frames of the wanted stacks in words */
extern const char sites_sql[];        /* table: the call sites of the wanted stacks */
extern const char audit_sql[];        /* table: how connections are asked for */
extern const char audit_advice_sql[]; /* tables: that in words, with advice */
extern const char choice_sql[];       /* the stages of a report, as findings.c lists them */
extern const char tally_sql[];
extern const char peak_sql[];
extern const char notes_sql[];
extern const char loss_sql[];
extern const char blame_sql[];
extern const char paths_sql[];
extern const char known_sql[];
extern const char findings_sql[];
extern const char gate_sql[];
extern const char tally_add_sql[]; /* statements with parameters: add a row to tally, and to stack_habit */
extern const char habit_add_sql[];
extern const char baseline_sql[];         /* tables: what was found by its path, and what of that the baseline knows */
extern const char suppress_entries_sql[]; /* query: suppressions of what was found */
extern const char finding_rows_sql[];     /* query: what a text report says of each finding */
extern const char problems_sql[];         /* table: what a machine is told */
extern const char report_gitlab_sql[];    /* query: GitLab's code quality report */
extern const char report_sarif_sql[];     /* query: a report in SARIF */
extern const char report_json_sql[];      /* query: the whole report as one JSON text */

#endif
