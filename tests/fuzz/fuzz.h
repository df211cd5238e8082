// SPDX-License-Identifier: PostgreSQL
/*
 * fuzz.h - the entry that libFuzzer, and main.c in its place, calls.
 */
#ifndef PQLEAK_TESTS_FUZZ_FUZZ_H
#define PQLEAK_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Handles one input; aborts when a promise is broken.  Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
