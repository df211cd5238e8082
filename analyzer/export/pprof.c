// SPDX-License-Identifier: PostgreSQL
/*
 * pprof.c - the format of pprof: profile.proto, compressed as gzip does.
 *
 * Called by export.c.  A profile is built as a whole, of memory that protobuf-c gives back; there is a part a stack,
 * and not one a connection.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/export/export.h"
#include "profile.pb-c.h"

extern const char pprof_sql[];

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);

	if (memory == NULL)
		complain("out of memory");
	return memory;
}

/* add_FIELD(): one more of what a message has several of; NULL: no memory, which is printed. */
#define ADDER(owner_type, type, field, init)                                                                           \
	static type *add_##field(owner_type *owner)                                                                        \
	{                                                                                                                  \
		type *item = allocate(sizeof *item);                                                                           \
                                                                                                                       \
		if (item == NULL || !array_room(owner->field, owner->n_##field)) {                                             \
			free(item);                                                                                                \
			return NULL;                                                                                               \
		}                                                                                                              \
		init(item);                                                                                                    \
		owner->field[owner->n_##field++] = item;                                                                       \
		return item;                                                                                                   \
	}

ADDER(Pprof__Profile, Pprof__ValueType, sample_type, pprof__value_type__init)
ADDER(Pprof__Profile, Pprof__Sample, sample, pprof__sample__init)
ADDER(Pprof__Profile, Pprof__Mapping, mapping, pprof__mapping__init)
ADDER(Pprof__Profile, Pprof__Location, location, pprof__location__init)
ADDER(Pprof__Profile, Pprof__Function, function, pprof__function__init)
ADDER(Pprof__Location, Pprof__Line, line, pprof__line__init)
ADDER(Pprof__Sample, Pprof__Label, label, pprof__label__init)

static bool add_strings(Pprof__Profile *profile, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(db, "SELECT text FROM export_string ORDER BY id");
	bool failed = false;

	while (query_next(row, &failed)) {
		char *copy = strdup(query_text(row, 0));
		if (copy == NULL || !array_room(profile->strings, profile->n_strings)) {
			free(copy);
			return false;
		}
		profile->strings[profile->n_strings++] = copy;
	}
	return !failed;
}

static bool add_types(Pprof__Profile *profile, sqlite3 *db)
{
	QUERY_CLEANUP row =
		query_prepare(db, "SELECT w.id, u.id, m.weight = o.weight FROM export_choice o CROSS JOIN export_measure m"
						  " JOIN export_string w ON w.text = m.weight JOIN export_string u ON u.text = m.unit"
						  " ORDER BY m.position");
	bool failed = false;

	while (query_next(row, &failed)) {
		Pprof__ValueType *type = add_sample_type(profile);
		if (type == NULL)
			return false;
		type->type = sqlite3_column_int64(row, 0);
		type->unit = sqlite3_column_int64(row, 1);
		if (sqlite3_column_int(row, 2) != 0)
			profile->shown_first = type->type;
	}
	return !failed;
}

static bool add_mappings(Pprof__Profile *profile, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT m.id, p.id, ifnull((SELECT b.id FROM main.module d JOIN export_string b ON b.text = d.build_id"
			" WHERE d.path = m.module), 0) FROM export_mapping m JOIN export_string p ON p.text = printable(m.module)"
			" ORDER BY m.id");
	bool failed = false;

	while (query_next(row, &failed)) {
		Pprof__Mapping *mapping = add_mapping(profile);
		if (mapping == NULL)
			return false;
		mapping->id = (uint64_t)sqlite3_column_int64(row, 0);
		mapping->file = sqlite3_column_int64(row, 1);
		mapping->build_id = sqlite3_column_int64(row, 2);
		mapping->has_functions = mapping->has_files = mapping->has_lines = mapping->has_inlined = true;
	}
	return !failed;
}

/* A place is a location with one function: inlined ones are places of their own. */
static bool add_places(Pprof__Profile *profile, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT p.id, ifnull(m.id, 0), iif(m.id IS NULL, 0, ifnull(p.\"offset\", 0)), ifnull(p.line, 0), f.id, "
			"ifnull(s.id, 0)"
			" FROM export_place p JOIN export_function n ON n.place = p.id"
			" JOIN export_string f ON f.text = printable(n.plain_name)"
			" LEFT JOIN export_string s ON s.text = printable(p.file) LEFT JOIN export_mapping m ON m.module = p.module"
			" ORDER BY p.id");
	bool failed = false;

	while (query_next(row, &failed)) {
		Pprof__Location *location = add_location(profile);
		Pprof__Function *function = add_function(profile);
		Pprof__Line *line = location != NULL ? add_line(location) : NULL;
		if (line == NULL || function == NULL)
			return false;
		location->id = line->function = function->id = (uint64_t)sqlite3_column_int64(row, 0);
		location->mapping = (uint64_t)sqlite3_column_int64(row, 1);
		location->address = (uint64_t)sqlite3_column_int64(row, 2);
		line->line = sqlite3_column_int64(row, 3);
		function->name = function->system_name = sqlite3_column_int64(row, 4);
		function->file = sqlite3_column_int64(row, 5);
	}
	return !failed;
}

static bool add_frames(Pprof__Sample *sample, sqlite3 *db, int64_t stack)
{
	QUERY_CLEANUP row =
		query_with(db, "SELECT place FROM export_call WHERE stack = ? ORDER BY position DESC", AS_NUMBER(stack));
	bool failed = false;

	while (query_next(row, &failed)) {
		if (!array_room(sample->location_id, sample->n_location_id))
			return false;
		sample->location_id[sample->n_location_id++] = (uint64_t)sqlite3_column_int64(row, 0);
	}
	return !failed;
}

/* A row a stack and weight: those of one stack follow each other. */
static bool add_samples(Pprof__Profile *profile, sqlite3 *db)
{
	QUERY_CLEANUP row = query_prepare(
		db, "SELECT v.stack, p.id, k.id, v.value, v.position = 1 FROM export_value v"
			" JOIN export_string p ON p.text = printable(v.program) JOIN export_string k ON k.text = 'program'"
			" ORDER BY v.program, v.stack, v.position");
	bool failed = false;

	for (Pprof__Sample *sample = NULL; query_next(row, &failed);) {
		if (sqlite3_column_int(row, 4) != 0) {
			sample = add_sample(profile);
			Pprof__Label *label = sample != NULL ? add_label(sample) : NULL;
			if (label == NULL || !add_frames(sample, db, sqlite3_column_int64(row, 0)))
				return false;
			label->text = sqlite3_column_int64(row, 1);
			label->key = sqlite3_column_int64(row, 2);
		}
		if (sample == NULL || !array_room(sample->value, sample->n_value))
			return false;
		sample->value[sample->n_value++] = sqlite3_column_int64(row, 3);
	}
	return !failed;
}

static bool write_compressed(const uint8_t *bytes, size_t size, FILE *file)
{
	z_stream stream = {.next_in = (uint8_t *)(uintptr_t)bytes, .avail_in = (uInt)size};
	uint8_t out[16384];
	int status;

	/* 16: with gzip's header. */
	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return refuse("out of memory");
	do {
		stream.next_out = out;
		stream.avail_out = sizeof out;
		status = deflate(&stream, Z_FINISH);
		fwrite(out, 1, sizeof out - stream.avail_out, file);
	} while (status == Z_OK);
	deflateEnd(&stream);
	return status == Z_STREAM_END || refuse("cannot compress the profile: %s", zError(status));
}

static bool fill(Pprof__Profile *profile, sqlite3 *db)
{
	profile->time_ns = query_number(db, "SELECT min(started_ns) FROM main.process", 0);
	profile->duration_ns = query_number(db,
										"SELECT max(max(ifnull(p.ended_ns, o.now_ns)) - min(p.started_ns), 0) FROM "
										"export_choice o CROSS JOIN main.process p",
										0);
	return add_strings(profile, db) && add_types(profile, db) && add_mappings(profile, db) && add_places(profile, db) &&
		   add_samples(profile, db);
}

bool export_pprof(const struct export *export, FILE *file)
{
	Pprof__Profile *profile = query_run(export->db, pprof_sql) ? allocate(sizeof *profile) : NULL;

	if (profile == NULL)
		return false;
	pprof__profile__init(profile);
	bool done = fill(profile, export->db);
	size_t size = done ? pprof__profile__get_packed_size(profile) : 0;
	uint8_t *bytes = done ? allocate(size + 1) : NULL;
	done = bytes != NULL && write_compressed(bytes, pprof__profile__pack(profile, bytes), file);
	free(bytes);
	pprof__profile__free_unpacked(profile, NULL);
	return done;
}
