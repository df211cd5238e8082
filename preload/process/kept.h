// SPDX-License-Identifier: PostgreSQL
/*
 * kept.h - LD_PRELOAD and our settings as variables, for programs that are started with a cleared environment.
 *
 * Owns their texts, which are written once, when the library is loaded, and only if
 * PQLEAK_KEEP_ENVIRONMENT asks for it (settings.h).
 */
#ifndef PQLEAK_PRELOAD_PROCESS_KEPT_H
#define PQLEAK_PRELOAD_PROCESS_KEPT_H

/* Where this library lies, with the last slash, and its name there.  After settings_read. */
void kept_prepare(const char *folder, const char *file);

/* "NAME=value" each, ended by NULL; none when nothing is to be kept. */
const char *const *kept_variables(void);

#endif
