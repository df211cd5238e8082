// SPDX-License-Identifier: PostgreSQL
/*
 * mapped.h - what a program under test has mapped, for tests that link it with --wrap of mmap and munmap.
 *
 * For tests of one thread.
 */
#ifndef PQLEAK_TESTS_UNIT_MAPPED_H
#define PQLEAK_TESTS_UNIT_MAPPED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern size_t mapped_bytes;    /* now */
extern bool mapped_is_refused; /* mmap fails from now on */

#endif
