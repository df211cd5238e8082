// SPDX-License-Identifier: PostgreSQL
/*
 * shim.c - libpqleak.so is loaded, and its process ends.
 *
 * Owns the order of both, and tells the rooms below what they need of each
 * other.  Everything between happens in the functions that the host calls:
 * calls/wrappers.c, bind/dl.c and watch/.  Opens no file and loads nothing: most
 * processes end without a call of libpq.
 */
#include <errno.h>
#include <stdlib.h>

#include "preload/bind/lua.h"
#include "preload/calls/note.h"
#include "preload/calls/overlap.h"
#include "preload/calls/wrappers.h"
#include "preload/process/process.h"
#include "preload/process/say.h"
#include "preload/process/settings.h"
#include "preload/watch/blind-spots.h"

static void end(enum process_end how)
{
	blind_spots_at_end();
	process_ends(how, settings.drain);
}

static void at_exit(void *unused)
{
	(void)unused;
	end(END_EXIT);
}

static void at_quick_exit_(void)
{
	end(END_QUICK_EXIT);
}

extern int __cxa_atexit(void (*)(void *), void *, void *);

__attribute__((constructor)) static void loaded(void)
{
	int error = errno;
	settings_read();
	say_prepare();
	blind_spots_at_start();
	struct process_parts parts = {.begun = note_function_names, .lua_state = lua_state_of, .work = overlap_entries};
	wrappers_range(&parts.wrappers_low, &parts.wrappers_high);
	process_prepare(&parts);
	/*
	 * Not a destructor: global objects of the host's libraries are destroyed after those, and may still finish
	 * connections.  Registered now, before the host's own handlers, this runs after them all.
	 */
	__cxa_atexit(at_exit, NULL, NULL);
	at_quick_exit(at_quick_exit_);
	errno = error;
}
