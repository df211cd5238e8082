// SPDX-License-Identifier: PostgreSQL
/*
 * perl-layout.h - where a Perl keeps what script-perl.c reads: found by comparing with what Perl itself says.
 *
 * Perl's exported functions name the statement that runs (Perl_mess) and a
 * sub (Perl_cv_name), but make a new value for each answer, and say nothing
 * of the callers' lines.  So its structures are read; and because they vary
 * with versions and builds, nothing is believed that was not first, once in a
 * process, found to say the same as those functions.
 *
 * Any thread that runs Perl may ask; the answer for a module is kept in one
 * word.  A thread waits only for one that compares, and not for long.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PERL_LAYOUT_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PERL_LAYOUT_H

#include "preload/recorder/scripts/perl-read.h"

/* Finds out what can be read. False: nothing. */
bool perl_prepare(struct perl *ret, const struct script_interpreter *interpreter);

/* The names of the sub's package and its own; false: unknown. */
bool perl_sub_name(struct perl *perl, const char *cv, struct perl_text *ret_package, struct perl_text *ret_name);

#endif
