// SPDX-License-Identifier: PostgreSQL
/*
 * listen.c - hearing of processes that can leave no mark beside the trace; see listen.h.
 */
#include "analyzer/launch/listen.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "trace/base/sent.h"

#define AT_ONCE 256 /* so many are heard before somebody looks whether the command has ended */

struct listener listen_begin(void)
{
	struct listener listener = {.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	uint64_t random[2] = {0};
	const int yes = 1;

	if (listener.fd < 0)
		return listener;
	if (getrandom(random, sizeof random, 0) == (ssize_t)sizeof random) {
		snprintf(listener.name, sizeof listener.name, "pqleak-%016" PRIx64 "%016" PRIx64, random[0], random[1]);
		memcpy(address.sun_path + 1, listener.name, strlen(listener.name));
		socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(listener.name));
		if (setsockopt(listener.fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0 &&
			bind(listener.fd, (struct sockaddr *)&address, length) == 0)
			return listener;
	}
	listen_end(&listener);
	return listener;
}

/* False: nothing waits. */
static bool hear_one(int fd, void (*hear)(const void *context, const struct heard *heard), const void *context)
{
	char text[SENT_BYTES + 1];
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = {.iov_base = text, .iov_len = SENT_BYTES};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
	ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	if (length < 0)
		return false;
	text[length] = '\0';
	for (struct cmsghdr *part_of = CMSG_FIRSTHDR(&message); part_of != NULL; part_of = CMSG_NXTHDR(&message, part_of))
		if (part_of->cmsg_level == SOL_SOCKET && part_of->cmsg_type == SCM_CREDENTIALS) {
			struct ucred sender;
			memcpy(&sender, CMSG_DATA(part_of), sizeof sender);
			hear(context, &(struct heard){.pid = sender.pid, .uid = sender.uid, .text = text});
		}
	return true;
}

void listen_hear(const struct listener *listener, void (*hear)(const void *context, const struct heard *heard),
				 const void *context)
{
	for (int i = 0; listener->fd >= 0 && i < AT_ONCE && hear_one(listener->fd, hear, context); i++)
		;
}

void listen_end(struct listener *listener)
{
	if (listener->fd >= 0)
		close(listener->fd);
	*listener = (struct listener){.fd = -1};
}
