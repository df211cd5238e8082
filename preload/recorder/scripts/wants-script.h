// SPDX-License-Identifier: PostgreSQL
/*
 * wants-script.h - which events want the frames of the script that called.
 *
 * Owns which connections are in a transaction, so that the events that begin
 * and end one are known.  Asked only about events of threads that run a
 * script; the caller holds the recorder's lock.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_WANTS_SCRIPT_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_WANTS_SCRIPT_H

#include <stdbool.h>

#include "trace/base/event.h"

/* Forgets everything: this is a new process. */
void wants_script_reset(void);

/* Whether the event wants them.  To be asked once about each, in their order. */
bool wants_script(const struct event *event);

#endif
