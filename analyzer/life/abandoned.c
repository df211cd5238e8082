// SPDX-License-Identifier: PostgreSQL
/*
 * abandoned.c - which connections were used, and never again, while others like them were opened; see life.h.
 *
 * One scan of the connections, in the order in which they were opened.  Whoever
 * waits for the next one to be opened lies in a heap, the first that was last
 * used on top, so each is looked at twice, however many are open.  Order is told
 * by the numbers of events: clocks stand still for milliseconds.
 *
 * What is opened in the place of one that was closed shows nothing: a pool that
 * recycles does that while others lie in it.  So it counts how many are open, too.
 */
#include "analyzer/life/life.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"

#define FIRST_SLOTS 1024u /* a power of two */

/* A connection that may be abandoned, by the numbers of events. */
struct waiting {
	int64_t id, used, ended; /* ended: INT64_MAX: not yet */
	int64_t used_before;     /* the last use before its last turn; 0: none */
	int64_t before;          /* so many had been opened when it was found abandoned */
	int64_t open;            /* so many were open when it was used last */
};

/* An opening after which more were open than after any later one. */
struct high {
	int64_t opening, open; /* its number, and how many then were */
};

/* The least of its items lies first. */
struct heap {
	struct waiting *items;
	size_t count;
};

/* What may take the place of one another: of a process, to a target, and opened at one place. */
struct group {
	int64_t process, target, place;
	int64_t opened, last_opened; /* how many, and the event of the last */
	int64_t threads, first_thread,
		last_thread;    /* connections that were each used by one thread alone; -1: others were, too */
	struct heap unused; /* by their last use */
	struct heap found;  /* abandoned and not closed yet, by their end */
	struct heap open;   /* all that are open, by their end */
	struct high *highs;
	size_t high_count;
};

struct groups {
	struct group *slots;               /* opened 0: free */
	size_t room, count;                /* room: a power of two */
	sqlite3_stmt *found, *late, *kept; /* the last two: or NULL */
};

static int64_t rank(const struct waiting *item, bool by_end)
{
	return by_end ? item->ended : item->used;
}

static bool push(struct heap *heap, struct waiting item, bool by_end)
{
	if (!array_room(heap->items, heap->count))
		return false;
	size_t at = heap->count++;
	for (; at > 0 && rank(&heap->items[(at - 1) / 2], by_end) > rank(&item, by_end); at = (at - 1) / 2)
		heap->items[at] = heap->items[(at - 1) / 2];
	heap->items[at] = item;
	return true;
}

static struct waiting pop(struct heap *heap, bool by_end)
{
	struct waiting first = heap->items[0], last = heap->items[--heap->count];
	size_t at = 0;

	for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
		if (child + 1 < heap->count && rank(&heap->items[child + 1], by_end) < rank(&heap->items[child], by_end))
			child++;
		if (rank(&heap->items[child], by_end) >= rank(&last, by_end))
			break;
		heap->items[at] = heap->items[child];
	}
	heap->items[at] = last;
	return first;
}

static uint64_t hash(int64_t process, int64_t target, int64_t place)
{
	uint64_t mixed = (uint64_t)process * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)target * UINT64_C(0xd6e8feb86659fd93);

	mixed = (mixed ^ (uint64_t)place) * UINT64_C(0x9e3779b97f4a7c15);
	return mixed ^ mixed >> 29;
}

static struct group *find(struct group *slots, size_t room, int64_t process, int64_t target, int64_t place)
{
	for (size_t at = hash(process, target, place) & (room - 1);; at = (at + 1) & (room - 1)) {
		struct group *group = &slots[at];
		if (group->opened == 0 || (group->process == process && group->target == target && group->place == place))
			return group;
	}
}

static bool grow(struct groups *groups)
{
	size_t room = groups->room == 0 ? FIRST_SLOTS : groups->room * 2;
	struct group *slots = calloc(room, sizeof *slots);

	if (slots == NULL)
		return refuse("out of memory");
	for (size_t i = 0; i < groups->room; i++) {
		const struct group *old = &groups->slots[i];
		if (old->opened != 0)
			*find(slots, room, old->process, old->target, old->place) = *old;
	}
	free(groups->slots);
	groups->slots = slots;
	groups->room = room;
	return true;
}

/* Forgets those that ended before `now`. */
static void close_ended(struct group *group, int64_t now)
{
	while (group->open.count > 0 && group->open.items[0].ended <= now)
		pop(&group->open, true);
}

/* After the opening of this number so many are open. */
static bool note_high(struct group *group, int64_t opening, int64_t open)
{
	while (group->high_count > 0 && group->highs[group->high_count - 1].open <= open)
		group->high_count--;
	if (!array_room(group->highs, group->high_count))
		return false;
	group->highs[group->high_count++] = (struct high){opening, open};
	return true;
}

/* The most that were open at once after one of the openings from this number on. */
static int64_t most_since(const struct group *group, int64_t opening)
{
	size_t from = 0, to = group->high_count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		if (group->highs[middle].opening < opening)
			from = middle + 1;
		else
			to = middle;
	}
	return from < group->high_count ? group->highs[from].open : 0;
}

static bool write(const struct groups *groups, const struct group *group, const struct waiting *item)
{
	return query_put(groups->found, AS_NUMBER(item->id), AS_NUMBER(group->opened - item->before),
					 AS_NUMBER(most_since(group, item->before + 1) > item->open));
}

/* Those that ended before `now` have seen all that could be opened after their last use. */
static bool write_ended(const struct groups *groups, struct group *group, int64_t now)
{
	bool done = true;

	while (done && group->found.count > 0 && group->found.items[0].ended <= now) {
		struct waiting item = pop(&group->found, true);
		done = write(groups, group, &item);
	}
	return done;
}

/* One more is opened, by the event `now`. */
static bool open_one(const struct groups *groups, struct group *group, int64_t now)
{
	bool done = write_ended(groups, group, now);

	while (done && group->unused.count > 0 && group->unused.items[0].used < now) {
		struct waiting item = pop(&group->unused, false);
		close_ended(group, item.used);
		item.before = group->opened;
		item.open = (int64_t)group->open.count;
		done = item.ended <= now || push(&group->found, item, true);
	}
	close_ended(group, now);
	group->opened++;
	group->last_opened = now;
	return done && note_high(group, group->opened, (int64_t)group->open.count + 1);
}

/*
 * Whose last turn came after all others were opened, and the use before it did not: where the turn was the work of the
 * end of the process, that use was the last.
 */
static bool write_late(const struct groups *groups, const struct group *group)
{
	bool done = true;

	for (size_t i = 0; i < group->unused.count && groups->late != NULL && done; i++) {
		const struct waiting *item = &group->unused.items[i];
		if (item->used_before != 0 && item->used_before < group->last_opened)
			done = query_put(groups->late, AS_NUMBER(item->id));
	}
	return done;
}

#define LEAST_KEPT 3
#define MOST_KEPT 1000 /* more no pool has */

/* Whether several threads perhaps used one each.  Only neighbours and the first are compared here. */
static bool write_kept(const struct groups *groups, const struct group *group)
{
	return groups->kept == NULL || group->threads < LEAST_KEPT || group->threads > MOST_KEPT ||
		   query_put(groups->kept, AS_NUMBER(group->process), AS_NUMBER(group->target));
}

static void note_thread(struct group *group, int64_t thread, int64_t moves)
{
	if (moves > 1 || thread == 0 || thread == group->first_thread || thread == group->last_thread)
		group->threads = -1;
	if (group->threads < 0)
		return;
	if (group->threads++ == 0)
		group->first_thread = thread;
	group->last_thread = thread;
}

enum {
	C_ID,
	C_PROCESS,
	C_TARGET,
	C_PLACE,
	C_OPENED,
	C_USED,
	C_ENDED,
	C_MAY,
	C_BEFORE,
	C_THREAD,
	C_MOVES,
	C_ACQUIRE_STACK,
	C_USE_STACK
};

static bool visit(struct groups *groups, sqlite3_stmt *row)
{
	int64_t process = sqlite3_column_int64(row, C_PROCESS), target = sqlite3_column_int64(row, C_TARGET);
	int64_t place = sqlite3_column_int64(row, C_PLACE);

	if (groups->count * 4 >= groups->room * 3 && !grow(groups))
		return false;
	struct group *group = find(groups->slots, groups->room, process, target, place);
	if (group->opened == 0) {
		*group = (struct group){.process = process, .target = target, .place = place};
		groups->count++;
	}
	if (!open_one(groups, group, sqlite3_column_int64(row, C_OPENED)))
		return false;
	struct waiting item = {.id = sqlite3_column_int64(row, C_ID), .used = sqlite3_column_int64(row, C_USED)};
	item.used_before = sqlite3_column_int64(row, C_BEFORE);
	item.ended = sqlite3_column_type(row, C_ENDED) == SQLITE_NULL ? INT64_MAX : sqlite3_column_int64(row, C_ENDED);
	if (!push(&group->open, item, true))
		return false;
	if (sqlite3_column_int(row, C_MAY) == 0)
		return true;
	note_thread(group, sqlite3_column_int64(row, C_THREAD), sqlite3_column_int64(row, C_MOVES));
	return push(&group->unused, item, false);
}

static bool note_last(struct last_uses *last, sqlite3_stmt *row)
{
	int64_t use_stack = sqlite3_column_int64(row, C_USE_STACK); /* 0: NULL, it has none */

	return use_stack == 0 || last_uses_count(last, sqlite3_column_int64(row, C_PROCESS),
											 sqlite3_column_int64(row, C_ACQUIRE_STACK), use_stack);
}

bool life_scan(sqlite3 *db, const char *rows, const char *found, const char *late, const char *kept,
			   struct last_uses *last)
{
	QUERY_CLEANUP row = query_prepare(db, rows);
	QUERY_CLEANUP insert = query_prepare(db, found);
	QUERY_CLEANUP insert_late = late != NULL ? query_prepare(db, late) : NULL;
	QUERY_CLEANUP insert_kept = kept != NULL ? query_prepare(db, kept) : NULL;
	struct groups groups = {.found = insert, .late = insert_late, .kept = insert_kept};
	bool failed = insert == NULL || (late != NULL && insert_late == NULL) || (kept != NULL && insert_kept == NULL);

	while (!failed && query_next(row, &failed))
		failed = !visit(&groups, row) || (last != NULL && !note_last(last, row));
	for (size_t i = 0; i < groups.room; i++) {
		struct group *group = &groups.slots[i];
		failed = failed || !write_ended(&groups, group, INT64_MAX) || !write_late(&groups, group) ||
				 !write_kept(&groups, group);
		free(group->unused.items);
		free(group->found.items);
		free(group->open.items);
		free(group->highs);
	}
	free(groups.slots);
	return !failed;
}
