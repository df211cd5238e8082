// SPDX-License-Identifier: PostgreSQL
/*
 * spool.c - what is in a spool, be it the writer's own or a reader's copy; see spool.h.
 *
 * Called by the drain, in the host and in the analyzer, and by writer and reader.
 */
#include "trace/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/spool/spool-room.h"

const struct event *spool_event(const struct spool *spool, uint64_t position)
{
	const struct spool_header *header = spool->header;
	if (position < atomic_load_explicit(&header->tail, memory_order_relaxed) || position >= spool_head(header))
		return NULL;
	const char *segment = spool->event_segment[position / SPOOL_SEGMENT_EVENTS % SPOOL_EVENT_SEGMENTS];
	if (segment == NULL)
		return NULL;
	return (const struct event *)(const void *)(segment + position % SPOOL_SEGMENT_EVENTS * sizeof(struct event));
}

uint64_t spool_counted(const struct spool *spool, uint64_t position)
{
	const struct spool_counted *counted = spool->header->counted;
	int which = atomic_load_explicit(&counted[1].at, memory_order_acquire) == position;
	return position != 0 && atomic_load_explicit(&counted[which].at, memory_order_acquire) == position
			   ? atomic_load_explicit(&counted[which].events, memory_order_relaxed)
			   : 0;
}

const struct blob_header *spool_next_blob(const struct spool *spool, struct spool_cursor *cursor,
										  const void **ret_bytes)
{
	uint64_t end = atomic_load_explicit(&spool->header->blob_bytes, memory_order_acquire);
	while (cursor->position < end) {
		uint64_t slot = cursor->position / SPOOL_SEGMENT_BYTES;
		size_t left = SPOOL_SEGMENT_BYTES - cursor->position % SPOOL_SEGMENT_BYTES;
		const char *place = slot < SPOOL_BLOB_SEGMENTS ? spool->blob_segment[slot] : NULL;
		if (place == NULL || left < sizeof(struct blob_header))
			return NULL;
		place += SPOOL_SEGMENT_BYTES - left;
		const struct blob_header *blob = (const struct blob_header *)(const void *)place;
		if (blob->type == 0) {
			cursor->position += left;
			continue;
		}
		if (blob->type >= BLOB_COUNT || blob->bytes > left - sizeof *blob)
			return NULL;
		cursor->position += sizeof *blob + ((size_t)blob->bytes + 7) / 8 * 8;
		cursor->number++;
		*ret_bytes = place + sizeof *blob;
		return blob;
	}
	return NULL;
}

static void unmap_segments(char **segment, _Atomic uint32_t *number, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (segment[i] != NULL)
			room_unmap_segment(atomic_load_explicit(&number[i], memory_order_relaxed) - 1, segment[i]);
		segment[i] = NULL;
	}
}

void spool_close(struct spool *spool, bool remove)
{
	int saved = errno;
	if (remove)
		room_remove(spool);
	if (spool->copy != NULL) {
		free(spool->copy);
		spool->copy = NULL;
	} else if (spool->header != NULL) {
		unmap_segments(spool->event_segment, spool->header->event_segment, SPOOL_EVENT_SEGMENTS);
		unmap_segments(spool->blob_segment, spool->header->blob_segment, SPOOL_BLOB_SEGMENTS);
		room_unmap_header(spool);
	}
	spool->header = NULL;
	errno = saved;
}

static uint64_t parse_hexadecimal(const char *text, ssize_t length)
{
	uint64_t value = 0;
	int digits = 0;
	for (ssize_t i = 0; i < length && digits < 16; i++) {
		char c = text[i];
		if (c == '-')
			continue;
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			break;
		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
		digits++;
	}
	return value;
}

uint64_t spool_boot_id(void)
{
	int saved = errno;
	char text[40];
	uint64_t id = 0;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		id = parse_hexadecimal(text, read(fd, text, sizeof text));
		close(fd);
	}
	errno = saved;
	return id;
}

uint64_t spool_pid_namespace(void)
{
	int saved = errno;
	struct stat st;
	uint64_t id = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
	errno = saved;
	return id;
}
