// SPDX-License-Identifier: PostgreSQL
/*
 * deepbind.h - modules opened with RTLD_DEEPBIND, which would bind past us.
 *
 * PHP opens its extensions so.  By default the flag is left alone, because it
 * decides how all of a module's symbols are bound, and only the slots that
 * name functions we export are pointed at ours after the module is loaded.
 * With PQLEAK_DEEPBIND=clear the flag is taken off instead: that also sees
 * calls a module makes from its constructors.
 *
 * Called by dl.c.  Never changes a slot of a module opened without the flag.
 */
#ifndef PQLEAK_PRELOAD_BIND_DEEPBIND_H
#define PQLEAK_PRELOAD_BIND_DEEPBIND_H

/* The mode a dlopen goes on with; notes that a DEEPBIND module is coming. */
int deepbind_mode(int mode);

/* Points the slots of DEEPBIND modules loaded since the last look at us. Cheap when there was none. */
void deepbind_patch_new_modules(void);

#endif
