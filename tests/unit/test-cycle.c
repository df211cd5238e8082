// SPDX-License-Identifier: PostgreSQL
/*
 * test-cycle.c - events folded together leave what they leave when each is folded by itself.
 *
 * Makes sequences of events at random, most of them of the kind that is folded together, and some that a program should
 * not make; folds them both ways and compares all that a save would write.
 */
#include "support.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "trace/fold/fold.h"

enum { ROUNDS = 300, EVENTS = 400, OBJECTS = 3, TEXT_BYTES = 1 << 18 };

static uint64_t state = 88172645463325252u;

static unsigned pick(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static uint64_t now;

static struct event event(uint8_t verb, uint8_t kind, uint64_t object)
{
	now += pick(3) * 1000000;
	return (struct event){
		.verb = verb,
		.kind = kind,
		.object = object,
		.time = pick(10) == 0 && now > 5000000 ? now - 5000000 : now,
		.duration = pick(4) * 1000000,
		.stack = 1 + pick(5),
		.function = (uint16_t)(1 + pick(3)),
		.thread = 7,
		/* Nearly always idle: only then is anything folded together. */
		.transaction = pick(20) != 0 ? 0 : (uint8_t)pick(5),
	};
}

static uint64_t some_connection(void)
{
	return 0x1000 + pick(OBJECTS) * 16;
}

static struct event result_of(uint64_t connection)
{
	struct event result = event(EVENT_ACQUIRE, KIND_RESULT, 0x2000 + pick(OBJECTS) * 16);
	static const uint8_t status[] = {1, 2, 2, 2, 2, 3, 7};
	result.parent = pick(20) != 0 ? connection : 0;
	result.status = status[pick(sizeof status)];
	result.rows = pick(9);
	return result;
}

/* Writes up to four events. */
static size_t write_some(struct event *ret)
{
	uint64_t connection = some_connection();
	size_t n = 0;
	struct event end;
	switch (pick(8)) {
	case 0:
		ret[n++] = event(EVENT_ACQUIRE, KIND_CONNECTION, connection);
		break;
	case 1:
		ret[n++] = event(pick(4) == 0 ? EVENT_RELEASE : EVENT_USE, KIND_CONNECTION, connection);
		ret[n - 1].flags = (uint8_t)pick(32);
		break;
	case 2:
	case 3: /* an exec */
		ret[n] = result_of(connection);
		ret[n].flags = EVENT_IS_QUERY | EVENT_IS_DRAINED;
		ret[n++].value = pick(3);
		ret[n++] = event(EVENT_RELEASE, KIND_RESULT, ret[0].object);
		break;
	default: /* a send */
		ret[n] = event(EVENT_USE, KIND_CONNECTION, connection);
		ret[n].flags = EVENT_IS_QUERY | EVENT_IS_SEND;
		ret[n++].value = pick(3);
		ret[n++] = result_of(connection);
		end = event(EVENT_USE, KIND_CONNECTION, connection);
		end.flags = EVENT_IS_DRAINED;
		ret[n++] = end;
		ret[n++] = event(EVENT_RELEASE, KIND_RESULT, ret[1].object);
		if (pick(2) == 0)
			end = ret[n - 1], ret[n - 1] = ret[n - 2], ret[n - 2] = end;
	}
	/* Sometimes one is another one, or missing. */
	if (pick(8) == 0)
		ret[pick((unsigned)n)].flags ^= (uint8_t)(1 << pick(5));
	return pick(8) == 0 ? n - 1 : n;
}

/* --- what a fold says --- */

struct text {
	char bytes[TEXT_BYTES];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	text->used += (size_t)vsnprintf(text->bytes + text->used, TEXT_BYTES - text->used, format, arguments);
	va_end(arguments);
	assert_true(text->used < TEXT_BYTES);
}

static void put_resource(struct text *text, const struct fold_resource *r)
{
	put(text,
		"\n  kind %u at %" PRIx64 " of %" PRId64 " acquired %" PRIu64 " statement %" PRIu64 " bytes %" PRIu64
		" rows %u function %u stack %u status %u",
		r->kind, r->address, r->connection, r->acquired, r->statement.keyword, r->bytes, r->rows, r->function, r->stack,
		r->status);
	if (r->kind == KIND_TRANSACTION)
		put(text, " used %" PRIu64 " at %u, idle %" PRIu64 " after %u", r->used, r->use_stack, r->idle_ns,
			r->idle_stack);
}

static void put_fold(struct text *text, const struct fold *fold)
{
	for (uint32_t i = 1; i < fold->connections.count; i++) {
		const struct fold_connection *c = fold_connection(fold, i);
		put(text,
			"\nconnection %" PRIx64 " row %" PRId64 " used %" PRIu64 " by %u at %u released %" PRIu64
			" queries %" PRIu64 " statement %" PRIu64 " state %u transaction %u touched %d broken %" PRIu64
			" idle %" PRIu64 " unlisted %u last %" PRIu64,
			c->address, c->row, c->used, c->use_function, c->use_stack, c->released, c->queries, c->statement.keyword,
			c->state, c->transaction, c->is_touched, c->broken, c->broken_idle_ns, c->unlisted_queries, c->last_event);
		for (int kind = 0; kind < KIND_COUNT; kind++)
			for (uint32_t r = c->held[kind].first; r != 0; r = fold_resource(fold, r)->after)
				put_resource(text, fold_resource(fold, r));
	}
	for (uint32_t r = fold->unsaved_resource; r != 0; r = fold_resource(fold, r)->next)
		put_resource(text, fold_resource(fold, r));
	for (uint32_t i = 0; i < fold->pairs.count; i++) {
		const struct fold_pair *p = (const struct fold_pair *)fold->pairs.items + i;
		put(text, "\npair %u %u: %u %u idle %u: %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, p->kind, p->outcome,
			p->acquire_stack, p->release_stack, p->idle_stack, p->count, p->total_ns, p->longest_ns,
			p->longest_idle_ns);
	}
	for (uint32_t i = 0; i < fold->misuses.count; i++) {
		const struct fold_misuse *m = (const struct fold_misuse *)fold->misuses.items + i;
		put(text, "\nmisuse %u: %u %u %u of %" PRId64 ": %" PRIu64 " %" PRIu64, m->kind, m->stack, m->acquire_stack,
			m->release_stack, m->connection, m->count, m->last);
	}
	put(text, "\nunseen %" PRIu64 " unknown %" PRIu64 " damaged %" PRIu64 " peak %u", fold->unseen_releases,
		fold->unknown_releases, fold->damaged, fold->peak);
}

static void together_is_as_one_by_one(void **unused)
{
	static struct event events[EVENTS + 4];
	static struct text expected, got;
	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		struct fold single, joined;
		size_t count = 0, folded = 0;
		assert_true(fold_init(&single, round % 3 == 0) && fold_init(&joined, round % 3 == 0));
		for (now = 1000000000; count < EVENTS;)
			count += write_some(events + count);
		for (size_t i = 0; i < count; i++) {
			single.position = i + 1;
			assert_true(fold_event(&single, &events[i]));
		}
		for (size_t some; folded < count; folded += some) {
			some = 1 + pick(40);
			some = some < count - folded ? some : count - folded;
			assert_true(fold_events(&joined, events + folded, some, folded + some + 1));
		}
		expected.used = got.used = 0;
		put_fold(&expected, &single);
		put_fold(&got, &joined);
		assert_string_equal(expected.bytes, got.bytes);
		fold_done(&single);
		fold_done(&joined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(together_is_as_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
