// SPDX-License-Identifier: PostgreSQL
/*
 * export.c - the tables that all formats of an export print from, and which format prints; see export.h.
 */
#include "analyzer/export/export.h"

#include "analyzer/base/query.h"

extern const char export_sql[];

static export_printer *const printers[EXPORT_COUNT] = {
#define EXPORT(name, is_binary, has_weights) [EXPORT_##name] = export_##name,
#include "analyzer/options/exports.def"
};

static const bool are_binary[EXPORT_COUNT] = {
#define EXPORT(name, is_binary, has_weights) [EXPORT_##name] = is_binary,
#include "analyzer/options/exports.def"
};

static const bool have_weights[EXPORT_COUNT] = {
#define EXPORT(name, is_binary, has_weights) [EXPORT_##name] = has_weights,
#include "analyzer/options/exports.def"
};

/* The first one counts when none is asked for. */
static const char weights_sql[] =
	"CREATE TEMP TABLE export_measure (position INTEGER PRIMARY KEY, weight, unit);"
#define WEIGHT(word, column, unit) "INSERT INTO export_measure (weight, unit) VALUES ('" word "', '" unit "');"
#include "analyzer/options/weights.def"
	/* What each stack weighs, a row a weight. */
	"CREATE TEMP VIEW export_value AS SELECT w.program, w.stack, m.position, m.weight, m.unit, CASE m.weight"
#define WEIGHT(word, column, unit) " WHEN '" word "' THEN w." column
#include "analyzer/options/weights.def"
	" END AS value FROM export_weight w CROSS JOIN export_measure m";

static bool make_tables(const struct export *export)
{
	const struct export_choice *choice = export->choice;
	enum resource_kind kind = choice->kind != KIND_NONE ? choice->kind : KIND_CONNECTION;

	return query_run(export->db, "CREATE TEMP TABLE export_choice (kind TEXT, weight TEXT, native, now_ns)") &&
		   query_once(export->db,
					  "INSERT INTO export_choice VALUES (?, ?, ?,"
					  " CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)",
					  AS_TEXT(kind_name((uint8_t)kind)), AS_TEXT(choice->weight), AS_NUMBER(export->native)) &&
		   query_run(export->db, export_sql) && query_run(export->db, weights_sql) &&
		   query_run(export->db,
					 "UPDATE export_choice SET weight = (SELECT weight FROM export_measure ORDER BY position)"
					 " WHERE weight IS NULL");
}

bool export_print(const struct export *export, FILE *file)
{
	return (export->choice->format == EXPORT_csv || make_tables(export)) &&
		   printers[export->choice->format](export, file);
}

bool export_has_weights(enum export_format format)
{
	return have_weights[format];
}

bool export_is_binary(enum export_format format)
{
	return are_binary[format];
}
