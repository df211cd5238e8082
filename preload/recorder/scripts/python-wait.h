// SPDX-License-Identifier: PostgreSQL
/*
 * python-wait.h - takes Python's lock (GIL) for a walk, and brings the thread back from it.
 *
 * A thread that waits for the GIL when the interpreter begins to finalise is
 * ended there: pthread_exit.  It would have been ended soon without us, in its
 * driver's own wait, but after that has unlocked its connection; ended here it
 * would leave that locked, and a finalizer that closes the connection would
 * wait for ever.  So the interpreter's pthread_exit is ours while we wait, and
 * jumps back here.  CPython up to 3.13 holds nothing when it calls it.
 *
 * From 3.14 on such a thread is left hanging, and is not brought back.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_WAIT_H
#define PQLEAK_PRELOAD_RECORDER_SCRIPTS_PYTHON_WAIT_H

#include <stdbool.h>

#include "preload/recorder/scripts/script.h"

/*
 * `ensure` is PyGILState_Ensure, `version` is Py_Version or 0.  False: the interpreter is going, and wanted this thread
 * ended; nothing was taken.
 */
bool python_wait(const struct script_interpreter *interpreter, void *ensure, unsigned long version,
				 struct script_walk *walk, int *ret_state);

#endif
