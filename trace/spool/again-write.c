// SPDX-License-Identifier: PostgreSQL
/*
 * again-write.c - counts a cycle that was made again, where it lies in the spool; see again.h.
 *
 * Called by the recorder for each event that may end a cycle, inside the traced program: allocates nothing, waits for
 * nothing.
 */
#include "trace/spool/again.h"

#include "trace/base/libpq-status.h"
#include "trace/spool/spool-write.h"

#define END_MASK (((uint64_t)1 << (64 - SPOOL_HEAD_BITS)) - 1) /* of a number, what the head has room for */

static uint64_t head_word(const struct again_writer *writer)
{
	return atomic_load_explicit(&writer->spool->header->head, memory_order_relaxed);
}

void again_reset(struct again_writer *writer, struct spool *spool)
{
	writer->spool = spool;
	writer->since = writer->settled = writer->plain = 0;
	writer->writing = NULL;
	/* Each place is looked at before it is believed, but for where it lies.  An untouched table costs neither time nor
	 * memory. */
	if (writer->has_places)
		memset(writer->places, 0, sizeof writer->places);
	writer->has_places = false;
}

/* A count that was begun and not finished must not become right when another one takes its number. */
static void finish(struct again_writer *writer)
{
	struct again *writing = writer->writing;
	if (writing == NULL)
		return;
	if ((again_number(writing) & END_MASK) != head_word(writer) >> SPOOL_HEAD_BITS) {
		writing->version = 0;
		writing->more = 0;
	}
	writer->writing = NULL;
}

uint64_t again_seal(struct again_writer *writer)
{
	struct spool_header *header = writer->spool->header;
	finish(writer);
	uint64_t head = spool_head(header);
	writer->since = writer->settled = head;
	writer->plain = 0;
	/* The other one is that of the tail, until this drain is committed. */
	uint64_t tail = atomic_load_explicit(&header->tail, memory_order_relaxed);
	struct spool_counted *counted = &header->counted[atomic_load(&header->counted[0].at) == tail];
	atomic_store_explicit(&counted->at, 0, memory_order_release);
	atomic_store_explicit(&counted->events, writer->spool->taken_off, memory_order_release);
	atomic_store_explicit(&counted->at, head, memory_order_release);
	return head;
}

/* --- what is a cycle --- */

static bool is_acquire(const struct event *event)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_ACQUIRE && event->parent != 0;
}

static bool is_release(const struct event *event)
{
	return event->kind == KIND_RESULT && event->verb == EVENT_RELEASE;
}

static bool is_end(const struct event *event)
{
	return event->kind == KIND_CONNECTION && event->verb == EVENT_USE && event->flags == EVENT_IS_DRAINED &&
		   event->transaction == TRANSACTION_IDLE;
}

/* A result of a call that waited, on a connection that has nothing else open. */
static bool is_waited_for(const struct event *event)
{
	return is_acquire(event) && event->flags == (EVENT_IS_QUERY | EVENT_IS_DRAINED) &&
		   event->transaction == TRANSACTION_IDLE && !result_is_copy(event->status);
}

static bool is_sent(const struct event *sent, const struct event *result, const struct event *end)
{
	return sent->kind == KIND_CONNECTION && sent->verb == EVENT_USE &&
		   sent->flags == (EVENT_IS_QUERY | EVENT_IS_SEND) && !transaction_is_open(sent->transaction) &&
		   is_acquire(result) && result->flags == 0 && !transaction_is_open(result->transaction) &&
		   (result->status == RESULT_TUPLES_OK || result->status == RESULT_COMMAND_OK) && is_end(end) &&
		   sent->object == result->parent && sent->object == end->object;
}

/* So many events as lie from there on, one behind the other; those in two segments are copied. */
static inline const struct event *look(const struct spool *spool, uint64_t from, uint64_t count,
									   struct event copy[AGAIN_LENGTH_SENT])
{
	if (__builtin_expect(from % SPOOL_SEGMENT_EVENTS + count <= SPOOL_SEGMENT_EVENTS, 1))
		return spool_place(spool, from);
	for (uint64_t i = 0; i < count; i++)
		copy[i] = *spool_place(spool, from + i);
	return copy;
}

/* How many events the cycle has that ends with this one; 0: it ends none.  `before` of them lie before `here`. */
static uint64_t length_with(const struct event *event, const struct event *here, uint64_t before)
{
	if (event->verb == EVENT_RELEASE && before >= 1) {
		const struct event *last = here - 1;
		if (last->object == event->object && is_waited_for(last))
			return AGAIN_LENGTH_RESULT;
		if (before >= 3 && is_end(last) && here[-2].object == event->object && is_sent(here - 3, here - 2, last))
			return AGAIN_LENGTH_SENT;
	} else if (event->verb == EVENT_USE && before >= 3) {
		if (is_release(here - 1) && here[-1].object == here[-2].object && is_end(event) &&
			is_sent(here - 3, here - 2, event))
			return AGAIN_LENGTH_SENT;
	}
	return 0;
}

/* --- the same one --- */

/* What kind of call, on what, from where: all but the times, and how much a result held. */
static inline bool is_same(const struct event *a, const struct event *b)
{
	uint64_t where[2], what[2];
	memcpy(&where[0], &a->stack, sizeof where[0]);
	memcpy(&where[1], &b->stack, sizeof where[0]);
	memcpy(&what[0], &a->function, sizeof what[0]);
	memcpy(&what[1], &b->function, sizeof what[0]);
	static_assert(offsetof(struct event, thread) == offsetof(struct event, stack) + sizeof a->stack &&
					  offsetof(struct event, function) + sizeof what[0] == sizeof(struct event),
				  "stack and thread lie together, as does all from the function on");
	return ((where[0] ^ where[1]) | (what[0] ^ what[1]) | (a->object ^ b->object) | (a->parent ^ b->parent) |
			(a->value ^ b->value) | (a->text ^ b->text)) == 0;
}

/* The same of an event that says no more than these: all but a cycle's first. */
static inline bool is_same_step(const struct event *a, const struct event *b)
{
	uint64_t where[2], what[2];
	memcpy(&where[0], &a->stack, sizeof where[0]);
	memcpy(&where[1], &b->stack, sizeof where[0]);
	memcpy(&what[0], &a->function, sizeof what[0]);
	memcpy(&what[1], &b->function, sizeof what[0]);
	return ((where[0] ^ where[1]) | (what[0] ^ what[1]) | (a->object ^ b->object) | (a->parent ^ b->parent)) == 0;
}

static inline uint64_t *bucket_of(struct again_writer *writer, const struct event *first, const struct event *event)
{
	uint64_t key = (uint64_t)first->stack << 32 ^ (uint64_t)event->stack << 8 ^ first->object ^ first->parent * 3;
	static_assert(AGAIN_BUCKETS == 4096, "the hash's upper twelve bits choose");
	return writer->places[key * 0x9e3779b97f4a7c15u >> 52];
}

static struct again *again_at(const struct spool *spool, uint64_t at)
{
	return (struct again *)(void *)spool_place(spool, at);
}

/* Where the records of that cycle are, or 0. */
static uint64_t find(const struct again_writer *writer, const uint64_t *bucket, const struct event *first,
					 const struct event *event, uint64_t length)
{
	for (size_t i = 0; i < AGAIN_WAYS; i++) {
		uint64_t at = bucket[i];
		if (at <= writer->since || again_at(writer->spool, at)->length != length)
			continue;
		struct event copy[AGAIN_LENGTH_SENT];
		const struct event *known = look(writer->spool, at - length, length, copy);
		if (!is_same(&known[length - 1], event) || !is_same(&known[0], first))
			continue;
		if (length == AGAIN_LENGTH_SENT && (!is_same(&known[1], &first[1]) || !is_same(&known[2], &first[2])))
			continue;
		return at;
	}
	return 0;
}

/* --- counting --- */

static uint64_t elapsed(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* What one cycle adds: when its parts began and ended, and which was the last use of the connection. */
struct spell {
	uint64_t used, held_ns, sent_ns;
	uint64_t last_use; /* that of its events */
};

static inline struct spell spell_of(const struct event *first, const struct event *event, uint64_t length)
{
	if (length == AGAIN_LENGTH_RESULT)
		return (struct spell){first->time, elapsed(first->time, event->time), 0, 0};
	bool ends_last = event->verb == EVENT_USE;
	const struct event *end = ends_last ? event : &first[2], *release = ends_last ? &first[2] : event;
	return (struct spell){end->time, elapsed(first[1].time, release->time), elapsed(first->time, end->time),
						  ends_last ? 3 : 2};
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Takes the cycle whose first event lies at `begin` off the log, and counts it in these records. */
static inline bool count_in(struct again_writer *writer, const struct again *was, struct again *now, uint64_t begin,
							const struct spell *spell, uint64_t length)
{
	struct spool *spool = writer->spool;
	uint64_t number = begin + spell->last_use + 1 + spool->taken_off, end = number & END_MASK;
	/* The head could not tell it from the one before. */
	if (end == head_word(writer) >> SPOOL_HEAD_BITS || was->more == UINT32_MAX)
		return false;
	uint32_t more = was->more + 1;
	writer->writing = now;
	atomic_signal_fence(memory_order_seq_cst);
	now->more = more;
	atomic_thread_fence(memory_order_release); /* a reader that sees any of what follows sees this */
	now->longest_sent_ns = most(was->longest_sent_ns, spell->sent_ns);
	now->sent_ns = was->sent_ns + spell->sent_ns;
	now->longest_ns = most(was->longest_ns, spell->held_ns);
	now->held_ns = was->held_ns + spell->held_ns;
	now->used = most(was->used, spell->used);
	__atomic_store_n(&now->version, number << AGAIN_NUMBER_SHIFT | (more & UINT16_MAX), __ATOMIC_RELEASE);
	spool->taken_off += length;
	spool->written = begin + spool->taken_off;
	atomic_store_explicit(&spool->header->head, end << SPOOL_HEAD_BITS | begin, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	writer->writing = NULL;
	return true;
}

static bool count(struct again_writer *writer, uint64_t at, uint64_t begin, const struct spell *spell, uint64_t length)
{
	struct again *one = again_at(writer->spool, at), *other = again_at(writer->spool, at + 1);
	return other->version > one->version ? count_in(writer, other, one, begin, spell, length)
										 : count_in(writer, one, other, begin, spell, length);
}

/* Appends the event, and behind it the records in which its cycle will be counted. */
__attribute__((noinline)) static void begin_to_count(struct again_writer *writer, uint64_t *bucket,
													 const struct event *event, uint64_t begin,
													 const struct spell *spell, uint64_t length)
{
	struct spool *spool = writer->spool;
	spool_put(spool, head_word(writer), event);
	uint64_t word = head_word(writer), at = word & SPOOL_HEAD_MASK;
	uint64_t number = begin + spell->last_use + 1 + spool->taken_off;
	*again_at(spool, at) = (struct again){
		.version = number << AGAIN_NUMBER_SHIFT,
		.used = spell->used,
		.verb = EVENT_AGAIN,
		.length = (uint8_t)length,
	};
	*again_at(spool, at + 1) = (struct again){.verb = EVENT_AGAIN, .length = (uint8_t)length};
	spool->written = at + AGAIN_RECORDS + spool->taken_off;
	atomic_store_explicit(&spool->header->head, word + AGAIN_RECORDS, memory_order_release);
	writer->settled = at + AGAIN_RECORDS;
	writer->has_places = true;
	bucket[bucket[0] > writer->since] = at;
}

__attribute__((noinline)) static bool add_slowly(struct again_writer *writer, const struct event *event)
{
	struct spool *spool = writer->spool;
	uint64_t head = head_word(writer) & SPOOL_HEAD_MASK, before = head - writer->settled;
	if (before >= AGAIN_LENGTH_SENT)
		before = AGAIN_LENGTH_SENT - 1;
	struct event copy[AGAIN_LENGTH_SENT];
	const struct event *here = look(spool, head - before, before, copy) + before;
	uint64_t length = length_with(event, here, before), begin = head + 1 - length;
	/* After a loss all is told in its order, and by itself. */
	if (length == 0 || spool->header->keep_events != 0 ||
		atomic_load_explicit(&spool->header->lost_at, memory_order_relaxed) != 0)
		return false;
	bool follows = begin == writer->settled && begin > writer->since;
	if (!follows) {
		/* Something else lies before it: from here on, if there is another cycle right before. */
		follows = begin == writer->plain;
		writer->plain = head + 1;
		if (!follows)
			return false;
		writer->since = writer->settled = begin;
	}
	const struct event *first = here + 1 - length;
	const struct spell spell = spell_of(first, event, length);
	uint64_t *bucket = bucket_of(writer, first, event);
	finish(writer);
	uint64_t at = find(writer, bucket, first, event, length);
	if (at != 0)
		return count(writer, at, begin, &spell, length);
	if (event->stack == 0 || spool_is_full(spool))
		return false;
	begin_to_count(writer, bucket, event, begin, &spell, length);
	return true;
}

/* The ordinary way through again_add, for a cycle of that length: all of it lies in one segment, and was seen before.
 */
static inline __attribute__((always_inline)) bool count_known(struct again_writer *writer, const struct event *event,
															  const struct event *here, uint64_t head, uint64_t length)
{
	const struct event *first = here + 1 - length;
	uint64_t begin = head + 1 - length;
	if (begin != writer->settled || begin <= writer->since || writer->writing != NULL ||
		atomic_load_explicit(&writer->spool->header->lost_at, memory_order_relaxed) != 0)
		return false;
	const uint64_t *bucket = bucket_of(writer, first, event);
	for (size_t i = 0; i < AGAIN_WAYS; i++) {
		uint64_t at = bucket[i], in_segment = at % SPOOL_SEGMENT_EVENTS;
		/* Room before it for the cycle, and in the same segment for both records. */
		if (at <= writer->since || in_segment < length || in_segment + 1 == SPOOL_SEGMENT_EVENTS)
			continue;
		const struct event *known = spool_place(writer->spool, at) - length;
		struct again *two = again_at(writer->spool, at);
		if (two->length != length || !is_same(&known[0], first) || !is_same_step(&known[length - 1], event))
			continue;
		if (length == AGAIN_LENGTH_SENT && (!is_same_step(&known[1], &first[1]) || !is_same_step(&known[2], &first[2])))
			continue;
		const struct spell spell = spell_of(first, event, length);
		bool is_second = two[1].version > two[0].version;
		return count_in(writer, &two[is_second], &two[!is_second], begin, &spell, length);
	}
	return false;
}

bool again_add(struct again_writer *writer, const struct event *event)
{
	uint64_t head = head_word(writer) & SPOOL_HEAD_MASK;
	const struct event *here = spool_place(writer->spool, head);
	if (!again_may_end(event, here, head))
		return false;
	if (__builtin_expect(head % SPOOL_SEGMENT_EVENTS >= AGAIN_LENGTH_SENT - 1, 1) &&
		(here[-1].verb == EVENT_ACQUIRE ? count_known(writer, event, here, head, AGAIN_LENGTH_RESULT)
										: count_known(writer, event, here, head, AGAIN_LENGTH_SENT)))
		return true;
	return add_slowly(writer, event);
}
