// SPDX-License-Identifier: PostgreSQL
/*
 * print-time.h - times and durations as a person reads them.
 */
#ifndef PQLEAK_ANALYZER_BASE_PRINT_TIME_H
#define PQLEAK_ANALYZER_BASE_PRINT_TIME_H

#include <stdint.h>

#define TIME_TEXT 40
#define DURATION_TEXT 24

enum time_detail { TIME_SECONDS, TIME_MILLISECONDS };

/* ns since 1970 as local date and time, into `text` of TIME_TEXT bytes, which is returned. */
const char *format_time(char *text, int64_t ns, enum time_detail detail);

/* ns as "850 us", "2.1 ms", "3.2 s", "4 min 5 s", ..., into `text` of DURATION_TEXT bytes, which is returned. */
const char *format_duration(char *text, int64_t ns);

#endif
