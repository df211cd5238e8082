// SPDX-License-Identifier: PostgreSQL
/*
 * statements.h - the SQL files of this folder, embedded by scripts/embed-sql.
 */
#ifndef PQLEAK_ANALYZER_READING_STATEMENTS_H
#define PQLEAK_ANALYZER_READING_STATEMENTS_H

extern const char open_sql[];          /* what a reading begins with */
extern const char calls_sql[];         /* tables: the frames of the wanted stacks in words */
extern const char sites_sql[];         /* table: the call sites of the wanted stacks */
extern const char audit_sql[];         /* table: how connections are asked for */
extern const char audit_advice_sql[];  /* tables: that in words, with advice */
extern const char baseline_sql[];      /* views: what was found by its path */
extern const char blame_sql[];         /* tables: what was lost and released by stack, and who is to blame */
extern const char paths_sql[];         /* table: what is the same of a stack from run to run */
extern const char findings_sql[];      /* tables: the findings of a report */
extern const char notes_sql[];         /* tables: misuse and habits */
extern const char problems_sql[];      /* table: what a machine is told */
extern const char report_gitlab_sql[]; /* query: GitLab's code quality report */
extern const char report_sarif_sql[];  /* query: a report in SARIF */
extern const char report_json_sql[];   /* query: the whole report as one JSON text */

#endif
