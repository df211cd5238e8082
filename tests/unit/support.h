// SPDX-License-Identifier: PostgreSQL
/*
 * support.h - what the unit tests of trace/ share.
 *
 * Owns a scene: a folder of its own with a spool that holds a few blobs, and
 * the trace it goes into.  Every helper fails the test itself when something
 * in the scene's own set-up goes wrong.
 */
#ifndef PQLEAK_TESTS_UNIT_SUPPORT_H
#define PQLEAK_TESTS_UNIT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/base/libpq-status.h"
#include "trace/spool/spool-write.h"
#include "trace/spool/spool.h"
#include "trace/store/drain.h"

struct scene {
	char folder[64];
	char trace[96];
	struct spool spool;
	struct drain *drain;
	uint32_t module, open_stack, exec_stack, clear_stack, finish_stack;
	uint32_t connectdb, exec, target, text;
	uint64_t epoch;
};

/* The addresses and times that the events below use. */
#define CONNECTION 0x1000u
#define RESULT 0x2000u
#define MS 1000000u

/* A ConnStatusType: the attempt is not decided. */
#define CONNECT_STARTED 2

/* SQL: which of the scene's stacks this column means: open, exec, clear, finish; NULL none. */
#define PLACE(column)                                                                                                  \
	"(SELECT CASE f.\"offset\" WHEN 100 THEN 'open' WHEN 101 THEN 'exec' WHEN 102 THEN 'clear' WHEN 103 THEN 'finish'" \
	" ELSE f.\"offset\" END FROM stack_frame k JOIN frame f ON f.id = k.frame WHERE k.level = 0 AND k.stack = " column \
	") AS \"" column "\""

/* setup and teardown for cmocka; *state is the scene. */
int scene_setup(void **state);
int scene_setup_forked(void **state); /* the spool's process was forked from a traced one */
int scene_teardown(void **state);

/* Makes another spool beside the same trace, with the same blobs; the earlier one is closed, and kept as a file. */
void scene_new_spool(struct scene *scene, uint64_t parent_id);

/* Appends an event. */
void add(struct scene *scene, struct event event);

/* The usual events. */
struct event opened(const struct scene *scene, uint64_t address, uint64_t time);
struct event finished(const struct scene *scene, uint64_t address, uint64_t time);
struct event queried(const struct scene *scene, uint64_t address, uint64_t parent, uint64_t time);
struct event cleared(const struct scene *scene, uint64_t address, uint64_t time);
struct event used(const struct scene *scene, uint64_t address, uint64_t time);
struct event ended(uint8_t end, uint64_t time);

/* drain_run, which must succeed. */
void drain_now(struct scene *scene);

/* Throws the drain away, as a crash does, and makes a new one of the same spool. */
void forget_drain(struct scene *scene);

/*
 * The answer of the trace, a row a line: "kind=result, count=2, total=5 ms"; of a single column only the values.  Times
 * count from the scene's epoch, in ms where that is exact, and their columns are named without "_ns".  The addresses
 * above and the states of a transaction are named.
 */
const char *ask(struct scene *scene, const char *sql);

/* Opens the trace for reading, ingests, closes. */
void ingest_now(struct scene *scene);

/* Makes the spool's process look dead to spool_owner: it unmaps the spool (the file stays) and forgets the drain. */
void die(struct scene *scene);

/* How many files of the scene's folder have `part` in their names. */
int count_files(const struct scene *scene, const char *part);

/* Writes a file of these bytes. */
void write_file(const char *path, const void *bytes, size_t length);

#endif
