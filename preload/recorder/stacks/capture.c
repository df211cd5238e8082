// SPDX-License-Identifier: PostgreSQL
/* capture.c - see capture.h. */
#include "preload/recorder/stacks/capture.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/elf/elf-object.h"
#include "preload/recorder/stacks/memo.h"

#define OWN_FRAMES 8       /* at most so many of ours are on top */
#define FIRST_CAPTURES 16u /* of the process: a short one makes no more */

static int (*backtrace_function)(void **, int);
static const void *(*hold_forks)(void);
static void (*let_forks)(const void *hold);

static uintptr_t shim_low, shim_high, wrappers_low, wrappers_high;

/*
 * RTLD_DEEPBIND, because it uses libc alone: the linker would look for each of its names, and of the library's that it
 * needs, in all that the host has loaded before it comes to libc.  By libc's own function, because a sanitizer's ends
 * the process that asks for this.
 */
static void *open_unwinder(void)
{
	static const char name[] = "libunwind.so.8";
	void *(*open)(const char *, int) = (__extension__(void *(*)(const char *, int)) elf_libc_function("dlopen"));
	return open != NULL ? open(name, RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND) : dlopen(name, RTLD_LAZY | RTLD_LOCAL);
}

int capture_prepare(const struct recorder_settings *settings)
{
	hold_forks = settings->hold_forks;
	let_forks = settings->let_forks;
	shim_low = (uintptr_t)settings->shim_low;
	shim_high = (uintptr_t)settings->shim_high;
	wrappers_low = (uintptr_t)settings->wrappers_low;
	wrappers_high = (uintptr_t)settings->wrappers_high;
	if (backtrace_function != NULL)
		return 0;
	void *library = open_unwinder();
	if (library == NULL) {
		dlerror(); /* not the host's to find */
		return -ENOPKG;
	}
	quiet_unwinder(library, settings);
	memo_prepare(library);
	backtrace_function = (__extension__(int (*)(void **, int)) dlsym(library, "unw_backtrace"));
	return backtrace_function != NULL ? 0 : -ENOPKG;
}

const void *capture_hold(void)
{
	return hold_forks();
}

void capture_let(const void *hold)
{
	let_forks(hold);
}

static bool is_own(uintptr_t address)
{
	const struct elf_object *recorder = elf_self();
	return (address >= shim_low && address < shim_high) || (address >= recorder->low && address < recorder->high);
}

static int unwind(uintptr_t *ret, int most)
{
	static _Atomic uint32_t captures;
	bool is_early = atomic_load_explicit(&captures, memory_order_relaxed) < FIRST_CAPTURES;
	if (is_early)
		atomic_fetch_add_explicit(&captures, 1, memory_order_relaxed);
	int found = is_early ? capture_by_steps(ret, most) : 0;
	return found > 0 ? found : backtrace_function((void **)ret, most);
}

size_t capture_stack(uintptr_t ret[CAPTURE_FRAMES])
{
	uintptr_t frames[CAPTURE_FRAMES + OWN_FRAMES];
	const void *hold = hold_forks();
	int found = unwind(frames, CAPTURE_FRAMES + OWN_FRAMES);
	let_forks(hold);
	int own = 0;
	while (own < found && is_own(frames[own]))
		own++;
	size_t count = (size_t)(found - own);
	/* Some unwinders end a stack with a zero. */
	while (count > 0 && frames[own + (int)count - 1] == 0)
		count--;
	if (count > CAPTURE_FRAMES)
		count = CAPTURE_FRAMES;
	memcpy(ret, frames + own, count * sizeof *ret);
	return count;
}

bool capture_is_within_wrapper(void)
{
	uintptr_t frames[CAPTURE_FRAMES];
	size_t count = capture_stack(frames);
	for (size_t i = 0; i < count; i++)
		if (frames[i] >= wrappers_low && frames[i] < wrappers_high)
			return true;
	return false;
}
