// SPDX-License-Identifier: PostgreSQL
/*
 * own-protocol.c - speaks PostgreSQL's protocol without libpq, or something that only looks like it.
 *
 * own-protocol WAY [CALL]; connects to PGHOST and PGPORT, sends a first packet of that WAY by that CALL (write, writev,
 * send, sendto, sendmsg), and prints the first byte of the answer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

struct packet {
	unsigned char bytes[256];
	size_t length;
};

static void add_number(struct packet *packet, uint32_t number)
{
	number = htonl(number);
	memcpy(packet->bytes + packet->length, &number, sizeof number);
	packet->length += sizeof number;
}

static void add_text(struct packet *packet, const char *text)
{
	memcpy(packet->bytes + packet->length, text, strlen(text) + 1);
	packet->length += strlen(text) + 1;
}

static struct packet make(const char *way)
{
	struct packet packet = {.length = 4};
	if (strcmp(way, "start") == 0) {
		add_number(&packet, 3 << 16);
		add_text(&packet, "user");
		add_text(&packet, getenv("PGUSER"));
		add_text(&packet, "");
	} else if (strcmp(way, "ssl") == 0) {
		add_number(&packet, 80877103);
	} else if (strcmp(way, "gss") == 0) {
		add_number(&packet, 80877104);
	} else if (strcmp(way, "cancel") == 0) {
		add_number(&packet, 80877102);
		add_number(&packet, 1);
		add_number(&packet, 1);
	} else if (strcmp(way, "kafka") == 0) { /* a request for metadata: a length, 3, 0, a number */
		add_number(&packet, 3 << 16);
		add_number(&packet, 1);
		add_text(&packet, "client");
	} else {
		add_text(&packet, "GET / HTTP/1.0\r\n\r\n");
	}
	size_t length = packet.length;
	packet.length = 0;
	add_number(&packet, (uint32_t)length);
	packet.length = length;
	return packet;
}

static int open_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "%s/.s.PGSQL.%s", getenv("PGHOST"), getenv("PGPORT"));
	if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
		perror("connect");
		exit(3);
	}
	return fd;
}

static ssize_t send_by(const char *call, int fd, struct packet *packet)
{
	struct iovec parts[2] = {{packet->bytes, 4}, {packet->bytes + 4, packet->length - 4}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	if (strcmp(call, "writev") == 0)
		return writev(fd, parts, 2);
	if (strcmp(call, "sendmsg") == 0)
		return sendmsg(fd, &message, MSG_NOSIGNAL);
	if (strcmp(call, "send") == 0)
		return send(fd, packet->bytes, packet->length, MSG_NOSIGNAL);
	if (strcmp(call, "sendto") == 0)
		return sendto(fd, packet->bytes, packet->length, MSG_NOSIGNAL, NULL, 0);
	return write(fd, packet->bytes, packet->length);
}

int main(int argc, char **argv)
{
	char answer = '-';
	if (argc < 2)
		return 2;
	struct packet packet = make(argv[1]);
	int fd = open_socket();
	if (send_by(argc > 2 ? argv[2] : "write", fd, &packet) != (ssize_t)packet.length || read(fd, &answer, 1) < 0) {
		perror("own-protocol");
		return 3;
	}
	printf("%c\n", answer);
	close(fd);
	return 0;
}
