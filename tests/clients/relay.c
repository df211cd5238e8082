// SPDX-License-Identifier: PostgreSQL
/*
 * relay.c - forwards PostgreSQL between a command and the server, as a test's proxy does.
 *
 * relay WAY FOLDER COMMAND...: runs the command with PGHOST set to the folder, where it listens, until that has ended.
 * WAY: the call it reads from clients by (read, readv, recv, recvfrom, recvmsg); "pieces": a few bytes at a time, and
 * sends a packet on when it is whole; "changed": it sends something else on; "own": it forwards, and speaks for itself
 * besides.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_PAIRS = 8, BUFFER = 65536 };

static const char *way;
static char buffer[BUFFER];

static int open_socket(const char *folder, bool listens)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", folder, getenv("PGPORT"));
	if ((listens ? bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, MOST_PAIRS)
				 : connect(fd, (struct sockaddr *)&address, sizeof address)) != 0) {
		perror(address.sun_path);
		exit(3);
	}
	return fd;
}

static ssize_t receive(int fd)
{
	struct iovec parts[2] = {{buffer, 6}, {buffer + 6, sizeof buffer - 6}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	if (strcmp(way, "readv") == 0)
		return readv(fd, parts, 2);
	if (strcmp(way, "recv") == 0)
		return recv(fd, buffer, sizeof buffer, 0);
	if (strcmp(way, "recvfrom") == 0)
		return recvfrom(fd, buffer, sizeof buffer, 0, NULL, NULL);
	if (strcmp(way, "recvmsg") == 0)
		return recvmsg(fd, &message, 0);
	return read(fd, buffer, sizeof buffer);
}

/* A start-up packet begins with its length. */
static ssize_t receive_pieces(int fd)
{
	size_t have = 0, size = 4;
	while (have < size && size <= sizeof buffer) {
		size_t wanted = size - have < 7 ? size - have : 7;
		ssize_t length = read(fd, buffer + have, wanted);
		if (length <= 0)
			return -1;
		have += (size_t)length;
		uint32_t number = 0;
		memcpy(&number, buffer, sizeof number);
		if (have == 4)
			size = ntohl(number);
	}
	return (ssize_t)have;
}

static void send_all(int fd, ssize_t length)
{
	if (length > 0 && write(fd, buffer, (size_t)length) != length)
		exit(3);
}

/* A start-up packet with one more parameter. */
static ssize_t change(ssize_t length)
{
	static const char more[] = "application_name\0relay\0";
	memcpy(buffer + length - 1, more, sizeof more);
	length += (ssize_t)sizeof more - 1;
	uint32_t number = htonl((uint32_t)length);
	memcpy(buffer, &number, sizeof number);
	return length;
}

static void speak(const char *folder)
{
	static const unsigned char request[] = {0, 0, 0, 8, 4, 210, 22, 47}; /* for SSL */
	char answer;
	int fd = open_socket(folder, false);
	if (write(fd, request, sizeof request) != sizeof request || read(fd, &answer, 1) < 0)
		exit(3);
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2 + 2 * MOST_PAIRS];
	const char *server = getenv("PGHOST");
	int end[2], status = 0, pairs = 0;
	if (argc < 4 || pipe(end) != 0)
		return 2;
	way = argv[1];
	fds[0] = (struct pollfd){.fd = open_socket(argv[2], true), .events = POLLIN};
	if (strcmp(way, "own") == 0)
		speak(server);
	pid_t child = fork();
	if (child == 0) {
		setenv("PGHOST", argv[2], 1);
		execvp(argv[3], argv + 3);
		_exit(3);
	}
	close(end[1]); /* the child's copy lasts as long as the command */
	fds[1] = (struct pollfd){.fd = end[0], .events = POLLIN};
	while (poll(fds, (nfds_t)(2 + 2 * pairs), -1) > 0 && fds[1].revents == 0) {
		for (int i = 2; i < 2 + 2 * pairs; i++) {
			if (fds[i].revents == 0)
				continue;
			bool is_first = i % 2 == 0 && fds[i].events == POLLIN;
			ssize_t length = is_first && strcmp(way, "pieces") == 0 ? receive_pieces(fds[i].fd) : receive(fds[i].fd);
			if (is_first && length > 0 && strcmp(way, "changed") == 0)
				length = change(length);
			fds[i].events = POLLIN | POLLPRI;
			send_all(fds[i ^ 1].fd, length);
			if (length <= 0) {
				close(fds[i].fd);
				close(fds[i ^ 1].fd);
				fds[i].fd = fds[i ^ 1].fd = -1;
			}
		}
		if (fds[0].revents != 0 && pairs < MOST_PAIRS) {
			fds[2 + 2 * pairs] = (struct pollfd){.fd = accept(fds[0].fd, NULL, NULL), .events = POLLIN};
			fds[3 + 2 * pairs] = (struct pollfd){.fd = open_socket(server, false), .events = POLLIN};
			pairs++;
		}
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}
