// SPDX-License-Identifier: PostgreSQL
/*
 * sockets.c - PostgreSQL that is spoken where libpq's calls cannot be intercepted.
 *
 * Owns the interposed connect, write, writev, send, sendto and sendmsg: a
 * socket that no known libpq connected is watched until its first bytes tell
 * what is spoken on it.  What is found is left as a mark (mark.h).
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"
#include "preload/libpq/libpq.h"
#include "preload/process/calm.h"
#include "preload/process/mark.h"
#include "preload/process/process.h"
#include "preload/watch/behind.h"

/* --- which sockets are watched --- */

#define MOST_SOCKETS (1 << 20)
static _Atomic uint64_t watched[MOST_SOCKETS / 64]; /* a bit each; only the pages in use take memory */
static _Atomic int watched_count;

static inline bool is_watched(int fd)
{
	return atomic_load_explicit(&watched_count, memory_order_relaxed) != 0 && fd >= 0 && fd < MOST_SOCKETS &&
		   (atomic_load_explicit(&watched[fd / 64], memory_order_relaxed) >> fd % 64 & 1) != 0;
}

static void watch(int fd, bool wanted)
{
	if (fd < 0 || fd >= MOST_SOCKETS)
		return;
	uint64_t bit = (uint64_t)1 << fd % 64;
	uint64_t before = wanted ? atomic_fetch_or(&watched[fd / 64], bit) : atomic_fetch_and(&watched[fd / 64], ~bit);
	if (((before & bit) != 0) != wanted)
		atomic_fetch_add(&watched_count, wanted ? 1 : -1);
}

/* --- whose they are --- */

enum caller {
	CALLER_SEEN,    /* a libpq whose calls we see; or this library */
	CALLER_OTHER,   /* no libpq */
	CALLER_BYPASSED /* a libpq, but it was not called through us */
};

static enum caller caller_at(const void *return_address, struct elf_object *ret)
{
	if (!elf_object_at((const char *)return_address - 1, ret)) {
		*ret = (struct elf_object){0};
		return CALLER_OTHER; /* JIT code */
	}
	if (ret->map == elf_self()->map)
		return CALLER_SEEN;
	if (elf_own_function(ret->map, LIBPQ_SIGN) == NULL)
		return CALLER_OTHER;
	const struct libpq *libpq = registry_known(ret);
	if (libpq == NULL)
		return CALLER_BYPASSED;
	/* A plug-in that contains its libpq may call it without us.  Where recording failed there is a mark already. */
	if (libpq->is_user_too && process_recorder != NULL && process_recording() && !process_recorder->is_within_wrapper())
		return CALLER_BYPASSED;
	return CALLER_SEEN;
}

/* --- what is spoken --- */

#define HEAD_BYTES 1024 /* enough for a ClientHello's ALPN */

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

enum {
	START_BYTES = 8,
	LONGEST_START = 10000, /* the server refuses longer ones */
	SSL_REQUEST = 80877103,
	GSS_REQUEST = 80877104,
};

/*
 * Whether these are the first bytes of a client of PostgreSQL.  A request to cancel is none: ruby-pg makes it itself
 * for connections that are libpq's.
 */
static bool is_start(const unsigned char *bytes, size_t length)
{
	static const char alpn[] = "\x0apostgresql";
	if (length < START_BYTES)
		return false;
	if (bytes[0] == 0x16 && bytes[1] == 3) /* TLS without asking for it first */
		return memmem(bytes, length, alpn, sizeof alpn - 1) != NULL;
	uint32_t size = number_at(bytes), code = number_at(bytes + 4);
	if (code == SSL_REQUEST || code == GSS_REQUEST)
		return size == START_BYTES;
	/* Others' protocols begin with a length and a small number too: a parameter's name follows here. */
	return code >> 16 == 3 && size > START_BYTES && size <= LONGEST_START && length > START_BYTES &&
		   ((bytes[START_BYTES] >= 'a' && bytes[START_BYTES] <= 'z') || bytes[START_BYTES] == '_');
}

struct finding {
	const char *how;
	const char *module;
};

static void leave_mark(void *closure)
{
	const struct finding *finding = closure;
	mark_unseen_here(finding->how, finding->module);
}

/*
 * The first bytes that were sent on a watched socket.  They are looked at when the kernel has taken them: before, they
 * may be no memory at all.  Keeps errno.
 */
__attribute__((noinline)) static void look(int fd, const unsigned char *bytes, size_t length, const void *caller)
{
	int error = errno, type = 0;
	socklen_t bytes_of_type = sizeof type;
	struct elf_object object;
	watch(fd, false);
	if (is_start(bytes, length) && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes_of_type) == 0 &&
		type == SOCK_STREAM) {
		enum caller by = caller_at(caller, &object);
		const char *module = object.map != NULL ? object.map->l_name : "";
		if (by != CALLER_SEEN)
			calm_run(leave_mark, &(struct finding){by == CALLER_OTHER ? "protocol" : "bypassed", module});
	}
	errno = error;
}

__attribute__((noinline)) static void look_at_parts(int fd, const struct iovec *parts, size_t count, size_t sent,
													const void *caller)
{
	unsigned char head[HEAD_BYTES];
	size_t length = 0;
	for (size_t i = 0; i < count && length < sizeof head && sent > 0; i++) {
		size_t part = parts[i].iov_len < sent ? parts[i].iov_len : sent;
		size_t room = sizeof head - length;
		memcpy(head + length, parts[i].iov_base, part < room ? part : room);
		length += part < room ? part : room;
		sent -= part;
	}
	look(fd, head, length, caller);
}

/* --- what the host calls --- */

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	struct elf_object object;
	int error = errno;
	/* Of whatever kind the socket is: the address may be no memory, and the first bytes will tell. */
	watch(fd, caller_at(__builtin_return_address(0), &object) != CALLER_SEEN);
	errno = error;
	return BEHIND(connect)(fd, address, length);
}

/* Goes on to the real function as if we were not there, unless the socket is watched. */
#define SENDING(name, arguments, looking)                                                                              \
	__typeof__(&name) real = BEHIND(name);                                                                             \
	if (__builtin_expect(!is_watched(fd), 1))                                                                          \
		return real arguments;                                                                                         \
	const void *caller = __builtin_return_address(0);                                                                  \
	ssize_t sent = real arguments;                                                                                     \
	if (sent > 0)                                                                                                      \
		looking;                                                                                                       \
	return sent

EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
	SENDING(write, (fd, bytes, length), look(fd, bytes, (size_t)sent, caller));
}

EXPORT ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	SENDING(send, (fd, bytes, length, flags), look(fd, bytes, (size_t)sent, caller));
}

EXPORT ssize_t sendto(int fd, const void *bytes, size_t length, int flags, __CONST_SOCKADDR_ARG to, socklen_t to_length)
{
	SENDING(sendto, (fd, bytes, length, flags, to, to_length), look(fd, bytes, (size_t)sent, caller));
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
	SENDING(writev, (fd, parts, count), look_at_parts(fd, parts, (size_t)count, (size_t)sent, caller));
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	SENDING(sendmsg, (fd, message, flags),
			look_at_parts(fd, message->msg_iov, message->msg_iovlen, (size_t)sent, caller));
}
