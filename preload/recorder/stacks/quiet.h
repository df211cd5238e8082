// SPDX-License-Identifier: PostgreSQL
/*
 * quiet.h - keeps libunwind's hands off the host's descriptors.
 *
 * Before it reads through a doubtful pointer, libunwind writes the byte into a
 * pipe and sees whether the kernel accepts it.  It makes that pipe in the
 * host and keeps it: the host's next open() gets another number than it would
 * have got, and in a host that closes all descriptors the bytes go into
 * whatever file has the number next.
 */
#ifndef PQLEAK_PRELOAD_RECORDER_STACKS_QUIET_H
#define PQLEAK_PRELOAD_RECORDER_STACKS_QUIET_H

/* Points the loaded libunwind's pipe at functions that answer the same question without a descriptor. */
void quiet_unwinder(void *handle);

#endif
