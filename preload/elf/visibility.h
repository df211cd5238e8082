// SPDX-License-Identifier: PostgreSQL
/* visibility.h - what a library of ours exports; without a word it hides. */
#ifndef PQLEAK_PRELOAD_ELF_VISIBILITY_H
#define PQLEAK_PRELOAD_ELF_VISIBILITY_H

#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden"))) /* also for declarations that assembly or no header sees */

#endif
