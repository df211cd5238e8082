// SPDX-License-Identifier: PostgreSQL
/*
 * accepted.c - see accepted.h.
 */
#include "analyzer/options/accepted.h"

#include "analyzer/options/options.h"

bool accepted_has_option(int option)
{
	return option == OPTION_SUPPRESSIONS || option == OPTION_STRICT_SUPPRESSIONS ||
		   option == OPTION_PRINT_SUPPRESSIONS || option == OPTION_BASELINE || option == OPTION_SHOW_EXCUSED;
}

bool accepted_option(int option, const char *value, struct accepted *accepted)
{
	switch (option) {
	case OPTION_SUPPRESSIONS:
		return suppress_read(&accepted->suppressions, value);
	case OPTION_STRICT_SUPPRESSIONS:
		accepted->strict = true;
		return true;
	case OPTION_PRINT_SUPPRESSIONS:
		accepted->print = true;
		return true;
	case OPTION_BASELINE:
		return baseline_read(&accepted->baseline, value);
	case OPTION_SHOW_EXCUSED:
		accepted->show = true;
		return true;
	default:
		return false;
	}
}
