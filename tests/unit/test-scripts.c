// SPDX-License-Identifier: PostgreSQL
/*
 * test-scripts.c - frames of scripts and of code in no module, from the spool
 * into the trace, and what the views make of them.
 */
#include "support.h"

#define STORED(name) cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

static uint32_t add_module(struct scene *s, const char *path)
{
	char bytes[128] = {0};
	strcpy(bytes, path);
	return spool_add_blob(&s->spool, BLOB_MODULE, bytes, (uint32_t)strlen(path) + 2); /* an empty build-id */
}

static uint32_t add_script(struct scene *s, const char *function, const char *file)
{
	char bytes[128] = "python";
	size_t at = sizeof("python");
	strcpy(bytes + at, function);
	at += strlen(function) + 1;
	strcpy(bytes + at, file);
	return spool_add_blob(&s->spool, BLOB_SCRIPT, bytes, (uint32_t)(at + strlen(file) + 1));
}

/* libpq's caller in psycopg2, its Python part, two frames of the user's, the interpreter, a JIT, the program's start.
 */
static uint32_t add_stack(struct scene *s)
{
	uint32_t driver = add_module(s, "/usr/lib/python3/dist-packages/psycopg2/_psycopg.cpython-311.so");
	uint32_t python = add_module(s, "/usr/bin/python3.11");
	struct blob_frame frames[] = {
		{.where = driver, .offset = 16},
		{.where = add_script(s, "connect", "/usr/lib/python3/dist-packages/psycopg2/__init__.py"),
		 .type = FRAME_SCRIPT,
		 .offset = 122},
		{.where = add_script(s, "Pool.take", "/srv/perl5/pool.py"), .type = FRAME_SCRIPT, .offset = 41},
		{.where = add_script(s, "", "/srv/perl5/app.py"), .type = FRAME_SCRIPT, .offset = 7},
		{.where = python, .offset = 32},
		{.where = 0, .offset = 0x7f0000001000},
		{.where = s->module, .offset = 300},
	};
	return spool_add_blob(&s->spool, BLOB_STACK, frames, sizeof(frames));
}

static void open_by(struct scene *s, uint32_t stack, uint64_t address, uint64_t time)
{
	struct event event = opened(s, address, time);
	event.stack = stack;
	add(s, event);
}

static void frames_stand_in_their_order(void **state)
{
	struct scene *s = *state;
	open_by(s, add_stack(s), CONNECTION, 10 * MS);
	drain_now(s);
	assert_string_equal(
		ask(s, "SELECT s.level, ifnull(m.path, p.function) AS what, f.\"offset\" FROM connection c JOIN stack_frame s"
			   " ON s.stack = c.acquire_stack JOIN frame f ON f.id = s.frame LEFT JOIN module m"
			   " ON m.id = f.module LEFT JOIN script p ON p.id = f.script ORDER BY s.level"),
		"level=0, what=/usr/lib/python3/dist-packages/psycopg2/_psycopg.cpython-311.so, "
		"offset=16\n"
		"level=1, what=connect, offset=122\n"
		"level=2, what=Pool.take, offset=41\n"
		"level=3, what=, offset=7\n"
		"level=4, what=/usr/bin/python3.11, offset=32\n"
		"level=5, what=[jit], offset=139637976731648\n"
		"level=6, what=/bin/app, offset=300");
	assert_string_equal(ask(s, "SELECT language, function, file FROM script WHERE function <> 'connect' ORDER BY id"),
						"language=python, function=Pool.take, file=/srv/perl5/pool.py\n"
						"language=python, function=, file=/srv/perl5/app.py");
}

static void the_views_tell_whose_code_it_is(void **state)
{
	struct scene *s = *state;
	open_by(s, add_stack(s), CONNECTION, 10 * MS);
	drain_now(s);
	ingest_now(s); /* stores the views of call sites */
	assert_string_equal(ask(s, "SELECT r.role FROM connection c JOIN stack_frame s ON s.stack = c.acquire_stack"
							   " JOIN frame_role r ON r.frame = s.frame ORDER BY s.level"),
						"driver\ndriver\nscript\nscript\ninterpreter\ninterpreter\nnative");
	assert_string_equal(ask(s, "SELECT s.level, t.text FROM connection c JOIN call_site s ON s.stack = c.acquire_stack"
							   " JOIN frame_text t ON t.frame = s.frame"),
						"level=2, text=Pool.take (pool.py:41)");
	assert_string_equal(ask(s, "SELECT o.outermost FROM script_stack o"), "3");
}

/* Where all scripts are a driver's, the outermost of them is the site, not how the program began. */
static void a_site_among_drivers(void **state)
{
	struct scene *s = *state;
	uint32_t python = add_module(s, "/usr/bin/python3.11");
	uint32_t script = add_script(s, "main", "/usr/lib/python3/dist-packages/sqlalchemy/tool.py");
	struct blob_frame frames[] = {{.where = python, .offset = 1},
								  {.where = script, .type = FRAME_SCRIPT, .offset = 9},
								  {.where = python, .offset = 2},
								  {.where = s->module, .offset = 3}};
	open_by(s, spool_add_blob(&s->spool, BLOB_STACK, frames, sizeof(frames)), CONNECTION, 10 * MS);
	drain_now(s);
	ingest_now(s); /* stores the views of call sites */
	assert_string_equal(ask(s, "SELECT level FROM call_site JOIN connection ON acquire_stack = stack"), "1");
}

/* Without a script, an interpreter's frames are like any other code. */
static void an_interpreter_alone(void **state)
{
	struct scene *s = *state;
	uint32_t python = add_module(s, "/usr/bin/python3.11");
	struct blob_frame frames[] = {{.where = python, .offset = 1}, {.where = s->module, .offset = 2}};
	open_by(s, spool_add_blob(&s->spool, BLOB_STACK, frames, sizeof(frames)), CONNECTION, 10 * MS);
	drain_now(s);
	ingest_now(s); /* stores the views of call sites */
	assert_string_equal(ask(s, "SELECT level FROM call_site JOIN connection ON acquire_stack = stack"), "0");
}

/* An address of a JIT means something in its own process only. */
static void two_processes_two_jits(void **state)
{
	struct scene *s = *state;
	open_by(s, add_stack(s), CONNECTION, 10 * MS);
	drain_now(s);
	scene_new_spool(s, 0);
	open_by(s, add_stack(s), CONNECTION, 10 * MS);
	drain_now(s);
	assert_string_equal(ask(s,
							"SELECT count(*) AS modules, count(DISTINCT p.id) AS processes FROM module m JOIN process p"
							" ON p.spool = m.build_id WHERE m.path = '[jit]'"),
						"modules=2, processes=2");
	assert_string_equal(ask(s,
							"SELECT count(DISTINCT acquire_stack) AS stacks, (SELECT count(*) FROM script) AS scripts"
							" FROM connection"),
						"stacks=2, scripts=3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORED(frames_stand_in_their_order), STORED(the_views_tell_whose_code_it_is), STORED(a_site_among_drivers),
		STORED(an_interpreter_alone),        STORED(two_processes_two_jits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
