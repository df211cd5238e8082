// SPDX-License-Identifier: PostgreSQL
/*
 * sockets.c - PostgreSQL that is spoken where libpq's calls cannot be intercepted.
 *
 * Owns the interposed connect, write, writev, send, sendto and sendmsg: a
 * socket that no known libpq connected is watched until its first bytes tell
 * what is spoken on it.  What is found is left as a mark (mark.h).
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/elf/apart.h"
#include "preload/elf/elf-object.h"
#include "preload/elf/visibility.h"
#include "preload/libpq/libpq.h"
#include "preload/process/calm.h"
#include "preload/process/mark.h"
#include "preload/process/process.h"
#include "preload/watch/behind.h"
#include "preload/watch/descriptors.h"
#include "preload/watch/first-bytes.h"
#include "preload/watch/relays.h"

APART static struct descriptors watched;

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
	descriptors_put(&watched, fd, false);
	enum first first = first_bytes(bytes, length, NULL);
	if (first != FIRST_OTHER && first != FIRST_TOO_FEW &&
		getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes_of_type) == 0 && type == SOCK_STREAM) {
		enum caller by = caller_at(caller, &object);
		const char *module = object.map != NULL ? object.map->l_name : "";
		if (by == CALLER_OTHER && relays_received(bytes, length))
			calm_run(leave_mark, &(struct finding){"relay", ""});
		else if (by != CALLER_SEEN)
			calm_run(leave_mark, &(struct finding){by == CALLER_OTHER ? "protocol" : "bypassed", module});
	}
	errno = error;
}

__attribute__((noinline)) static void look_at_parts(int fd, const struct iovec *parts, size_t count, size_t sent,
													const void *caller)
{
	unsigned char head[FIRST_BYTES];
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
	descriptors_put(&watched, fd, caller_at(__builtin_return_address(0), &object) != CALLER_SEEN);
	errno = error;
	return BEHIND(connect)(fd, address, length);
}

DESCRIPTORS_CALL(watched, write, (int fd, const void *bytes, size_t length), (fd, bytes, length),
				 look(fd, bytes, (size_t)count, caller))

DESCRIPTORS_CALL(watched, send, (int fd, const void *bytes, size_t length, int flags), (fd, bytes, length, flags),
				 look(fd, bytes, (size_t)count, caller))

DESCRIPTORS_CALL(watched, sendto,
				 (int fd, const void *bytes, size_t length, int flags, __CONST_SOCKADDR_ARG to, socklen_t to_length),
				 (fd, bytes, length, flags, to, to_length), look(fd, bytes, (size_t)count, caller))

DESCRIPTORS_CALL(watched, writev, (int fd, const struct iovec *parts, int part_count), (fd, parts, part_count),
				 look_at_parts(fd, parts, (size_t)part_count, (size_t)count, caller))

DESCRIPTORS_CALL(watched, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
				 look_at_parts(fd, message->msg_iov, message->msg_iovlen, (size_t)count, caller))
