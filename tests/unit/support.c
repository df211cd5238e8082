// SPDX-License-Identifier: PostgreSQL
/*
 * support.c - what the unit tests of trace/ share.
 */
#include "support.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "trace/store/ingest.h"

static void add_blobs(struct scene *scene)
{
	struct spool *spool = &scene->spool;
	scene->module = spool_add_blob(spool, BLOB_MODULE, "/bin/app\0abcdef", 16);
	uint32_t *stacks[] = {&scene->open_stack, &scene->exec_stack, &scene->clear_stack, &scene->finish_stack};
	for (uint32_t i = 0; i < 4; i++) {
		struct blob_frame frames[] = {{.where = scene->module, .offset = 100 + i},
									  {.where = scene->module, .offset = 200}};
		*stacks[i] = spool_add_blob(spool, BLOB_STACK, frames, sizeof(frames));
	}
	scene->connectdb = spool_add_blob(spool, BLOB_TEXT, "PQconnectdb", 11);
	scene->exec = spool_add_blob(spool, BLOB_TEXT, "PQexec", 6);
	scene->text = spool_add_blob(spool, BLOB_TEXT, "SELECT 1", 8);
	static const char target[] = "db.example\0"
								 "5432\0"
								 "shop\0"
								 "alice\0"
								 "app\0"
								 "150018\0"
								 "1";
	scene->target = spool_add_blob(spool, BLOB_TARGET, target, sizeof(target));
	assert_int_not_equal(scene->target, 0);
}

void scene_new_spool(struct scene *scene, uint64_t parent_id)
{
	struct spool_identity identity = {.parent_id = parent_id, .host = "host", .exe = "/bin/app", .command = "app -x"};
	drain_free(scene->drain);
	spool_close(&scene->spool, false);
	assert_int_equal(spool_create(&scene->spool, scene->trace, &identity), 0);
	scene->epoch = (uint64_t)scene->spool.header->epoch_ns;
	add_blobs(scene);
	scene->drain = drain_new(&scene->spool);
	assert_non_null(scene->drain);
}

static int set_up(void **state, uint64_t parent_id)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	assert_non_null(scene);
	strcpy(scene->folder, "/tmp/pqleak-unit-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	snprintf(scene->trace, sizeof(scene->trace), "%s/t.db", scene->folder);
	scene_new_spool(scene, parent_id);
	*state = scene;
	return 0;
}

int scene_setup(void **state)
{
	return set_up(state, 0);
}

int scene_setup_forked(void **state)
{
	return set_up(state, 0xfeed);
}

static int walk(const char *folder, const char *part, bool remove)
{
	int count = 0;
	DIR *dir = opendir(folder);
	assert_non_null(dir);
	struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, part) == NULL)
			continue;
		count++;
		if (remove)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return count;
}

int count_files(const struct scene *scene, const char *part)
{
	return walk(scene->folder, part, false);
}

int scene_teardown(void **state)
{
	struct scene *scene = *state;
	drain_free(scene->drain);
	spool_close(&scene->spool, false);
	walk(scene->folder, "", true);
	int result = rmdir(scene->folder);
	free(scene);
	return result;
}

void add(struct scene *scene, struct event event)
{
	assert_int_equal(spool_append(&scene->spool, &event), 0);
}

struct event opened(const struct scene *scene, uint64_t address, uint64_t time)
{
	return (struct event){.verb = EVENT_ACQUIRE,
						  .kind = KIND_CONNECTION,
						  .object = address,
						  .time = time,
						  .duration = 5,
						  .value = 4711,
						  .text = scene->target,
						  .function = scene->connectdb,
						  .stack = scene->open_stack,
						  .thread = 11};
}

struct event finished(const struct scene *scene, uint64_t address, uint64_t time)
{
	return (struct event){.verb = EVENT_RELEASE,
						  .kind = KIND_CONNECTION,
						  .object = address,
						  .time = time,
						  .stack = scene->finish_stack,
						  .thread = 12,
						  .transaction = TRANSACTION_UNKNOWN};
}

struct event queried(const struct scene *scene, uint64_t address, uint64_t parent, uint64_t time)
{
	/* SEL: S is 19, E is 5, L is 12 */
	return (struct event){.verb = EVENT_ACQUIRE,
						  .kind = KIND_RESULT,
						  .object = address,
						  .parent = parent,
						  .time = time,
						  .value = 19 | 5 << 5 | 12 << 10,
						  .function = scene->exec,
						  .stack = scene->exec_stack,
						  .thread = 11,
						  .status = RESULT_TUPLES_OK,
						  .flags = EVENT_IS_QUERY};
}

struct event cleared(const struct scene *scene, uint64_t address, uint64_t time)
{
	return (struct event){.verb = EVENT_RELEASE,
						  .kind = KIND_RESULT,
						  .object = address,
						  .time = time,
						  .stack = scene->clear_stack,
						  .thread = 11};
}

struct event used(const struct scene *scene, uint64_t address, uint64_t time)
{
	return (struct event){.verb = EVENT_USE,
						  .kind = KIND_CONNECTION,
						  .object = address,
						  .time = time,
						  .function = scene->exec,
						  .stack = scene->exec_stack,
						  .thread = 11};
}

struct event ended(uint8_t end, uint64_t time)
{
	return (struct event){.verb = EVENT_END, .status = end, .time = time};
}

void drain_now(struct scene *scene)
{
	struct trace_failure failure = {0};
	if (drain_run(scene->drain, scene->trace, 1000, &failure) != TRACE_OK)
		fail_msg("drain_run: %s", failure.text);
}

void forget_drain(struct scene *scene)
{
	drain_free(scene->drain);
	scene->drain = drain_new(&scene->spool);
	assert_non_null(scene->drain);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);
	return length > tail && strcmp(text + length - tail, end) == 0;
}

static void put_time(sqlite3_str *out, int64_t ns)
{
	if (ns % MS == 0)
		sqlite3_str_appendf(out, "%lld ms", ns / MS);
	else
		sqlite3_str_appendf(out, "%lld ns", ns);
}

static void put_address(sqlite3_str *out, int64_t address)
{
	if (address == RESULT)
		sqlite3_str_appendall(out, "RESULT");
	else if (address >= CONNECTION && address < RESULT)
		sqlite3_str_appendf(out, address == CONNECTION ? "CONNECTION" : "CONNECTION + %lld", address - CONNECTION);
	else
		sqlite3_str_appendf(out, "%lld", address);
}

static void put_number(sqlite3_str *out, const char *name, int64_t number, uint64_t epoch)
{
	static const char *const transactions[] = {[TRANSACTION_IDLE] = "idle",
											   [TRANSACTION_ACTIVE] = "active",
											   [TRANSACTION_OPEN] = "open",
											   [TRANSACTION_FAILED] = "failed",
											   [TRANSACTION_UNKNOWN] = "unknown"};
	if (ends_with(name, "_ns"))
		put_time(out, (uint64_t)number >= epoch ? number - (int64_t)epoch : number);
	else if (strcmp(name, "address") == 0 || strcmp(name, "object") == 0 || strcmp(name, "parent") == 0)
		put_address(out, number);
	else if (strcmp(name, "transaction_status") == 0 && number <= TRANSACTION_UNKNOWN)
		sqlite3_str_appendall(out, transactions[number]);
	else
		sqlite3_str_appendf(out, "%lld", number);
}

static void put_column(sqlite3_str *out, sqlite3_stmt *stmt, int column, uint64_t epoch)
{
	const char *name = sqlite3_column_name(stmt, column), *dot = strrchr(name, '.');
	name = dot != NULL ? dot + 1 : name;
	if (sqlite3_column_count(stmt) > 1)
		sqlite3_str_appendf(out, "%s%.*s=", column > 0 ? ", " : "",
							(int)strlen(name) - (ends_with(name, "_ns") ? 3 : 0), name);
	if (sqlite3_column_type(stmt, column) == SQLITE_NULL)
		sqlite3_str_appendall(out, "NULL");
	else if (sqlite3_column_type(stmt, column) == SQLITE_INTEGER)
		put_number(out, name, sqlite3_column_int64(stmt, column), epoch);
	else
		sqlite3_str_appendall(out, (const char *)sqlite3_column_text(stmt, column));
}

const char *ask(struct scene *scene, const char *sql)
{
	static char answer[1 << 17];
	sqlite3 *db;
	sqlite3_stmt *stmt;
	assert_int_equal(sqlite3_open_v2(scene->trace, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_str *out = sqlite3_str_new(NULL);
	int rc;
	while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (sqlite3_str_length(out) > 0)
			sqlite3_str_appendchar(out, 1, '\n');
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			put_column(out, stmt, i, scene->epoch);
	}
	assert_int_equal(rc, SQLITE_DONE);
	snprintf(answer, sizeof(answer), "%s", sqlite3_str_length(out) > 0 ? sqlite3_str_value(out) : "");
	sqlite3_free(sqlite3_str_finish(out));
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return answer;
}

void ingest_now(struct scene *scene)
{
	struct trace_failure failure = {0};
	sqlite3 *db = NULL;
	if (trace_open(&db, scene->trace, TRACE_READ, 1000, &failure) != TRACE_OK)
		fail_msg("trace_open: %s", failure.text);
	if (trace_ingest(db, scene->trace, &failure) != TRACE_OK)
		fail_msg("trace_ingest: %s", failure.text);
	sqlite3_close(db);
}

void die(struct scene *scene)
{
	drain_free(scene->drain);
	scene->drain = NULL;
	spool_close(&scene->spool, false);
}

void write_file(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), (ssize_t)length);
	close(fd);
}
