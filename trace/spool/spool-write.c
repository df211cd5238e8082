// SPDX-License-Identifier: PostgreSQL
/* spool-write.c - see spool-write.h; spool-room.c makes the system calls. */
#include "trace/spool/spool-write.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "trace/base/loss.h"
#include "trace/spool/beside.h"
#include "trace/spool/spool-room.h"

static uint64_t now_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t random_id(void)
{
	uint64_t id;
	/* Before the kernel has entropy, the time and this process are distinct enough. */
	if (getrandom(&id, sizeof id, GRND_NONBLOCK) != (ssize_t)sizeof id)
		id = now_ns(CLOCK_REALTIME) * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid() << 40 ^ now_ns(CLOCK_MONOTONIC);
	return id != 0 ? id : 1;
}

/* Appends digits of `value`; no stdio, which may allocate. */
static char *put_number(char *at, uint64_t value, unsigned base, int least_digits)
{
	char digits[24];
	int n = 0;
	while (value != 0 || n < least_digits) {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	}
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

/* TRACE-spool-PID-ID */
static int set_path(struct spool *spool, const char *trace, pid_t pid, uint64_t id)
{
	static const char suffix[] = SPOOL_SUFFIX;
	size_t length = strlen(trace);
	if (length + sizeof suffix + 48 > sizeof spool->path)
		return -ENAMETOOLONG;
	memcpy(spool->path, trace, length);
	memcpy(spool->path + length, suffix, sizeof suffix - 1);
	char *at = put_number(spool->path + length + sizeof suffix - 1, (uint64_t)pid, 10, 1);
	*at++ = '-';
	at = put_number(at, id, 16, 16);
	*at = '\0';
	return 0;
}

static void fill_header(struct spool_header *header, uint64_t id, const struct spool_identity *identity)
{
	header->version = SPOOL_VERSION;
	header->header_bytes = SPOOL_HEADER_BYTES;
	header->id = id;
	header->parent_id = identity->parent_id;
	header->forked_at = identity->forked_at;
	header->born_ns = identity->born_ns;
	header->boot_id = spool_boot_id();
	header->pid_namespace = spool_pid_namespace();
	header->started = now_ns(CLOCK_MONOTONIC);
	header->epoch_ns = (int64_t)(now_ns(CLOCK_REALTIME) - header->started);
	header->pid = getpid();
	header->ppid = getppid();
	header->keep_events = identity->keep_events;
	memcpy(header->host, identity->host, sizeof header->host);
	memcpy(header->exe, identity->exe, sizeof header->exe);
	memcpy(header->command, identity->command, sizeof header->command);
	memcpy(header->label, identity->label, sizeof header->label);
	/* The magic comes last: a reader takes a file without it for one whose creation was cut short. */
	uint64_t magic;
	static_assert(sizeof magic == sizeof header->magic, "the magic is written at once");
	memcpy(&magic, SPOOL_MAGIC, sizeof magic);
	__atomic_store_n((uint64_t *)(void *)header->magic, magic, __ATOMIC_RELEASE);
}

static int create(struct spool *spool, const char *trace, const struct spool_identity *identity)
{
	uint64_t id = random_id();
	int result = set_path(spool, trace, getpid(), id);
	if (result < 0)
		return result;
	char *segment[2] = {NULL};
	result = room_create(spool, 2, segment);
	spool->event_segment[0] = segment[0];
	spool->blob_segment[0] = segment[1];
	if (result < 0) {
		spool_close(spool, false);
		return result;
	}
	atomic_store_explicit(&spool->header->event_segment[0], 1, memory_order_relaxed);
	atomic_store_explicit(&spool->header->blob_segment[0], 2, memory_order_relaxed);
	atomic_store_explicit(&spool->header->segments, 2, memory_order_relaxed);
	spool->event_room = SPOOL_SEGMENT_EVENTS;
	fill_header(spool->header, id, identity);
	return 0;
}

int spool_create(struct spool *spool, const char *trace, const struct spool_identity *identity)
{
	int saved = errno;
	memset(spool, 0, sizeof *spool);
	int result = create(spool, trace, identity);
	errno = saved;
	return result;
}

void spool_share_work(struct spool *spool, void *at)
{
	int saved = errno;
	if (room_lay_work(spool, at))
		atomic_store_explicit(&spool->header->tells_work, 1, memory_order_release);
	errno = saved;
}

/* A new file segment at the file's end; its number goes to ret_number. */
static int grow(struct spool *spool, bool spares_disk, char **ret, uint32_t *ret_number)
{
	int saved = errno;
	uint32_t number = atomic_load_explicit(&spool->header->segments, memory_order_relaxed);
	int result = room_segment(spool, number, true, spares_disk, ret);
	errno = saved;
	if (result < 0)
		return result;
	atomic_store_explicit(&spool->header->segments, number + 1, memory_order_release);
	*ret_number = number;
	return 0;
}

/* Room for the next segment of events: one that is wholly drained, or a new one. */
__attribute__((noinline, cold)) static int add_event_segment(struct spool *spool)
{
	struct spool_header *header = spool->header;
	uint64_t next = spool->event_room / SPOOL_SEGMENT_EVENTS;
	uint64_t drained = atomic_load_explicit(&header->tail, memory_order_acquire) / SPOOL_SEGMENT_EVENTS;
	char *segment;
	uint32_t number;

	if (spool->oldest_segment < drained) {
		uint32_t slot = spool->oldest_segment % SPOOL_EVENT_SEGMENTS;
		segment = spool->event_segment[slot];
		number = atomic_load_explicit(&header->event_segment[slot], memory_order_relaxed) - 1;
		spool->event_segment[slot] = NULL;
		atomic_store_explicit(&header->event_segment[slot], 0, memory_order_relaxed);
		spool->oldest_segment++;
	} else {
		if (next - spool->oldest_segment >= SPOOL_EVENT_SEGMENTS)
			return -LOSS_LIMIT;
		int result = grow(spool, spool->spares_disk, &segment, &number);
		if (result < 0)
			return result;
	}
	uint32_t slot = next % SPOOL_EVENT_SEGMENTS;
	spool->event_segment[slot] = segment;
	atomic_store_explicit(&header->event_segment[slot], number + 1, memory_order_release);
	spool->event_room += SPOOL_SEGMENT_EVENTS;
	return 0;
}

__attribute__((noinline, cold)) static int append_slowly(struct spool *spool, const struct event *event)
{
	uint64_t head = spool_head(spool->header);
	bool is_end = event->verb == EVENT_END || event->verb == EVENT_END_REVOKED;
	int result = is_end && head < spool->event_room ? 0 : add_event_segment(spool);
	if (result == 0)
		spool_put(spool, atomic_load_explicit(&spool->header->head, memory_order_relaxed), event);
	return result;
}

int spool_append(struct spool *spool, const struct event *event)
{
	if (__builtin_expect(spool_is_full(spool), 0))
		return append_slowly(spool, event);
	spool_put(spool, atomic_load_explicit(&spool->header->head, memory_order_relaxed), event);
	return 0;
}

int spool_make_room(struct spool *spool)
{
	return spool_is_full(spool) ? add_event_segment(spool) : 0;
}

/* Whoever sees an event behind the loss sees the loss: the head is stored after it, and read before it. */
void spool_lose(struct spool *spool, uint64_t events, uint32_t why)
{
	struct spool_header *header = spool->header;
	uint64_t none = 0;
	uint64_t here = spool_head(header) + 1;
	if (events == 0)
		return;
	if (atomic_compare_exchange_strong(&header->lost_at, &none, here))
		atomic_store_explicit(&header->lost_why, why, memory_order_relaxed);
	atomic_fetch_add_explicit(&header->dropped, events, memory_order_release);
}

void spool_mark_child(struct spool_header *header, int error)
{
	uint32_t number = atomic_fetch_add(&header->children, 1);
	if (number >= SPOOL_CHILDREN)
		return;
	struct spool_child *child = &header->child[number];
	child->uid = (uint32_t)geteuid();
	child->error = (uint32_t)error;
	atomic_store_explicit(&child->pid, getpid(), memory_order_release);
}

uint32_t spool_add_blob(struct spool *spool, enum blob_type type, const void *bytes, size_t length)
{
	struct spool_header *header = spool->header;
	if (length > SPOOL_SEGMENT_BYTES - sizeof(struct blob_header))
		return 0;
	size_t needed = sizeof(struct blob_header) + (length + 7) / 8 * 8;
	uint64_t at = atomic_load_explicit(&header->blob_bytes, memory_order_relaxed);
	/* A handler's longjmp may have come between the last two lines of this: then one more is there than was counted. */
	uint64_t number = (spool->counted >> 32) + ((uint32_t)spool->counted != at) + 1;
	if (at % SPOOL_SEGMENT_BYTES + needed > SPOOL_SEGMENT_BYTES)
		/* What is skipped was never written: its zeros say "nothing more in this segment". */
		at = (at / SPOOL_SEGMENT_BYTES + 1) * SPOOL_SEGMENT_BYTES;
	uint64_t slot = at / SPOOL_SEGMENT_BYTES;
	if (slot >= SPOOL_BLOB_SEGMENTS)
		return 0;
	if (spool->blob_segment[slot] == NULL) {
		uint32_t segment;
		if (grow(spool, false, &spool->blob_segment[slot], &segment) < 0)
			return 0;
		atomic_store_explicit(&header->blob_segment[slot], segment + 1, memory_order_release);
	}
	char *place = spool->blob_segment[slot] + at % SPOOL_SEGMENT_BYTES;
	memcpy(place, &(struct blob_header){(uint32_t)length, type}, sizeof(struct blob_header));
	memcpy(place + sizeof(struct blob_header), bytes, length);
	atomic_store_explicit(&header->blob_bytes, at + needed, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	spool->counted = number << 32 | (uint32_t)(at + needed);
	return (uint32_t)number;
}

void spool_retire(struct spool *spool, uint64_t position)
{
	struct spool_header *header = spool->header;
	if (position > atomic_load_explicit(&header->tail, memory_order_relaxed) && position <= spool_head(header))
		atomic_store_explicit(&header->tail, position, memory_order_release);
}
