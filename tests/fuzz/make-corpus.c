// SPDX-License-Identifier: PostgreSQL
/*
 * make-corpus.c - makes the first spools that the fuzzer starts from.
 *
 *     make-corpus FOLDER
 *
 * They are written by the real writer, in the form of compact.h: the spool
 * of a process that did a little of everything, one that has drained, one that
 * was forked, one without events, one that held something of every kind.  Run
 * by hand when the format changes; what it wrote is kept in corpus/.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compact.h"
#include "trace/spool/spool-write.h"

static void fail(const char *what)
{
	fprintf(stderr, "make-corpus: %s\n", what);
	exit(1);
}

static void add_blobs(struct spool *spool)
{
	struct blob_frame frames[2] = {{.where = 1, .offset = 4096}, {.offset = 8192}};
	spool_add_blob(spool, BLOB_MODULE, "/bin/app\0abcdef", 16);
	spool_add_blob(spool, BLOB_STACK, frames, sizeof(frames));
	spool_add_blob(spool, BLOB_STACK, frames, sizeof(frames[0]));
	spool_add_blob(spool, BLOB_TEXT, "PQexec", 6);
	static const char target[] = "host\0"
								 "5432\0"
								 "db\0"
								 "user\0"
								 "app\0"
								 "150018\0"
								 "1";
	spool_add_blob(spool, BLOB_TARGET, target, sizeof(target));
	static const char settings[] = "prefer\0"
								   "10\0"
								   "1\0"
								   "60\0"
								   "5\0"
								   "3\0"
								   "9000\0"
								   "any";
	spool_add_blob(spool, BLOB_SETTINGS, settings, sizeof(settings));
	/* A script, with a native frame on each side, and code in no module outside. */
	static const char script[] = "python\0"
								 "Pool.take\0"
								 "/srv/shop/pool.py";
	struct blob_frame mixed[4] = {{.where = 1, .offset = 4096},
								  {.where = 7, .type = FRAME_SCRIPT, .offset = 41},
								  {.where = 1, .offset = 8192},
								  {.offset = 16384}};
	spool_add_blob(spool, BLOB_SCRIPT, script, sizeof(script));
	spool_add_blob(spool, BLOB_STACK, mixed, sizeof(mixed));
}

/* One event of each verb and kind, in an order that makes sense. */
static void add_events(struct spool *spool)
{
	static const struct event events[] = {
		{.verb = EVENT_ACQUIRE, .kind = KIND_CONNECTION, .object = 64, .time = 10, .status = 2, .stack = 2},
		{.verb = EVENT_OUTCOME, .kind = KIND_CONNECTION, .object = 64, .time = 20, .text = 5, .value = 99},
		{.verb = EVENT_USE, .kind = KIND_CONNECTION, .object = 64, .time = 30, .function = 4, .flags = EVENT_IS_QUERY},
		{.verb = EVENT_ACQUIRE, .kind = KIND_RESULT, .object = 128, .parent = 64, .time = 40, .stack = 2, .value = 19},
		{.verb = EVENT_RELEASE, .kind = KIND_RESULT, .object = 128, .time = 50, .stack = 3},
		{.verb = EVENT_ACQUIRE, .kind = KIND_RESULT, .object = 128, .parent = 64, .time = 60, .stack = 2},
		{.verb = EVENT_ACQUIRE, .kind = KIND_RESULT, .object = 128, .time = 70, .stack = 3},
		{.verb = EVENT_RESET, .kind = KIND_CONNECTION, .object = 64, .time = 80, .value = 100, .text = 5},
		{.verb = EVENT_RELEASE, .kind = KIND_CONNECTION, .object = 64, .time = 90, .stack = 3, .transaction = 4},
		{.verb = EVENT_USE, .kind = KIND_CONNECTION, .object = 64, .time = 91, .stack = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_CONNECTION, .object = 64, .time = 92, .stack = 2},
		{.verb = EVENT_ACQUIRE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 95,
		 .status = 1,
		 .stack = 2,
		 .detail = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_CONNECTION, .object = 192, .time = 96, .stack = 8},
		{.verb = EVENT_END, .status = END_EXEC, .time = 97},
		{.verb = EVENT_END_REVOKED, .time = 98},
		{.verb = EVENT_END, .status = END_EXIT, .time = 99},
	};
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (spool_append(spool, &events[i]) != 0)
			fail("spool_append");
}

/* What names this machine and this moment is fixed, so that the corpus changes only when the format does. */
static void make_neutral(struct spool_header *header)
{
	header->id = 0x1122334455667788;
	header->boot_id = 1;
	header->pid_namespace = 1;
	header->epoch_ns = 1000000000000000000;
	header->started = 5;
	header->pid = 1234;
	header->ppid = 1;
}

/* What a connection holds, each kind once released and once not, and what must not be. */
static void add_holds(struct spool *spool)
{
	static const struct event events[] = {
		{.verb = EVENT_ACQUIRE, .kind = KIND_CONNECTION, .object = 64, .time = 10, .stack = 2, .value = 6ull << 32 | 9},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 20,
		 .transaction = 2,
		 .flags = EVENT_IS_QUERY},
		{.verb = EVENT_ACQUIRE, .kind = KIND_LARGE_OBJECT, .object = 1, .parent = 64, .time = 30, .stack = 2},
		{.verb = EVENT_ACQUIRE, .kind = KIND_LARGE_OBJECT, .object = 2, .parent = 64, .time = 30, .stack = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_LARGE_OBJECT, .object = 1, .parent = 64, .time = 35, .stack = 3},
		{.verb = EVENT_USE, .kind = KIND_CONNECTION, .object = 64, .time = 80, .stack = 3},
		{.verb = EVENT_ACQUIRE, .kind = KIND_STATEMENT, .object = 77, .parent = 64, .time = 90, .stack = 2},
		{.verb = EVENT_ACQUIRE, .kind = KIND_STATEMENT, .object = 78, .parent = 64, .time = 90, .stack = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_STATEMENT, .object = 77, .parent = 64, .time = 91, .stack = 2},
		{.verb = EVENT_ACQUIRE, .kind = KIND_MEMORY, .object = 512, .parent = 64, .time = 92, .stack = 2},
		{.verb = EVENT_ACQUIRE, .kind = KIND_CANCEL, .object = 512, .parent = 64, .time = 93, .stack = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_MEMORY, .object = 512, .time = 94, .stack = 2},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 95,
		 .flags = EVENT_IS_SEND | EVENT_IN_PIPELINE},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 96,
		 .flags = EVENT_IS_SEND | EVENT_IN_PIPELINE},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 97,
		 .flags = EVENT_IS_DRAINED | EVENT_IN_PIPELINE},
		{.verb = EVENT_ACQUIRE, .kind = KIND_RESULT, .object = 128, .parent = 64, .time = 98, .status = 4, .rows = 3},
		{.verb = EVENT_RELEASE, .kind = KIND_RESULT, .object = 128, .time = 99, .stack = 3},
		{.verb = EVENT_RELEASE, .kind = KIND_RESULT, .object = 128, .time = 99, .stack = 2},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 100,
		 .transaction = 2,
		 .flags = EVENT_IS_BROKEN},
		{.verb = EVENT_MISUSE, .object = 64, .time = 101, .detail = MISUSE_TWO_THREADS, .stack = 2},
		{.verb = EVENT_RELEASE, .kind = KIND_CONNECTION, .object = 64, .time = 102, .transaction = 2, .stack = 3},
		{.verb = EVENT_ACQUIRE, .kind = KIND_CONNECTION, .object = 64, .time = 110, .stack = 8},
		{.verb = EVENT_USE,
		 .kind = KIND_CONNECTION,
		 .object = 64,
		 .time = 120,
		 .transaction = 3,
		 .flags = EVENT_IS_SEND},
		{.verb = EVENT_ACQUIRE, .kind = KIND_STATEMENT, .object = 77, .parent = 64, .time = 130, .stack = 2},
	};
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (spool_append(spool, &events[i]) != 0)
			fail("spool_append");
}

/* Writes the spool in the compact form, and removes it. */
static void save(struct spool *spool, const char *folder, const char *name)
{
	char path[4096];
	struct compact compact = {0};
	struct spool_header *header = spool->header;
	make_neutral(header);
	memcpy(compact.fields, header, sizeof(compact.fields));
	memcpy(compact.event_segment, header->event_segment, sizeof(compact.event_segment));
	memcpy(compact.blob_segment, header->blob_segment, sizeof(compact.blob_segment));
	compact.blob_bytes = (uint16_t)atomic_load(&header->blob_bytes);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "wbe");
	if (file == NULL || fwrite(&compact, sizeof(compact), 1, file) != 1 ||
		fwrite(spool->blob_segment[0], 1, compact.blob_bytes, file) != compact.blob_bytes ||
		fwrite(spool->event_segment[0], sizeof(struct event), atomic_load(&header->head), file) !=
			atomic_load(&header->head) ||
		fclose(file) != 0)
		fail(path);
	spool_close(spool, true);
}

static void begin(struct spool *spool, const char *folder, uint64_t parent, uint32_t keep)
{
	char trace[4096];
	struct spool_identity identity = {.parent_id = parent, .keep_events = keep, .host = "host", .exe = "/bin/app"};
	snprintf(trace, sizeof(trace), "%s/x", folder);
	if (spool_create(spool, trace, &identity) != 0)
		fail("spool_create");
	add_blobs(spool);
}

int main(int argc, char **argv)
{
	static struct spool spool;
	if (argc != 2)
		fail("usage: make-corpus FOLDER");
	begin(&spool, argv[1], 0, 0);
	save(&spool, argv[1], "no-events");
	begin(&spool, argv[1], 0, 1);
	add_events(&spool);
	save(&spool, argv[1], "all-verbs");
	begin(&spool, argv[1], 7, 0);
	add_events(&spool);
	save(&spool, argv[1], "forked");
	begin(&spool, argv[1], 0, 1);
	add_holds(&spool);
	save(&spool, argv[1], "all-kinds");
	begin(&spool, argv[1], 7, 0);
	add_holds(&spool);
	save(&spool, argv[1], "all-kinds-forked");
	begin(&spool, argv[1], 0, 0);
	add_events(&spool);
	spool_retire(&spool, 5);
	add_events(&spool);
	save(&spool, argv[1], "drained-in-part");
	return 0;
}
