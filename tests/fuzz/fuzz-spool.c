// SPDX-License-Identifier: PostgreSQL
/*
 * fuzz-spool.c - any bytes as a spool: read it, drain it, look at the trace.
 *
 * Owns libFuzzer's entry.  Built with main.c in its place it runs over the
 * corpus as an ordinary test.  Whatever the bytes are, nothing may crash, the
 * drain may not fail, a second drain may change nothing, and the trace must be
 * sound.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compact.h"
#include "trace/spool/spool.h"
#include "trace/store/drain.h"

static void check(int is_true, const char *what)
{
	if (!is_true) {
		fprintf(stderr, "fuzz-spool: %s\n", what);
		abort();
	}
}

/* One trace in memory for all inputs: each is rolled back, which is far quicker than to make the schema again. */
static sqlite3 *trace(void)
{
	static sqlite3 *db;
	if (db == NULL) {
		check(sqlite3_open(":memory:", &db) == SQLITE_OK, "cannot open a database in memory");
		check(sqlite3_exec(db, trace_schema_sql, NULL, NULL, NULL) == SQLITE_OK, "the schema is wrong");
		check(sqlite3_exec(db, trace_views_sql, NULL, NULL, NULL) == SQLITE_OK, "the views are wrong");
		trace_store_views(db);
		check(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL) == SQLITE_OK, "no foreign keys");
	}
	return db;
}

static int is_ok(void *ret, int columns, char **value, char **name)
{
	(void)name;
	*(int *)ret = columns > 0 && value[0] != NULL && strcmp(value[0], "ok") == 0;
	return 0;
}

static int count_rows(void *ret, int columns, char **value, char **name)
{
	(void)columns, (void)value, (void)name;
	++*(int *)ret;
	return 0;
}

static void check_sound(sqlite3 *db)
{
	int sound = 0, bad = 0;
	check(sqlite3_exec(db, "PRAGMA integrity_check", is_ok, &sound, NULL) == SQLITE_OK && sound, "integrity_check");
	check(sqlite3_exec(db, "PRAGMA foreign_key_check", count_rows, &bad, NULL) == SQLITE_OK && bad == 0,
		  "foreign keys");
	/* A sum that overflowed would be a real number. */
	int rc = sqlite3_exec(db,
						  "SELECT 1 FROM fold WHERE typeof(count) <> 'integer' OR typeof(total_ns) <> 'integer'"
						  " OR total_ns < 0 OR longest_ns < 0",
						  count_rows, &bad, NULL);
	check(rc == SQLITE_OK && bad == 0, "a fold is no sum");
	rc = sqlite3_exec(db,
					  "SELECT * FROM leak_site; SELECT * FROM cannot_tell; SELECT * FROM verdict_count;"
					  "SELECT * FROM leak_shape; SELECT * FROM peak_site; SELECT * FROM churn;"
					  "SELECT * FROM failed_connect; SELECT * FROM broken; SELECT * FROM audit;"
					  "SELECT * FROM idle_in_transaction; SELECT * FROM misuse_site; SELECT * FROM resource_life",
					  count_rows, &bad, NULL);
	check(rc == SQLITE_OK, "a view fails");
}

static int64_t drain_once(struct spool *spool, sqlite3 *db)
{
	struct trace_failure failure = {0};
	int before = sqlite3_total_changes(db);
	struct drain *drain = drain_new(spool);
	check(drain != NULL, "drain_new");
	enum trace_error error = drain_into(drain, db, &failure);
	check(error == TRACE_OK, failure.text);
	drain_free(drain);
	return sqlite3_total_changes(db) - before;
}

static char path[] = "/dev/shm/pqleak-fuzz-XXXXXX";

static void remove_file(void)
{
	unlink(path);
}

/* spool_read wants a file; one in memory is made once and written anew for each input. */
static int spool_file(void)
{
	static int fd = -1;
	if (fd < 0) {
		fd = mkstemp(path);
		check(fd >= 0, "cannot make a file in /dev/shm");
		atexit(remove_file);
	}
	return fd;
}

static void write_at(int fd, const void *bytes, size_t length, size_t offset)
{
	check(pwrite(fd, bytes, length, (off_t)offset) == (ssize_t)length, "cannot write the spool");
}

static void write_compact(int fd, const uint8_t *data, size_t size)
{
	struct compact compact;
	if (size < sizeof(compact)) {
		write_at(fd, data, size, 0);
		return;
	}
	memcpy(&compact, data, sizeof(compact));
	data += sizeof(compact);
	size -= sizeof(compact);
	size_t blobs = compact.blob_bytes < size ? compact.blob_bytes : size;
	write_at(fd, compact.fields, sizeof(compact.fields), 0);
	write_at(fd, compact.event_segment, sizeof(compact.event_segment), offsetof(struct spool_header, event_segment));
	write_at(fd, compact.blob_segment, sizeof(compact.blob_segment), offsetof(struct spool_header, blob_segment));
	write_at(fd, data + blobs, size - blobs, SPOOL_HEADER_BYTES);
	write_at(fd, data, blobs, SPOOL_HEADER_BYTES + SPOOL_SEGMENT_BYTES);
	check(ftruncate(fd, SPOOL_HEADER_BYTES + 2 * SPOOL_SEGMENT_BYTES) == 0, "cannot write the spool");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = spool_file();
	check(ftruncate(fd, 0) == 0, "cannot empty the spool");
	if (size < SPOOL_HEADER_BYTES)
		write_compact(fd, data, size);
	else
		write_at(fd, data, size, 0);

	static struct spool spool;
	if (spool_read(&spool, path) != 0)
		return 0;
	(void)spool_owner(&spool);
	sqlite3 *db = trace();
	check(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK, "BEGIN");
	drain_once(&spool, db);
	check_sound(db);
	check(drain_once(&spool, db) == 1, "the second drain did more than note where it stands");
	check_sound(db);
	check(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK, "ROLLBACK");
	spool_close(&spool, false);
	return 0;
}
