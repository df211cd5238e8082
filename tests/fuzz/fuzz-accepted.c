// SPDX-License-Identifier: PostgreSQL
/*
 * fuzz-accepted.c - any bytes as a file of suppressions and as a baseline.
 *
 * Owns libFuzzer's entry.  Built with main.c in its place it runs over the
 * files of tests/golden/accepted as an ordinary test.  Whatever the bytes are,
 * nothing may crash, and what is read is whole.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/known/baseline-file.h"
#include "analyzer/known/suppress-file.h"
#include "analyzer/words/function-name.h"

static void check(int is_true, const char *what)
{
	if (!is_true) {
		fprintf(stderr, "fuzz-accepted: %s\n", what);
		abort();
	}
}

static void read_suppressions(const char *path)
{
	struct suppressions all = {0};
	bool done = suppress_read(&all, path);

	for (size_t i = 0; done && i < all.count; i++) {
		const struct suppression *item = &all.items[i];
		check(item->pattern[0] != '\0' && item->line > 0, "an entry without a pattern");
		check(pattern_matches("*", item->pattern), "a pattern that '*' does not match");
		check(item->expires[0] == '\0' || strlen(item->expires) == 10, "half a date");
		for (size_t f = 0; f < item->frame_count; f++)
			pattern_matches(item->frames[f], item->pattern);
	}
	suppressions_done(&all);
}

static void read_baseline(const char *path)
{
	struct baseline baseline = {0};
	bool done = baseline_read(&baseline, path);

	for (size_t i = 0; done && i < baseline.count; i++) {
		char native[256], script[256];
		snprintf(native, sizeof native, "%s", baseline.items[i].path);
		snprintf(script, sizeof script, "%s", baseline.items[i].path);
		size_t length = strlen(native);
		stable_native_name(native);
		stable_script_name(script);
		check(strlen(native) > 0 && strlen(native) <= length, "a native name is longer, or none");
		check(strlen(script) > 0 && strlen(script) <= length, "a script's name is longer, or none");
		check(baseline.items[i].count > 0 && baseline.items[i].path[0] != '\0', "half an entry");
	}
	baseline_done(&baseline);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int file = memfd_create("accepted", MFD_CLOEXEC);

	check(file >= 0 && write(file, data, size) == (ssize_t)size, "no file in memory");
	snprintf(path, sizeof path, "/proc/self/fd/%d", file);
	read_suppressions(path);
	read_baseline(path);
	close(file);
	return 0;
}
