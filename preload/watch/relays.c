// SPDX-License-Identifier: PostgreSQL
/*
 * relays.c - see relays.h.
 *
 * Owns the interposed accept, accept4, read, readv, recv, recvfrom and recvmsg:
 * an accepted socket is watched until its first bytes tell what is spoken on
 * it.  Of a start-up packet a hash is kept.
 */
#include "preload/watch/relays.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/elf/visibility.h"
#include "preload/process/hash.h"
#include "preload/process/settings.h"
#include "preload/watch/descriptors.h"
#include "preload/watch/first-bytes.h"

APART static struct descriptors accepted;

/* --- what was received --- */

#define STARTS 64 /* different ones: the clients of a test send the same packet again and again */
static _Atomic uint64_t starts[STARTS];
static _Atomic uint32_t next_start;
static _Atomic int ssl_requests, gss_requests; /* all alike: as many may be sent as were received */

static bool knows_start(uint64_t hash)
{
	for (size_t i = 0; i < STARTS; i++)
		if (atomic_load_explicit(&starts[i], memory_order_relaxed) == hash)
			return true;
	return false;
}

static void note(enum first first, const unsigned char *bytes, size_t size)
{
	if (first != FIRST_START) {
		atomic_fetch_add(first == FIRST_SSL ? &ssl_requests : &gss_requests, 1);
		return;
	}
	uint64_t hash = hash_text((const char *)bytes, size);
	if (!knows_start(hash))
		atomic_store(&starts[atomic_fetch_add(&next_start, 1) % STARTS], hash);
}

static bool take_one(_Atomic int *count)
{
	int have = atomic_load(count);
	while (have > 0 && !atomic_compare_exchange_weak(count, &have, have - 1))
		;
	return have > 0;
}

bool relays_received(const unsigned char *bytes, size_t length)
{
	size_t size = 0;
	enum first first = first_bytes(bytes, length, &size);
	if (first == FIRST_SSL || first == FIRST_GSS)
		return take_one(first == FIRST_SSL ? &ssl_requests : &gss_requests);
	return first == FIRST_START && size <= length && knows_start(hash_text((const char *)bytes, size));
}

/* --- packets that are read in pieces --- */

#define PARTS 16
APART static struct part {
	_Atomic int owner; /* the descriptor and 1; 0: free */
	size_t have;
	unsigned char bytes[FIRST_BYTES];
} parts[PARTS];

/* NULL: there is none, or no room for a new one. */
static struct part *find_part(int fd, bool make)
{
	for (size_t i = 0; i < PARTS; i++)
		if (atomic_load(&parts[i].owner) == fd + 1)
			return &parts[i];
	for (size_t i = 0; make && i < PARTS; i++) {
		int free = 0;
		if (atomic_compare_exchange_strong(&parts[i].owner, &free, fd + 1)) {
			parts[i].have = 0;
			return &parts[i];
		}
	}
	return NULL;
}

static void let_part(struct part *part)
{
	if (part != NULL)
		atomic_store(&part->owner, 0);
}

/* --- what comes in --- */

/* False: more must come. */
static bool is_told(int fd, const unsigned char *bytes, size_t length)
{
	size_t size = 0;
	enum first first = first_bytes(bytes, length, &size);
	if (first == FIRST_TOO_FEW || (first == FIRST_START && length < size && size <= FIRST_BYTES))
		return false;
	if (first != FIRST_OTHER && length >= size)
		note(first, bytes, size);
	descriptors_put(&accepted, fd, first == FIRST_SSL || first == FIRST_GSS); /* its start-up packet is to come */
	return true;
}

__attribute__((noinline)) static void received(int fd, const unsigned char *bytes, size_t length)
{
	struct part *part = find_part(fd, false);
	if (part == NULL && is_told(fd, bytes, length))
		return;
	if (part == NULL)
		part = find_part(fd, true);
	if (part == NULL) {
		descriptors_put(&accepted, fd, false);
		return;
	}
	size_t room = sizeof part->bytes - part->have;
	memcpy(part->bytes + part->have, bytes, length < room ? length : room);
	part->have += length < room ? length : room;
	if (is_told(fd, part->bytes, part->have) || part->have == sizeof part->bytes) {
		let_part(part);
		if (part->have == sizeof part->bytes)
			descriptors_put(&accepted, fd, false);
	}
}

__attribute__((noinline)) static void received_parts(int fd, const struct iovec *vectors, size_t count, size_t length)
{
	for (size_t i = 0; i < count && length > 0; i++) {
		size_t bytes = vectors[i].iov_len < length ? vectors[i].iov_len : length;
		if (bytes > 0 && descriptors_has(&accepted, fd))
			received(fd, vectors[i].iov_base, bytes);
		length -= bytes;
	}
}

/* --- what the host calls --- */

/* Without a trace that is shared nobody asks what is out of sight. */
static int watch_accepted(int fd)
{
	if (fd >= 0 && settings.is_shared) {
		let_part(find_part(fd, false));
		descriptors_put(&accepted, fd, true);
	}
	return fd;
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	return watch_accepted(BEHIND(accept)(fd, address, length));
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	return watch_accepted(BEHIND(accept4)(fd, address, length, flags));
}

/* What was only looked at comes again. */
static void received_by(int flags, int fd, const void *bytes, size_t length)
{
	if ((flags & (MSG_PEEK | MSG_TRUNC)) == 0)
		received(fd, bytes, length);
}

DESCRIPTORS_CALL(accepted, read, (int fd, void *bytes, size_t length), (fd, bytes, length),
				 received(fd, bytes, (size_t)count))

DESCRIPTORS_CALL(accepted, recv, (int fd, void *bytes, size_t length, int flags), (fd, bytes, length, flags),
				 received_by(flags, fd, bytes, (size_t)count))

DESCRIPTORS_CALL(accepted, recvfrom,
				 (int fd, void *restrict bytes, size_t length, int flags, __SOCKADDR_ARG from,
				  socklen_t *restrict from_length),
				 (fd, bytes, length, flags, from, from_length), received_by(flags, fd, bytes, (size_t)count))

DESCRIPTORS_CALL(accepted, readv, (int fd, const struct iovec *vectors, int vector_count), (fd, vectors, vector_count),
				 received_parts(fd, vectors, (size_t)vector_count, (size_t)count))

DESCRIPTORS_CALL(accepted, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags),
				 if ((flags & (MSG_PEEK | MSG_TRUNC)) == 0)
					 received_parts(fd, message->msg_iov, message->msg_iovlen, (size_t)count))
