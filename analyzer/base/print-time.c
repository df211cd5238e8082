// SPDX-License-Identifier: PostgreSQL
/*
 * print-time.c - see print-time.h.
 */
#include "analyzer/base/print-time.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

const char *format_time(char *text, int64_t ns, enum time_detail detail)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm parts;
	char date[TIME_TEXT];

	if (localtime_r(&seconds, &parts) == NULL || strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts) == 0) {
		snprintf(text, TIME_TEXT, "(no time)");
		return text;
	}
	if (detail == TIME_MILLISECONDS)
		snprintf(text, TIME_TEXT, "%.32s.%03d", date, (int)(ns % NS_PER_S / NS_PER_MS));
	else
		snprintf(text, TIME_TEXT, "%.32s", date);
	return text;
}

const char *format_duration(char *text, int64_t ns)
{
	/* Clocks can be set back; a duration cannot. */
	ns = ns > 0 ? ns : 0;
	int64_t s = ns / NS_PER_S;

	if (ns < NS_PER_MS)
		snprintf(text, DURATION_TEXT, "%" PRId64 " us", ns / NS_PER_US);
	else if (ns < NS_PER_S)
		snprintf(text, DURATION_TEXT, "%.1f ms", (double)ns / (double)NS_PER_MS);
	else if (s < 60)
		snprintf(text, DURATION_TEXT, "%.1f s", (double)ns / (double)NS_PER_S);
	else if (s < 3600)
		snprintf(text, DURATION_TEXT, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	else if (s < 86400)
		snprintf(text, DURATION_TEXT, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(text, DURATION_TEXT, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
	return text;
}
