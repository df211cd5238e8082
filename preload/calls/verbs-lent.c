// SPDX-License-Identifier: PostgreSQL
/* verbs-lent.c - cancel handles, memory, rows of a COPY and large objects as events; see verbs.h. */
#include "preload/calls/note.h"
#include "preload/calls/verbs.h"
#include "preload/libpq/libpq-route.h"

static void note_object(const struct call *call, enum event_verb verb, enum resource_kind kind, uint64_t object,
						PGconn *conn)
{
	struct event event = {
		.verb = (uint8_t)verb,
		.kind = (uint8_t)kind,
		.object = object,
		.parent = (uintptr_t)conn,
		.time = call_now_coarse(),
	};
	note_connection(call, conn, &event);
	note_event(call, &event);
}

void verb_lent(const struct call *call, enum resource_kind kind, const void *object, PGconn *conn)
{
	if (object == NULL)
		return;
	route_note_maker(call->libpq, object);
	note_object(call, EVENT_ACQUIRE, kind, (uintptr_t)object, conn);
}

void verb_parsed(const struct call *call, PQconninfoOption *options, char **message)
{
	if (options != NULL)
		verb_lent(call, KIND_MEMORY, options, NULL);
	else if (message != NULL)
		verb_lent(call, KIND_MEMORY, *message, NULL);
}

void verb_giving_back(const struct call *call, enum resource_kind kind, const void *object)
{
	if (object != NULL)
		note_object(call, EVENT_RELEASE, kind, (uintptr_t)object, NULL);
}

void verb_got_row(const struct call *call, PGconn *conn, char **row, int answer)
{
	if (answer > 0)
		verb_lent(call, KIND_MEMORY, *row, conn);
	else if (answer < 0) /* the COPY is over, or failed; a result says which */
		verb_used(call, conn, 0);
}

/* The server counts its descriptors from 0, and 0 is no object. */
static uint64_t descriptor_object(int descriptor)
{
	return (uint64_t)(unsigned)descriptor + 1;
}

void verb_lo_opened(const struct call *call, PGconn *conn, int descriptor)
{
	verb_used(call, conn, EVENT_IS_QUERY);
	if (conn != NULL && descriptor >= 0)
		note_object(call, EVENT_ACQUIRE, KIND_LARGE_OBJECT, descriptor_object(descriptor), conn);
}

void verb_lo_closed(const struct call *call, PGconn *conn, int descriptor, int answer)
{
	if (conn != NULL && descriptor >= 0 && answer == 0)
		note_object(call, EVENT_RELEASE, KIND_LARGE_OBJECT, descriptor_object(descriptor), conn);
}
