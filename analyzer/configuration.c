// SPDX-License-Identifier: PostgreSQL
/*
 * configuration.c - see configuration.h.
 */
#include "analyzer/configuration.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/command.h"
#include "analyzer/message.h"
#include "analyzer/options.h"

#define NAME ".pqleak.ini"

/* Of these a path that is not absolute is below the file's folder. */
static const char *const paths[] = {"suppressions", "baseline", "skip-file", "source-root", "sysroot", "debug-path"};

struct parser {
	struct configured *configured;
	const struct command *command;
	FILE *file;
	int line;
	bool failed; /* the error is printed */
};

static void complain(struct parser *parser, const char *what, const char *about)
{
	if (!parser->failed)
		fail(0, "%s:%d: %s '%s' (pqleak(1) describes the file)", parser->configured->file, parser->line, what, about);
	parser->failed = true;
}

/* "check run": the commands that a section is for. */
static bool is_for(const struct command *command, const char *section, struct parser *parser)
{
	static const char *const known[] = {"check", "report", "run", "baseline"};
	bool found = false;

	for (const char *word = section + strspn(section, " \t"); *word != '\0'; word += strspn(word, " \t")) {
		size_t length = strcspn(word, " \t");
		bool is_known = false;
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			is_known = is_known || (strlen(known[i]) == length && strncmp(known[i], word, length) == 0);
		if (!is_known)
			complain(parser, "a section is for one or more of check, report, run and baseline, not for", section);
		found = found || (strlen(command->name) == length && strncmp(command->name, word, length) == 0);
		word += length;
	}
	return found;
}

static bool add(struct parser *parser, char *option)
{
	struct configured *configured = parser->configured;
	int *lines = reallocarray(configured->lines, (size_t)configured->count + 1, sizeof *lines);
	char **argv = reallocarray(configured->argv, (size_t)configured->argc + 2, sizeof *argv);

	if (lines != NULL)
		configured->lines = lines;
	if (argv != NULL)
		configured->argv = argv;
	if (lines == NULL || argv == NULL || option == NULL) {
		free(option);
		parser->failed = true;
		return fail(false, "out of memory");
	}
	lines[configured->count++] = parser->line;
	argv[configured->argc++] = option;
	return true;
}

/* `value` with the file's folder before each relative path in it, which ':' separates in a list. */
static char *below_folder(const char *file, const char *value, bool is_list)
{
	const char *slash = strrchr(file, '/');
	int folder = slash != NULL ? (int)(slash - file) + 1 : 0;
	char *all = strdup("");

	for (const char *at = value; all != NULL;) {
		size_t length = is_list ? strcspn(at, ":") : strlen(at);
		char *longer = NULL;
		if (asprintf(&longer, "%s%.*s%.*s%s", all, at[0] == '/' ? 0 : folder, file, (int)length, at,
					 at[length] != '\0' ? ":" : "") < 0)
			longer = NULL;
		free(all);
		all = longer;
		if (at[length] == '\0')
			break;
		at += length + 1;
	}
	return all;
}

static char *value_of(const char *file, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		if (strcmp(key, paths[i]) == 0)
			return below_folder(file, value, strcmp(key, "debug-path") == 0);
	/* FORMAT=FILE */
	const char *equals = strcmp(key, "output") == 0 ? strchr(value, '=') : NULL;
	if (equals == NULL || strcmp(equals, "=-") == 0)
		return strdup(value);
	char *path = below_folder(file, equals + 1, false), *whole = NULL;
	if (path != NULL && asprintf(&whole, "%.*s%s", (int)(equals + 1 - value), value, path) < 0)
		whole = NULL;
	free(path);
	return whole;
}

/* Called by inih for each line `key = value`. */
static int take(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	char *option = NULL;

	if (section[0] == '\0')
		complain(parser, "there is no section, as [check], before", key);
	if (strcmp(key, "config") == 0 || strcmp(key, "no-config") == 0 || strcmp(key, "help") == 0)
		complain(parser, "a configuration file cannot have", key);
	if (parser->failed || !is_for(parser->command, section, parser))
		return !parser->failed;
	/* One that takes no value: an unknown one is told by who takes it. */
	const struct option *known = parser->command->options;
	while (known->name != NULL && strcmp(known->name, key) != 0)
		known++;
	if (known->name != NULL && known->has_arg == no_argument) {
		if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
			complain(parser, "it must be yes or no:", key);
		if (parser->failed || strcmp(value, "no") == 0)
			return !parser->failed;
		if (asprintf(&option, "--%s", key) < 0)
			option = NULL;
	} else {
		char *whole = value_of(parser->configured->file, key, value);
		if (whole == NULL || asprintf(&option, "--%s=%s", key, whole) < 0)
			option = NULL;
		free(whole);
	}
	return add(parser, option);
}

/* inih tells no line numbers. */
static char *next_line(char *text, int room, void *user)
{
	struct parser *parser = user;

	parser->line++;
	return fgets(text, room, parser->file);
}

static bool parse(struct parser *parser)
{
	struct stat there;

	parser->file = fopen(parser->configured->file, "re");
	if (parser->file != NULL && fstat(fileno(parser->file), &there) == 0 && S_ISDIR(there.st_mode)) {
		fclose(parser->file);
		parser->file = NULL;
		errno = EISDIR;
	}
	if (parser->file == NULL)
		return fail(false, "cannot read the configuration in '%s': %s (--no-config does without)",
					parser->configured->file, strerror(errno));
	int wrong = ini_parse_stream(next_line, parser, take, parser);
	fclose(parser->file);
	if (wrong != 0 && !parser->failed)
		return fail(false, "%s:%d: this is neither [section] nor 'key = value' (pqleak(1) describes the file)",
					parser->configured->file, wrong);
	return !parser->failed;
}

/* .pqleak.ini in this folder or the nearest one above it, but not outside of a repository; NULL: there is none. */
static char *find(void)
{
	char folder[PATH_MAX], path[PATH_MAX + sizeof NAME + 1];

	if (getcwd(folder, sizeof folder) == NULL)
		return NULL;
	for (;;) {
		size_t length = strlen(folder);
		const char *end = length > 0 && folder[length - 1] == '/' ? "" : "/";
		snprintf(path, sizeof path, "%s%s" NAME, folder, end);
		if (access(path, F_OK) == 0)
			return strdup(path);
		snprintf(path, sizeof path, "%s%s.git", folder, end);
		char *slash = strrchr(folder, '/');
		if (access(path, F_OK) == 0 || slash == NULL || slash[1] == '\0')
			return NULL;
		slash[slash == folder ? 1 : 0] = '\0';
	}
}

/* What --config and --no-config say; wrong options are told later, by who takes them. */
static bool choose(const struct command *command, int argc, char **argv, char **ret)
{
	const char *named = NULL;
	bool none = false;

	opterr = 0;
	for (int option; (option = getopt_long(argc, argv, command->letters, command->options, NULL)) != -1;) {
		if (option == OPTION_CONFIG)
			named = optarg;
		none = none || option == OPTION_NO_CONFIG;
	}
	optind = 0; /* begins anew */
	*ret = none ? NULL : named != NULL ? strdup(named) : find();
	return none || named == NULL || *ret != NULL;
}

bool configuration_read(const struct command *command, int argc, char **argv, struct configured *ret)
{
	*ret = (struct configured){.argc = 1};
	ret->argv = calloc((size_t)argc + 1, sizeof *argv);
	if (ret->argv == NULL || !choose(command, argc, argv, &ret->file))
		return fail(false, "out of memory");
	ret->argv[0] = argv[0];
	struct parser parser = {.configured = ret, .command = command};
	if (ret->file != NULL && !parse(&parser))
		return false;
	char **longer = reallocarray(ret->argv, (size_t)(ret->argc + argc) + 1, sizeof *longer);
	if (longer == NULL)
		return fail(false, "out of memory");
	ret->argv = longer;
	for (int i = 1; i < argc; i++)
		longer[ret->argc++] = argv[i];
	longer[ret->argc] = NULL;
	return true;
}

void configuration_blame(const struct configured *configured)
{
	int last = optind - 1; /* the option that was taken last */

	if (last >= 1 && last <= configured->count)
		fail(0, "that is from %s:%d", configured->file, configured->lines[last - 1]);
}

void configuration_done(struct configured *configured)
{
	for (int i = 0; i < configured->count; i++)
		free(configured->argv[1 + i]);
	free(configured->argv);
	free(configured->lines);
	free(configured->file);
}
