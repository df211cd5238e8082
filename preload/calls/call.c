// SPDX-License-Identifier: PostgreSQL
/* call.c - see call.h. */
#include "preload/calls/call.h"

#include <errno.h>
#include <time.h>

#include "preload/calls/thunk.h"
#include "preload/libpq/libpq-cache.h"
#include "preload/process/calm.h"
#include "preload/process/process.h"
#include "preload/process/say.h"

static void say_unresolved(void *unused)
{
	(void)unused;
	say_once("a libpq function was called that no loaded libpq defines; the call fails", NULL, 0);
}

/* Finds out whatever is not known yet. */
__attribute__((noinline)) static bool begin_slowly(struct call *call, enum hook hook, const void *object,
												   const void *return_address)
{
	int error = errno;
	struct route route = {0};
	if (pqleak_hint != 0) {
		route.libpq = registry_numbered(pqleak_hint - 1);
		pqleak_hint = 0;
	} else {
		route = route_of_caller(return_address, object);
	}
	*call = (struct call){.libpq = route.libpq, .hook = hook};
	if (route.libpq != NULL)
		call->real = route_function(&route, hook);
	bool traced = false;
	if (call->real == NULL)
		calm_run(say_unresolved, NULL);
	else if (!route.passes)
		traced = process_recording() && !(route.nested && process_recorder->is_within_wrapper());
	if (traced)
		call->thread = process_thread();
	errno = error;
	return traced;
}

/* From where one came from before. */
bool call_begin_elsewhere(struct call *call, enum hook hook, const void *object, const void *return_address)
{
	struct route route;
	if (__builtin_expect(pqleak_hint == 0 && cache_recall(return_address, &route), 1)) {
		call->libpq = route.libpq;
		call->real = route_known_function(&route, hook);
		call->began = 0;
		call->hook = hook;
		if (__builtin_expect(call->real != NULL && !route.nested && process_is_recording(), 1)) {
			call->thread = process_thread();
			return true;
		}
		if (call->real != NULL && route.passes)
			return false;
	}
	return begin_slowly(call, hook, object, return_address);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t call_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t call_now_coarse(void)
{
	return read_clock(CLOCK_MONOTONIC_COARSE);
}
