// SPDX-License-Identifier: PostgreSQL
/*
 * show-life.h - one connection from its opening to its end.
 *
 * For reading_show, with a struct shown.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_LIFE_H

#include "analyzer/reading/reading.h"

reading_prepare prepare_life;
reading_print print_life;

#endif
