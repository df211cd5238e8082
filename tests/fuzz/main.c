// SPDX-License-Identifier: PostgreSQL
/*
 * main.c - runs a fuzzer's entry over a folder of inputs, without libFuzzer.
 *
 * Used by the test suite: every input that was once interesting stays so.
 * Fails when the folder holds none.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rbe");
	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		return NULL;
	long size = ftell(file);
	rewind(file);
	uint8_t *bytes = malloc(size > 0 ? (size_t)size : 1);
	if (bytes != NULL && fread(bytes, 1, (size_t)size, file) != (size_t)size) {
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	*ret_size = (size_t)size;
	return bytes;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER-OF-INPUTS\n", argv[0]);
		return 2;
	}
	int count = 0;
	struct dirent *entry;
	while ((entry = readdir(folder)) != NULL) {
		char path[4096];
		size_t size;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		uint8_t *bytes = read_file(path, &size);
		if (bytes == NULL) {
			fprintf(stderr, "cannot read %s\n", path);
			return 2;
		}
		printf("%s\n", entry->d_name);
		fflush(stdout);
		LLVMFuzzerTestOneInput(bytes, size);
		free(bytes);
		count++;
	}
	closedir(folder);
	return count > 0 ? 0 : 2;
}
