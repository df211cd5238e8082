// SPDX-License-Identifier: PostgreSQL
/*
 * elf-slot.h - the slots through which a loaded object reaches functions of others.
 *
 * Used for four objects only: a module opened with RTLD_DEEPBIND, whose slots
 * would bind past us (deepbind.c), our own libunwind, which must not touch
 * the host's descriptors (stacks/quiet.c), a Python that would end a thread
 * while we wait for it (scripts/python-wait.c), and a driver that gives up Ruby's
 * lock around libpq (scripts/script-ruby.c).
 */
#ifndef PQLEAK_PRELOAD_ELF_ELF_SLOT_H
#define PQLEAK_PRELOAD_ELF_ELF_SLOT_H

#include "preload/elf/elf-object.h"

/* Points each slot of `object` for which `choose` names a function at that function. Keeps errno. */
void elf_replace_slots(const struct elf_object *object, void *(*choose)(const char *name));

#endif
