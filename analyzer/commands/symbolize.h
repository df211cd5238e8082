// SPDX-License-Identifier: PostgreSQL
/*
 * symbolize.h - every frame of a trace named, so that the trace can travel.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SYMBOLIZE_H
#define PQLEAK_ANALYZER_COMMANDS_SYMBOLIZE_H

#include <stdbool.h>

#include "analyzer/reading/reading.h"

/* Looks up and stores what has no name yet, of all that was drained.  False: it failed and said so. */
bool symbolize(struct reading *reading);

#endif
