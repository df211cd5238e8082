// SPDX-License-Identifier: PostgreSQL
/*
 * spool-read.c - reading the spool of another process.
 *
 * Called by the ingest.  It makes a private copy of the file: copying with
 * pread, not mapping, keeps a truncation from becoming a SIGBUS.  Nothing in a
 * file is trusted; each number is checked before it is used.
 */
#include "trace/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/spool/again.h"

/* A writer that goes on while we copy may reuse a segment under our eyes; then we copy again, so often at most. */
#define READ_ATTEMPTS 20

static int read_fully(int fd, char *to, size_t bytes, off_t offset)
{
	while (bytes > 0) {
		ssize_t got = pread(fd, to, bytes, offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return -EBADMSG; /* it was shortened meanwhile */
		to += got;
		bytes -= (size_t)got;
		offset += got;
	}
	return 0;
}

/* The place in the copy of the file segment that `number_plus_one` names, or NULL. */
static char *segment_in_copy(const struct spool *spool, uint32_t number_plus_one)
{
	size_t segments = (spool->copy_bytes - SPOOL_HEADER_BYTES) / SPOOL_SEGMENT_BYTES;
	if (number_plus_one == 0 || number_plus_one > segments)
		return NULL;
	return spool->copy + SPOOL_HEADER_BYTES + (size_t)(number_plus_one - 1) * SPOOL_SEGMENT_BYTES;
}

/* Finds the segments that hold [from, to), by logical number; false when one is missing or named twice. */
static bool find_segments(const struct spool *spool, const _Atomic uint32_t *number, uint32_t count, uint64_t from,
						  uint64_t to, bool *is_taken, char **ret_segment)
{
	for (uint64_t logical = from; logical < to; logical++) {
		uint32_t file_segment = atomic_load_explicit(&number[logical % count], memory_order_relaxed);
		char *segment = segment_in_copy(spool, file_segment);
		if (segment == NULL || is_taken[file_segment - 1])
			return false;
		is_taken[file_segment - 1] = true;
		ret_segment[logical % count] = segment;
	}
	return true;
}

static bool check_header(struct spool_header *header)
{
	uint64_t head = spool_head(header);
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	if (header->version != SPOOL_VERSION || header->header_bytes != SPOOL_HEADER_BYTES || header->pid <= 0 ||
		header->id == 0)
		return false;
	if (tail > head || head - tail > (uint64_t)SPOOL_EVENT_SEGMENTS * SPOOL_SEGMENT_EVENTS)
		return false;
	if (atomic_load_explicit(&header->blob_bytes, memory_order_relaxed) >
		(uint64_t)SPOOL_BLOB_SEGMENTS * SPOOL_SEGMENT_BYTES)
		return false;
	header->host[sizeof header->host - 1] = '\0';
	header->exe[sizeof header->exe - 1] = '\0';
	header->command[sizeof header->command - 1] = '\0';
	header->label[sizeof header->label - 1] = '\0';
	return true;
}

static bool check_copy(struct spool *spool)
{
	struct spool_header *header = spool->header;
	bool is_taken[SPOOL_SEGMENTS] = {false};
	if (!check_header(header))
		return false;
	uint64_t head = spool_head(header);
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	uint64_t blob_bytes = atomic_load_explicit(&header->blob_bytes, memory_order_relaxed);
	if (tail < head && !find_segments(spool, header->event_segment, SPOOL_EVENT_SEGMENTS, tail / SPOOL_SEGMENT_EVENTS,
									  (head - 1) / SPOOL_SEGMENT_EVENTS + 1, is_taken, spool->event_segment))
		return false;
	return find_segments(spool, header->blob_segment, SPOOL_BLOB_SEGMENTS, 0,
						 (blob_bytes + SPOOL_SEGMENT_BYTES - 1) / SPOOL_SEGMENT_BYTES, is_taken, spool->blob_segment);
}

/* Whether a segment that we copied may have been reused since the copy's header was read. */
static bool has_moved(const struct spool *spool, const struct spool_header *now)
{
	uint64_t then_tail = atomic_load_explicit(&spool->header->tail, memory_order_relaxed);
	uint64_t now_tail = atomic_load_explicit(&now->tail, memory_order_relaxed);
	return then_tail / SPOOL_SEGMENT_EVENTS != now_tail / SPOOL_SEGMENT_EVENTS;
}

/* Whether something may have been counted since the copy's header was read, and its events taken off. */
static bool has_counted(const struct spool *spool, const struct spool_header *now)
{
	return atomic_load_explicit(&spool->header->head, memory_order_relaxed) >> SPOOL_HEAD_BITS !=
		   atomic_load_explicit(&now->head, memory_order_relaxed) >> SPOOL_HEAD_BITS;
}

/* One attempt: 0, -errno, -EBADMSG, -ENODATA (its creation was cut short), or -EAGAIN (it moved). */
static int copy_once(struct spool *spool, int fd)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if (st.st_size == 0)
		return -ENODATA;
	size_t most = SPOOL_HEADER_BYTES + (size_t)SPOOL_SEGMENTS * SPOOL_SEGMENT_BYTES;
	size_t bytes = (uint64_t)st.st_size < most ? (size_t)st.st_size : most;
	if (bytes < SPOOL_HEADER_BYTES)
		return -EBADMSG;
	spool->copy = malloc(bytes);
	if (spool->copy == NULL)
		return -ENOMEM;
	spool->copy_bytes = bytes;
	spool->header = (struct spool_header *)(void *)spool->copy;
	spool->device = st.st_dev;
	spool->inode = st.st_ino;
	int result = read_fully(fd, spool->copy, bytes, 0);
	if (result < 0)
		return result;
	static const char unborn[sizeof spool->header->magic];
	if (memcmp(spool->header->magic, unborn, sizeof unborn) == 0)
		return -ENODATA;
	if (memcmp(spool->header->magic, SPOOL_MAGIC, sizeof spool->header->magic) != 0)
		return -EBADMSG;
	struct spool_header now;
	result = read_fully(fd, (char *)&now, sizeof now, 0);
	if (result < 0)
		return result;
	if (has_moved(spool, &now))
		return -EAGAIN;
	if (check_copy(spool))
		return again_settle(spool, has_counted(spool, &now)) ? 0 : -EAGAIN;
	/* The header may be half old, half new, or tell of room that the file got after we asked for its size. */
	off_t size = st.st_size;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (st.st_size != size || memcmp(&now, spool->copy, offsetof(struct spool_header, host)) != 0)
		return -EAGAIN;
	return -EBADMSG;
}

int spool_read(struct spool *ret, const char *path)
{
	memset(ret, 0, sizeof *ret);
	if (strlen(path) >= sizeof ret->path)
		return -ENAMETOOLONG;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	int result = -EAGAIN;
	for (int attempt = 0; attempt < READ_ATTEMPTS && result == -EAGAIN; attempt++) {
		spool_close(ret, false);
		memset(ret, 0, sizeof *ret);
		result = copy_once(ret, fd);
	}
	close(fd);
	if (result < 0)
		spool_close(ret, false);
	else
		strcpy(ret->path, path);
	return result;
}

uint64_t spool_at_work(const struct spool *spool, unsigned entry)
{
	const struct spool_work *work = (const void *)((const char *)spool->header + SPOOL_WORK_OFFSET);
	uint64_t word = work[entry].word;
	if (spool->header->tells_work == 0 || word == 0)
		return 0;
	return (word >> SPOOL_WORK_THREAD_BITS) << SPOOL_WORK_ADDRESS_BITS | (uint64_t)entry << 4;
}
