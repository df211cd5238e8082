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
						"driver\ndriver\nscript\nscript\ninterpreter\njit\nnative");
	assert_string_equal(ask(s, "SELECT s.level, t.text FROM connection c JOIN call_site s ON s.stack = c.acquire_stack"
							   " JOIN frame_text t ON t.frame = s.frame"),
						"level=2, text=Pool.take (pool.py:41)");
	assert_string_equal(ask(s, "SELECT o.outermost FROM script_stack o"), "3");
}

#define DRIVER "/usr/lib/python3/dist-packages/psycopg2/_psycopg.cpython-311.so"
#define DRIVER_SCRIPT "/usr/lib/python3/dist-packages/psycopg2/__init__.py"
#define ORM "/venv/lib/python3.11/site-packages/sqlalchemy/orm/session.py"
#define LIBRARY "/venv/lib/python3.11/site-packages/tracer/wrap.py"
#define CASE "/usr/lib/python3.11/unittest/case.py"
#define PYTHON "/usr/bin/python3.11"
#define LIBC "/usr/lib/x86_64-linux-gnu/libc.so.6"

/* A stack, the innermost frame first: a module's path, or a script's as `function path`. */
struct told {
	const char *frames[12];
	const char *roles; /* of the frames: `d`river, `r`unner, `i`nterpreter, s`y`stem, `s`cript, `n`ative */
	int site;          /* the level of the call site */
	int end;           /* where its useful part ends; -1: nowhere */
};

/* Compares what the views say of a stack; says which it was. */
static void assert_told(struct scene *s, const struct told *told)
{
	static uint64_t address = CONNECTION;
	struct blob_frame frames[12];
	uint32_t count = 0;
	char text[256];

	for (; told->frames[count] != NULL; count++) {
		const char *path = strchr(told->frames[count], ' ');
		if (path == NULL) {
			frames[count] = (struct blob_frame){.where = add_module(s, told->frames[count]), .offset = count + 1};
			continue;
		}
		snprintf(text, sizeof text, "%.*s", (int)(path - told->frames[count]), told->frames[count]);
		frames[count] =
			(struct blob_frame){.where = add_script(s, text, path + 1), .type = FRAME_SCRIPT, .offset = count + 1};
	}
	address += 64;
	open_by(s, spool_add_blob(&s->spool, BLOB_STACK, frames, count * (uint32_t)sizeof(frames[0])), address, 10 * MS);
	drain_now(s);
	ingest_now(s); /* stores the views of call sites */
	const char *found =
		ask(s, "SELECT (SELECT group_concat(letter, '') FROM (SELECT iif(r.role = 'system', 'y', substr(r.role, 1, 1)) "
			   "AS letter"
			   " FROM stack_role r WHERE r.stack = c.acquire_stack ORDER BY r.level)) AS roles, t.level AS site,"
			   " ifnull((SELECT e.level FROM stack_end e WHERE e.stack = c.acquire_stack), -1) AS \"end\""
			   " FROM connection c JOIN call_site t ON t.stack = c.acquire_stack ORDER BY c.id DESC LIMIT 1");
	snprintf(text, sizeof text, "roles=%s, site=%d, end=%d", told->roles, told->site, told->end);
	if (strcmp(found, text) != 0)
		fail_msg("%s ...: %s, not %s", told->frames[0], found, text);
}

#define ASSERT_TOLD(...) assert_told(s, &(struct told){__VA_ARGS__})

/* A package is known by where it was installed. */
static void a_name_makes_no_driver(void **state)
{
	struct scene *s = *state;
	ASSERT_TOLD({DRIVER, "connect " DRIVER_SCRIPT, "open /srv/psycopg2/pool.py", "main /srv/psycopg2/app.py", PYTHON},
				"ddssi", 2, -1);
	ASSERT_TOLD({DRIVER, "get /srv/shop/django/db/pool.py", PYTHON}, "dsi", 1, -1);
	/* pip install --target, as on Lambda: the drivers lie beside the program. */
	ASSERT_TOLD({"/var/task/psycopg2/_psycopg.cpython-311.so", "connect /var/task/psycopg2/__init__.py",
				 "execute /var/task/sqlalchemy/engine.py", "handler /var/task/app.py", PYTHON},
				"dddsi", 3, -1);
}

/* What runs code that lies in no file. */
static void generated_code(void **state)
{
	struct scene *s = *state;
	ASSERT_TOLD({DRIVER, "connect " DRIVER_SCRIPT, "go <string>", "execute " ORM, "load /srv/app.py", PYTHON}, "ddddsi",
				4, -1);
	ASSERT_TOLD({DRIVER, "go <string>", "load /srv/app.py", PYTHON}, "ddsi", 2, -1);
	/* python -c, also with an ORM. */
	ASSERT_TOLD({DRIVER, "connect " DRIVER_SCRIPT, "f <string>", "<module> <string>", PYTHON}, "ddssi", 2, -1);
	ASSERT_TOLD({DRIVER, "go <string>", "execute " ORM, "f <string>", "<module> <string>", PYTHON}, "dddssi", 3, -1);
}

/* Somebody's wrapper around a driver is no call site below an ORM; a program that is installed itself has its own. */
static void installed_between_drivers(void **state)
{
	struct scene *s = *state;
	ASSERT_TOLD({DRIVER, "connect " LIBRARY, "execute " ORM, "load /srv/app.py", PYTHON}, "dddsi", 3, -1);
	ASSERT_TOLD({DRIVER, "connect " LIBRARY, "load /srv/app.py", PYTHON}, "dssi", 1, -1);
	ASSERT_TOLD({DRIVER, "load " LIBRARY, "atomic " ORM, "run " LIBRARY, "<module> /venv/bin/shop", PYTHON}, "dsdssi",
				1, -1);
	/* A module that nobody knows but that calls libpq for a script. */
	ASSERT_TOLD({"/venv/lib/python3.11/site-packages/newpg/_newpg.so", "load /srv/app.py", PYTHON}, "dsi", 1, -1);
	ASSERT_TOLD({"/srv/app/fast.so", "load /srv/app.py", PYTHON}, "nsi", 0, -1);
	/* A project's own, in any case: a block that it gave to an ORM. */
	ASSERT_TOLD({DRIVER, "block /srv/app.py", "atomic " ORM, "load /srv/app.py", PYTHON}, "dsdsi", 1, -1);
}

/* Where nothing is the user's, a driver speaks before an interpreter. */
static void drivers_speak(void **state)
{
	struct scene *s = *state;
	ASSERT_TOLD({DRIVER, "main " ORM, PYTHON, LIBC}, "ddiy", 1, -1);
	ASSERT_TOLD({DRIVER, "add " ORM, "run /usr/lib/python3.11/threading.py", PYTHON, LIBC}, "ddiiy", 1, -1);
	ASSERT_TOLD({DRIVER, DRIVER, PYTHON, PYTHON, LIBC, PYTHON}, "ddiiyi", 1, -1);
	ASSERT_TOLD(
		{"/usr/lib/perl5/auto/DBD/Pg/Pg.so", "/usr/bin/perl", "/usr/lib/perl5/auto/DBI/DBI.so", "/usr/bin/perl", LIBC},
		"didiy", 0, -1);
	ASSERT_TOLD({"/usr/lib/libpqxx-6.4.so", LIBC}, "dy", 0, -1);
	ASSERT_TOLD({"/usr/lib/R/site-library/RPostgreSQL/libs/RPostgreSQL.so",
				 "/usr/lib/R/library/methods/libs/methods.so", "/usr/lib/R/lib/libR.so", LIBC},
				"diiy", 0, -1);
	/* A module of the user's own, though no script is known; and nothing that speaks. */
	ASSERT_TOLD({DRIVER, "/srv/app/fast.so", PYTHON, LIBC}, "dniy", 1, -1);
	ASSERT_TOLD({PYTHON, PYTHON, LIBC}, "iiy", 0, -1);
}

/* What lies outside a test tells nothing; but an assertion that calls a function begins no test. */
static void runners_end_a_stack(void **state)
{
	struct scene *s = *state;
	ASSERT_TOLD({DRIVER, "visit /srv/shop.py", "test_visit /srv/test_shop.py", "_callTestMethod " CASE, "run " CASE,
				 "<module> /srv/test_shop.py", PYTHON},
				"dssrrsi", 1, 3);
	ASSERT_TOLD({DRIVER, "refuse /srv/test_shop.py", "assertRaises " CASE, "test_refuse /srv/test_shop.py",
				 "_callTestMethod " CASE, "<module> /srv/test_shop.py", PYTHON},
				"dsrsrsi", 1, 4);
	/* A library that calls tests. */
	ASSERT_TOLD(
		{"/usr/lib/libpqxx-6.4.so", "/srv/test", "/usr/lib/libboost_unit_test_framework.so.1.74.0", "/srv/test", LIBC},
		"dnrny", 1, 2);
	/* Nothing of the user's inside: what is outside speaks. */
	ASSERT_TOLD({DRIVER, "_callSetUp " CASE, "main /srv/run.py", PYTHON}, "drsi", 2, -1);
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
		STORED(frames_stand_in_their_order), STORED(the_views_tell_whose_code_it_is),
		STORED(a_name_makes_no_driver),      STORED(generated_code),
		STORED(installed_between_drivers),   STORED(drivers_speak),
		STORED(runners_end_a_stack),         STORED(two_processes_two_jits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
