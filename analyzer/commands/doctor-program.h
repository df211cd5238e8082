// SPDX-License-Identifier: PostgreSQL
/*
 * doctor-program.h - what a command's file says about what will be seen of it; it is not run.
 */
#ifndef PQLEAK_ANALYZER_COMMANDS_DOCTOR_PROGRAM_H
#define PQLEAK_ANALYZER_COMMANDS_DOCTOR_PROGRAM_H

#include "analyzer/commands/doctor-say.h"

/* Looks at the program that execvp would find at `path`; `shim` as it will be preloaded. */
void doctor_program(struct doctor *doctor, const char *path, const char *shim);

#endif
