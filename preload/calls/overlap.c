// SPDX-License-Identifier: PostgreSQL
/* overlap.c - see overlap.h. */
#include "preload/calls/overlap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "preload/calls/verbs.h"
#include "preload/elf/apart.h"
#include "preload/process/calm.h"
#include "preload/process/process.h"

#define THREAD_MASK ((1u << OVERLAP_THREAD_BITS) - 1)

APART struct overlap_entry overlap_entries[OVERLAP_ENTRIES] __attribute__((aligned(SPOOL_WORK_BYTES)));

/* The stack pointer of a thread that waits in the kernel; NULL when it is running or cannot be looked at. */
static const void *sleeping_at(uint32_t thread)
{
	char path[64], text[256];
	snprintf(path, sizeof path, "/proc/self/task/%u/syscall", (unsigned)thread);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return NULL;
	ssize_t length = read(file, text, sizeof text - 1);
	close(file);
	/* A number, arguments, and as the last two words the stack pointer and the program counter; or "running". */
	text[length > 0 ? length : 0] = '\0';
	char *last = strrchr(text, ' ');
	if (last == NULL)
		return NULL;
	*last = '\0';
	const char *pointer = strrchr(text, ' ');
	return pointer != NULL ? (const void *)(uintptr_t)strtoull(pointer, NULL, 16) : NULL;
}

struct question {
	uint32_t thread;
	const void *frame;
	bool is_inside;
};

static void ask(void *closure)
{
	struct question *question = closure;
	/* A child has its parent's entries, but not its threads. */
	bool is_there = tgkill(getpid(), (pid_t)question->thread, 0) == 0;
	const void *stack = is_there ? sleeping_at(question->thread) : NULL;
	question->is_inside = is_there && (uintptr_t)stack < (uintptr_t)question->frame;
}

/* Whether the thread is still inside the call whose frame that is. */
static bool is_inside(uint32_t thread, const void *frame)
{
	struct question question = {thread, frame, false};
	calm_run(ask, &question);
	return question.is_inside;
}

bool overlap_contend(struct overlap_entry *entry, uint64_t mine, uint64_t seen, const struct call *call,
					 const void *conn)
{
	const void *frame = call->frame;
	if (seen >> OVERLAP_THREAD_BITS != mine >> OVERLAP_THREAD_BITS)
		return false;
	const void *taken_at = atomic_load_explicit(&entry->frame, memory_order_relaxed);
	/* Below that frame we are called by what it called; above it, that call is no more. */
	if (seen == mine)
		return (uintptr_t)frame >= (uintptr_t)taken_at;
	uint32_t other = (uint32_t)seen & THREAD_MASK;
	int error = errno;
	bool is_misuse = is_inside(other, taken_at);
	if (is_misuse)
		verb_contested(call, conn, other);
	errno = error;
	return !is_misuse && atomic_compare_exchange_strong_explicit(&entry->word, &seen, mine, memory_order_relaxed,
																 memory_order_relaxed);
}
