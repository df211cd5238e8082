// SPDX-License-Identifier: PostgreSQL
/*
 * show-resource.h - one resource that is no connection, from its acquire to the end of its process.
 *
 * For reading_show, with a struct shown.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_SHOW_RESOURCE_H
#define PQLEAK_ANALYZER_COMMANDS_SHOW_RESOURCE_H

#include "analyzer/reading/reading.h"

reading_prepare prepare_resource;
reading_print print_resource;

#endif
