// SPDX-License-Identifier: PostgreSQL
/* test-redact.c - what is kept of a command line. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "trace/base/redact.h"

/* A literal's bytes with the NUL that ends its last argument. */
#define ARGUMENTS(literal) literal, sizeof(literal)

static const char *redacted(const char *arguments, size_t length)
{
	static char text[4096];
	redact_command(text, sizeof text, arguments, length);
	return text;
}

static void options(void **state)
{
	(void)state;
	assert_string_equal(redacted(ARGUMENTS("psql")), "psql");
	assert_string_equal(redacted(ARGUMENTS("psql\0-X\0--no-psqlrc\0--")), "psql -X --no-psqlrc --");
	assert_string_equal(redacted(ARGUMENTS("psql\0-phunter2\0-p\0hunter2")), "psql -p(redacted) -p (redacted)");
	assert_string_equal(redacted(ARGUMENTS("psql\0--password=hunter2\0--password\0hunter2")),
						"psql --password(redacted) --password (redacted)");
	assert_string_equal(redacted(ARGUMENTS("psql\0--set hunter2\0--set\thunter2\0--set\nhunter2\0--set'hunter2'")),
						"psql --set(redacted) --set(redacted) --set(redacted) --set(redacted)");
	assert_string_equal(redacted(ARGUMENTS("psql\0--set=\0-\0\0hunter2")),
						"psql --set(redacted) (redacted) (redacted) (redacted)");
}

/* The next line of tests/adversary/secrets, which says some bytes as C does. */
static int next_secret(FILE *file, char *ret, size_t bytes)
{
	char line[256];
	do
		if (fgets(line, sizeof line, file) == NULL)
			return 0;
	while (line[0] == '#' || line[0] == '\n');
	line[strcspn(line, "\n")] = '\0';
	assert_true(strlen(line) < bytes);
	for (const char *at = line; *at != '\0'; ret++) {
		char *end = NULL;
		*ret = *at++;
		if (*ret != '\\')
			continue;
		if (*at >= '0' && *at <= '7')
			*ret = (char)strtol((char[]){at[0], at[1], at[2], '\0'}, &end, 8);
		else
			*ret = *at == 't' ? '\t' : *at == 'n' ? '\n' : *at;
		at += end != NULL ? 3 : 1;
	}
	*ret = '\0';
	return 1;
}

/* However a value is joined to its option, and where the option is the value. */
static void spellings(void **state)
{
	(void)state;
	char secret[128];
	int count = 0;
	FILE *secrets = fopen(ADVERSARY "/secrets", "re");
	assert_non_null(secrets);
	while (next_secret(secrets, secret, sizeof secret)) {
		char arguments[256];
		count++;
		size_t length = 1 + (size_t)snprintf(arguments, sizeof arguments, "app%c%s", 0, secret);
		const char *text = redacted(arguments, length);
		if (strstr(text, "X7") != NULL)
			fail_msg("%s became %s", secret, text);
		assert_non_null(strstr(text, "(redacted)"));
		length = 1 + (size_t)snprintf(arguments, sizeof arguments, "%s", secret + strspn(secret, "-"));
		text = redacted(arguments, length);
		if (strstr(text, "X7") != NULL && strspn(arguments, "pX7\303\244") < length - 1)
			fail_msg("the program %s became %s", arguments, text);
	}
	fclose(secrets);
	assert_true(count >= 40);
	assert_string_equal(redacted(ARGUMENTS("app\0--password:hunter2\0--p@ss")),
						"app --password(redacted) --(redacted)");
	/* The clean twins: names as they are. */
	assert_string_equal(redacted(ARGUMENTS("/usr/lib/g++-12/b_c.d\0--no-psqlrc\0--a.b_c-9\0-X\0--")),
						"/usr/lib/g++-12/b_c.d --no-psqlrc --a.b_c-9 -X --");
	assert_string_equal(redacted(ARGUMENTS("/home/j\303\244n/app")), "/home/j\303\244n/app");
}

static void positional(void **state)
{
	(void)state;
	assert_string_equal(redacted(ARGUMENTS("app\0alice\0postgresql://alice:hunter2@host/db\0password=hunter2")),
						"app (redacted) (redacted) (redacted)");
	assert_string_equal(redacted(ARGUMENTS("sh\0-c\0PGPASSWORD=hunter2 psql -c 'SELECT 1'")), "sh -c (redacted)");
	assert_string_equal(redacted(ARGUMENTS("app\0/no/such/hunter2\0hunter2.conf")), "app (redacted) (redacted)");
}

static void titles(void **state)
{
	(void)state;
	assert_string_equal(redacted(ARGUMENTS("postgres: alice app [local] idle")), "postgres:");
	assert_string_equal(redacted(ARGUMENTS("worker\thunter2")), "worker");
	assert_string_equal(redacted(ARGUMENTS("worker\nhunter2")), "worker");
	assert_string_equal(redacted(ARGUMENTS("PGPassword=hunter2")), "(redacted)");
	assert_string_equal(redacted(ARGUMENTS("postgresql://alice:hunter2@host/db\0--x")), "(redacted) --x");
	assert_string_equal(redacted(ARGUMENTS("\0hunter2")), " (redacted)");
	assert_string_equal(redacted("", 0), "");
	/* A title that was written over the arguments leaves the rest of them behind it. */
	assert_string_equal(redacted(ARGUMENTS("worker: idle\0\0\0hunter2")), "worker: (redacted) (redacted) (redacted)");
}

static void files(void **state)
{
	(void)state;
	char path[] = "/tmp/pqleak-redact-XXXXXX", arguments[256], wanted[256];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	size_t length = 1 + (size_t)snprintf(arguments, sizeof arguments, "python3%c%s%chunter2", 0, path, 0);
	snprintf(wanted, sizeof wanted, "python3 %s (redacted)", path);
	errno = 77;
	assert_string_equal(redacted(arguments, length), wanted);
	/* An option's value is one also when it is a file's name. */
	length = 1 + (size_t)snprintf(arguments, sizeof arguments, "python3%c--from=%s", 0, path);
	assert_string_equal(redacted(arguments, length), "python3 --from(redacted)");
	/* The end of the bytes may have cut the name. */
	length = (size_t)snprintf(arguments, sizeof arguments, "python3%c%s", 0, path);
	assert_string_equal(redacted(arguments, length), "python3 (redacted)");
	unlink(path);
	assert_string_equal(redacted(arguments, length + 1), "python3 (redacted)");
	assert_int_equal(errno, 77);
	/* A word is a word, whatever lies in the folder. */
	assert_int_equal(chdir("/"), 0);
	assert_string_equal(redacted(ARGUMENTS("ls\0tmp\0./tmp")), "ls (redacted) ./tmp");
}

static const char command[] = "app\0-phunter2\0--password=hunter2\0hunter2\0/tmp\0--\0-v\0user:hunter2@host";

/* Whatever the room: a prefix, ended, and nothing behind it. */
static void cut_at_every_length(void **state)
{
	(void)state;
	char whole[256], cut[256];
	strcpy(whole, redacted(command, sizeof command));
	assert_string_equal(whole, "app -p(redacted) --password(redacted) (redacted) /tmp -- -v (redacted)");
	for (size_t bytes = 1; bytes <= strlen(whole) + 2; bytes++) {
		memset(cut, 'x', sizeof cut);
		redact_command(cut, bytes, command, sizeof command);
		size_t length = strnlen(cut, bytes);
		assert_int_equal(length, bytes <= strlen(whole) ? bytes - 1 : strlen(whole));
		assert_memory_equal(cut, whole, length);
		for (size_t i = bytes; i < sizeof cut; i++)
			assert_int_equal(cut[i], 'x');
	}
}

/* However much of the arguments there is: no secret, and nothing is read behind them. */
static void ends_at_every_length(void **state)
{
	(void)state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(memory != MAP_FAILED);
	assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
	for (size_t length = 0; length <= sizeof command; length++) {
		char *arguments = memory + page - length;
		memcpy(arguments, command, length);
		const char *text = redacted(arguments, length);
		assert_null(strstr(text, "hu"));
		assert_null(strstr(text, "user"));
		assert_int_equal(strncmp(text, "app", length < 3 ? length : 3), 0);
	}
	munmap(memory, 2 * page);
}

static void suspicious(void **state)
{
	(void)state;
	static const char *const words[] = {"password", "my-PassWd", "PGPWD", "secret", "a Token", "credentials", "x://y"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		assert_true(redact_is_suspicious(words[i], strlen(words[i])));
		for (size_t length = 0; length < 3; length++)
			assert_false(redact_is_suspicious(words[i], length));
	}
	assert_false(redact_is_suspicious("", 0));
	assert_false(redact_is_suspicious("passenger", 3));
	assert_false(redact_is_suspicious("psql", 4));
	assert_false(redact_is_suspicious("billing / nightly", 17));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(options),
									   cmocka_unit_test(spellings),
									   cmocka_unit_test(positional),
									   cmocka_unit_test(titles),
									   cmocka_unit_test(files),
									   cmocka_unit_test(cut_at_every_length),
									   cmocka_unit_test(ends_at_every_length),
									   cmocka_unit_test(suspicious)};
	return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
