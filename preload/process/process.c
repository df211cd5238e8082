// SPDX-License-Identifier: PostgreSQL
/* process.c - see process.h. */
#include "preload/process/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/elf/linker.h"
#include "preload/process/calm.h"
#include "preload/process/forks.h"
#include "preload/process/kept.h"
#include "preload/process/mark.h"
#include "preload/process/say.h"
#include "preload/process/settings.h"

#define SHIM_FILE "libpqleak.so"
#define RECORDER_FILE "libpqleak-recorder.so"

const struct recorder *process_recorder;

struct process_page *_Atomic process_page;
static _Atomic uint64_t missed; /* calls that came before settings were read, or while another thread was beginning */
static bool has_recorded;       /* survives a fork: then the state is PROCESS_FRESH again and this says why */

static struct process_parts others;
static char trace_path[4096];
static char own_folder[4096]; /* where this library lies, absolute, with the last slash */

/* --- the page --- */

static void clear_page(void)
{
	memset(atomic_load(&process_page), 0, sizeof(struct process_page));
}

static struct process_page *get_page(void)
{
	struct process_page *have = atomic_load_explicit(&process_page, memory_order_acquire);
	if (have != NULL)
		return have;
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct process_page *made = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return NULL;
	bool is_wiped = madvise(made, bytes, MADV_WIPEONFORK) == 0;
	if (!atomic_compare_exchange_strong(&process_page, &have, made)) {
		munmap(made, bytes);
		return have;
	}
	/* Kernels before 4.14 and some sandboxes: then at least fork() itself is noticed. */
	if (!is_wiped)
		pthread_atfork(NULL, NULL, clear_page);
	return made;
}

/* --- starting --- */

struct words {
	const char *what, *detail;
	int error;
};

static void say_words(void *closure)
{
	const struct words *words = closure;
	say_once(words->what, words->detail, words->error);
}

static void trouble(const char *what, const char *detail, int error)
{
	calm_run(say_words, &(struct words){what, detail, error});
}

static int load_recorder(void)
{
	if (process_recorder != NULL)
		return 0;
	char path[sizeof own_folder + sizeof RECORDER_FILE];
	snprintf(path, sizeof path, "%s" RECORDER_FILE, own_folder);
	void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (handle == NULL) {
		int error = errno;
		dlerror(); /* not the host's to find */
		return error == EMFILE || error == ENFILE || error == ENOMEM ? -error : -ELIBACC;
	}
	const struct recorder *found = linker_find(handle, "pqleak_recorder", NULL);
	if (found == NULL || found->abi != RECORDER_ABI || found->event_bytes != sizeof(struct event))
		return -ELIBBAD;
	process_recorder = found;
	return 0;
}

/* Here, because this library has its place among the threads' words for sure; the recorder comes late. */
static void **own_word(void)
{
	static __thread void *own __attribute__((tls_model("initial-exec")));
	return &own;
}

static int start(struct process_page *mine)
{
	if (!settings_find_trace(trace_path, sizeof trace_path)) {
		trace_path[0] = '\0';
		return -ENAMETOOLONG;
	}
	int error = load_recorder();
	if (error != 0)
		return error;
	const struct recorder_settings asked = {
		.trace = trace_path,
		.label = settings.label,
		.parent_id = has_recorded ? process_recorder->id() : 0,
		.keep_events = settings.keep_events,
		.lines = settings.lines,
		.missed = atomic_exchange(&missed, 0),
		.shim_low = (const void *)elf_self()->low,
		.shim_high = (const void *)elf_self()->high,
		.wrappers_low = others.wrappers_low,
		.wrappers_high = others.wrappers_high,
		.work = others.work,
		.lock = &mine->recorder_lock,
		.unloads = &linker_unloads,
		.calmly = calm_run,
		.calm_signals = calm_signals,
		.calm_thread = &mine->calm_thread,
		.own_word = own_word,
		.hold_forks = forks_hold,
		.let_forks = forks_let,
		.lua_state = others.lua_state,
		.trouble = trouble,
	};
	return process_recorder->start(&asked);
}

/* What `start` failed at, in a person's words. */
static void say_off(int error)
{
	if (error == ELIBACC || error == ELIBBAD) {
		say_once(error == ELIBACC ? "tracing is off: cannot load"
								  : "tracing is off: from a different build than libpqleak.so:",
				 RECORDER_FILE " (install pqleak again)", 0);
	} else if (error == EDEADLK) {
		say_once("tracing is off: forked while another thread held a lock of the dynamic linker or of libunwind", NULL,
				 0);
	} else if (error == ENOPKG) {
		say_once("tracing is off: cannot load", "libunwind.so.8 (install libunwind8)", 0);
	} else {
		char quoted[sizeof trace_path + 2];
		snprintf(quoted, sizeof quoted, "'%s'", trace_path);
		say_once("tracing is off: cannot create a spool next to trace", quoted, error);
	}
}

enum {
	BEGIN_YIELDS = 1000,
	BEGIN_SLEEPS = 10000, /* of 100 us each */
};

/*
 * Waits until nobody else is beginning.  Not for ever: the other thread may wait in the dynamic linker for a lock that
 * this one holds, because it runs a constructor.
 */
static bool take_turn(struct process_page *mine)
{
	for (int tries = 0; atomic_exchange(&mine->beginning, 1) != 0; tries++) {
		if (tries >= BEGIN_YIELDS + BEGIN_SLEEPS)
			return false;
		if (tries < BEGIN_YIELDS)
			sched_yield();
		else
			nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
	}
	return true;
}

static void begin_calmly(void *closure)
{
	struct process_page *mine = closure;
	if (!take_turn(mine)) {
		atomic_fetch_add(&missed, 1);
		return;
	}
	forks_loads(true);
	if (atomic_load(&mine->state) == PROCESS_FRESH) {
		int error = forks_is_torn() ? -EDEADLK : start(mine);
		mine->pid = getpid();
		has_recorded |= error == 0;
		if (error == 0)
			others.begun();
		atomic_store_explicit(&mine->recording, error == 0 ? mine->pid : 0, memory_order_release);
		atomic_store_explicit(&mine->state, error == 0 ? PROCESS_RECORDING : PROCESS_OFF, memory_order_release);
		if (error != 0) {
			if (!mark_lost(trace_path, -error) && has_recorded)
				process_recorder->leave_mark(-error);
			say_off(-error);
		}
	}
	forks_loads(false);
	atomic_store(&mine->beginning, 0);
}

static bool begin(struct process_page *mine)
{
	if (others.begun == NULL) { /* another library's constructor, which comes before ours */
		atomic_fetch_add(&missed, 1);
		return false;
	}
	const void *hold = forks_hold();
	calm_run(begin_calmly, mine);
	forks_let(hold);
	return atomic_load(&mine->state) == PROCESS_RECORDING;
}

/* Without stdio, which no other process needs that starts and ends without calling libpq. */
static void find_own_folder(void)
{
	const char *name = elf_self()->map->l_name;
	const char *slash = strrchr(name, '/');
	size_t length = slash != NULL ? (size_t)(slash + 1 - name) : 0, used = 0;
	if (length == 0)
		return;
	if (name[0] != '/') {
		if (getcwd(own_folder, sizeof own_folder / 2) == NULL)
			return;
		used = strlen(own_folder);
		own_folder[used++] = '/';
	}
	if (length >= sizeof own_folder - used)
		length = 0;
	memcpy(own_folder + used, name, length);
	own_folder[used + length] = '\0';
}

void process_prepare(const struct process_parts *parts)
{
	others = *parts;
	forks_prepare();
	find_own_folder();
	kept_prepare(own_folder, SHIM_FILE);
	if (atomic_load(&missed) > 0)
		process_recording(); /* or the process may end without a word of what was missed */
}

bool process_recording(void)
{
	struct process_page *mine = atomic_load_explicit(&process_page, memory_order_acquire);
	if (mine != NULL) {
		uint32_t state = atomic_load_explicit(&mine->state, memory_order_acquire);
		if (state != PROCESS_FRESH)
			return state == PROCESS_RECORDING;
	} else if ((mine = get_page()) == NULL) {
		return false;
	}
	return begin(mine);
}

/* No process at first: what `recording` never is. */
__thread struct process_own process_own __attribute__((tls_model("initial-exec"))) = {.pid = -1};

uint32_t process_ask_thread(void)
{
	struct process_page *mine = atomic_load_explicit(&process_page, memory_order_acquire);
	process_own.thread = (uint32_t)gettid();
	/* The caller has looked at the state, but the thread sanitizer sees nothing of what wrappers.c does. */
	if (atomic_load_explicit(&mine->state, memory_order_acquire) == PROCESS_RECORDING)
		process_own.pid = mine->pid;
	return process_own.thread;
}

/* --- ending --- */

void process_ends(enum process_end end, enum drain_setting drain)
{
	struct process_page *mine = atomic_load_explicit(&process_page, memory_order_acquire);
	if (mine != NULL && atomic_load_explicit(&mine->state, memory_order_acquire) == PROCESS_RECORDING &&
		mine->pid == getpid())
		process_recorder->end(process_thread(), end, drain, atomic_exchange(&missed, 0));
}
