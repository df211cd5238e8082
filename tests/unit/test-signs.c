// SPDX-License-Identifier: PostgreSQL
/* test-signs.c - what tells of a program, before it is started, that it speaks PostgreSQL or cannot be preloaded into.
 */
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/base/reach.h"
#include "trace/base/signs.h"

/* --- signs --- */

typedef bool (*finder)(char *const *list, char ret[SIGN_BYTES]);

/* The sign of a list with that entry between two that are none; NULL: none. */
static const char *sign_of(finder find, const char *entry)
{
	static char sign[SIGN_BYTES];
	char first[] = "PATH=/usr/lib/postgresql/15/bin:/bin", last[] = "LD_LIBRARY_PATH=/usr/local/pgsql:/lib",
		 middle[512];
	char *const list[] = {first, middle, last, NULL};
	snprintf(middle, sizeof middle, "%s", entry);
	return find(list, sign) ? sign : NULL;
}

static void environment(void **state)
{
	(void)state;
	assert_string_equal(sign_of(sign_in_environment, "PGHOST=/tmp"), "PGHOST in its environment");
	assert_string_equal(sign_of(sign_in_environment, "PGSERVICE=x"), "PGSERVICE in its environment");
	assert_string_equal(sign_of(sign_in_environment, "POSTGRES_HOST=x"), "POSTGRES_HOST in its environment");
	assert_string_equal(sign_of(sign_in_environment, "DB=postgres://teller:hunter2@db/bank"),
						"a database's URL as DB in its environment");
	assert_non_null(sign_of(sign_in_environment, "DATABASE_URL=postgresql+psycopg2://db/bank"));
	assert_non_null(sign_of(sign_in_environment, "SPRING_DATASOURCE_URL=jdbc:postgresql://db/bank"));
	assert_non_null(sign_of(sign_in_environment, "DSN=host=db dbname=bank"));
	const char *const others[] = {"PGHOST=",         "PGHOST",
								  "XPGHOST=/tmp",    "PGP_KEY=x",
								  "PGDATA=/var/lib", "DATABASE_URL=mysql://db/bank",
								  "HOME=/home/psql", "DSN=mysql:host=db;dbname=bank",
								  "=postgres",       ""};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_null(sign_of(sign_in_environment, others[i]));
	char sign[SIGN_BYTES];
	assert_false(sign_in_environment(NULL, sign));
}

static void arguments(void **state)
{
	(void)state;
	assert_string_equal(sign_of(sign_in_arguments, "psql"), "psql in its arguments");
	assert_string_equal(sign_of(sign_in_arguments, "exec /usr/bin/pg_dump -Fc bank"), "pg_dump in its arguments");
	assert_string_equal(sign_of(sign_in_arguments, "--db=postgresql://teller:hunter2@db/bank"),
						"a database's URL in its arguments");
	assert_string_equal(sign_of(sign_in_arguments, "import psycopg2"), "psycopg in its arguments");
	const char *const others[] = {"",          "psqlrc",   "--psql-path", "my.psql", "run_psql",         "postgres",
								  "/etc/pg.d", "bankname", "createdbs",   "-h",      "mysql:dbname=bank"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_null(sign_of(sign_in_arguments, others[i]));
	char sign[SIGN_BYTES];
	assert_false(sign_in_arguments(NULL, sign));
}

static void scripts(void **state)
{
	(void)state;
	char sign[SIGN_BYTES];
	const char *const some[] = {
		"import psycopg\n",        "require 'pg'\n",         "const { Pool } = require(\"pg\")", "use DBD::Pg;",
		"exec psql -Atc 'SELECT'", "$h = getenv('PGHOST');", "DB = 'postgres://db/bank'",        "pg_connect($c)"};
	const char *const others[] = {"", "import os\n", "require 'pgp'", "\"pg'", "pg", "'pg", "psqlx", "use DBI;"};
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		assert_true(sign_in_script(some[i], sign));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(sign_in_script(others[i], sign));
	assert_true(sign_in_script("PGDATABASE=bank psql\n", sign));
	assert_string_equal(sign, "psql in its script");
}

static void interpreters(void **state)
{
	(void)state;
	const char *const some[] = {"python3.11", "sh", "perl", "perl5.36.0", "ruby3.1", "lua5.4", "node"};
	const char *const others[] = {"shasum", "perldoc", "nodes", "", "ls", "bashful"};
	for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
		assert_true(sign_is_interpreter(some[i]));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(sign_is_interpreter(others[i]));
}

/* --- the dynamic linker that a program names --- */

static char folder[] = "/tmp/pqleak-signs-XXXXXX";

static void write_file(char ret[256], const char *name, const void *bytes, size_t length, size_t before)
{
	static const char zeros[4096];
	snprintf(ret, 256, "%s/%s", folder, name);
	FILE *file = fopen(ret, "w");
	assert_non_null(file);
	for (; before > 0; before--)
		fwrite(zeros, 1, 1, file);
	fwrite(bytes, 1, length, file);
	fclose(file);
	chmod(ret, 0755);
}

/* How a program is judged whose linker is that file. */
static enum reach judge(const char *linker, char ret_script[256])
{
	struct {
		Elf64_Ehdr elf;
		Elf64_Phdr header;
		char linker[256];
	} program = {.elf = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64},
#if defined __x86_64__
						 .e_machine = EM_X86_64,
#else
						 .e_machine = EM_AARCH64,
#endif
						 .e_phoff = sizeof(Elf64_Ehdr),
						 .e_phentsize = sizeof(Elf64_Phdr),
						 .e_phnum = 1},
				 .header = {.p_type = PT_INTERP, .p_offset = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr)}};
	char path[256], script[256], text[300], found[256];
	snprintf(program.linker, sizeof program.linker, "%s", linker);
	write_file(path, "program", &program, sizeof program, 0);
	snprintf(text, sizeof text, "#! %s -x\n", path);
	write_file(script, "script", text, strlen(text), 0);
	enum reach of_script = reach_judge(AT_FDCWD, script, found, sizeof found, ret_script, 256);
	assert_string_equal(ret_script, script);
	assert_string_equal(found, path);
	assert_int_equal(reach_judge(AT_FDCWD, path, found, sizeof found, ret_script, 256), of_script);
	assert_string_equal(ret_script, "");
	return of_script;
}

static void linkers(void **state)
{
	(void)state;
	char path[256], script[256];
	static const char sign[] = "GLIBC_2.35", other[] = "GLIBC_2.350";
	assert_int_equal(judge("/lib/ld-musl-x86_64.so.1", script),
					 access("/lib/ld-musl-x86_64.so.1", F_OK) == 0 ? REACH_LIBC : REACH_YES);
	/* However the text lies to the pieces in which the file is read. */
	for (size_t before = 1000; before < 1040; before++) {
		write_file(path, "linker", sign, sizeof sign, before);
		assert_int_equal(judge(path, script), REACH_YES);
	}
	write_file(path, "linker", other, sizeof other, 1000);
	assert_int_equal(judge(path, script), REACH_LIBC);
	write_file(path, "linker", "", 0, 5000);
	assert_int_equal(judge(path, script), REACH_LIBC);
	write_file(path, "ld-musl-tool", "\177ELF\2 and more than an identification", 30, 0);
	char found[256];
	assert_int_equal(reach_judge(AT_FDCWD, path, found, sizeof found, NULL, 0), REACH_LIBC);
	assert_int_equal(reach_judge(AT_FDCWD, "/no/such", found, sizeof found, script, 256), REACH_NOTHING);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	const char *const names[] = {"program", "script", "linker", "ld-musl-tool"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(environment), cmocka_unit_test(arguments),
									   cmocka_unit_test(scripts), cmocka_unit_test(interpreters),
									   cmocka_unit_test(linkers)};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
