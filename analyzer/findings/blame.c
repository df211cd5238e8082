// SPDX-License-Identifier: PostgreSQL
/*
 * blame.c - the place that a report names for what was not released; see stages.h.
 *
 * Reads the stacks of one kind and outcome after another as lists of places, with
 * who of them releases, lets separate() judge, and writes what it says into tables.
 */
#include "analyzer/findings/stages.h"

#include <stdlib.h>

#include "analyzer/base/array.h"
#include "analyzer/base/message.h"
#include "analyzer/base/query.h"
#include "analyzer/findings/owners.h"
#include "analyzer/findings/separate.h"

static const char places_query[] =
	"SELECT stack, lost, held, clean, level, frame, depth, place, function FROM stack_place"
	" WHERE kind = ? AND outcome = ? ORDER BY stack, level, depth";

/* Its columns. */
enum { C_STACK, C_LOST, C_HELD, C_CLEAN, C_LEVEL, C_FRAME, C_DEPTH, C_PLACE, C_FUNCTION };

/* A place of a stack: which call of it that is. */
struct step {
	int64_t frame;
	int level, depth;
};

struct stack {
	int64_t id;
	size_t first; /* of its steps */
};

/* The stacks of one kind, of what came to one outcome: nothing else is compared. */
struct blame {
	sqlite3 *db;
	const char *kind, *outcome;
	struct step *steps;
	uint32_t *places;         /* beside the steps */
	struct owner_call *calls; /* the same */
	size_t step_count;
	struct stack *stacks; /* by separate_stack.id; in the order of their numbers */
	struct separate_stack *parts;
	size_t stack_count;
	struct separate_node *nodes;
	size_t node_count;
	int64_t node_base, stack_base; /* so that each number is used once in a report */
};

static void blame_done(struct blame *blame)
{
	free(blame->steps);
	free(blame->places);
	free(blame->calls);
	free(blame->stacks);
	free(blame->parts);
	free(blame->nodes);
}

static bool add_step(struct blame *blame, sqlite3_stmt *row)
{
	if (!array_room(blame->steps, blame->step_count) || !array_room(blame->places, blame->step_count) ||
		!array_room(blame->calls, blame->step_count))
		return false;
	blame->places[blame->step_count] = (uint32_t)sqlite3_column_int(row, C_PLACE);
	blame->calls[blame->step_count] = (struct owner_call){.place = blame->places[blame->step_count],
														  .function = (uint32_t)sqlite3_column_int(row, C_FUNCTION),
														  .frame = sqlite3_column_int64(row, C_FRAME)};
	blame->steps[blame->step_count++] = (struct step){.level = sqlite3_column_int(row, C_LEVEL),
													  .frame = sqlite3_column_int64(row, C_FRAME),
													  .depth = sqlite3_column_int(row, C_DEPTH)};
	return true;
}

static bool add_stack(struct blame *blame, sqlite3_stmt *row)
{
	if (!array_room(blame->stacks, blame->stack_count) || !array_room(blame->parts, blame->stack_count))
		return false;
	blame->stacks[blame->stack_count] =
		(struct stack){.id = sqlite3_column_int64(row, C_STACK), .first = blame->step_count};
	blame->parts[blame->stack_count] = (struct separate_stack){.id = (uint32_t)blame->stack_count,
															   .lost = sqlite3_column_int64(row, C_LOST),
															   .held = sqlite3_column_int64(row, C_HELD),
															   .clean = sqlite3_column_int64(row, C_CLEAN),
															   .inner_owner = SEPARATE_NOBODY};
	blame->stack_count++;
	return true;
}

static bool read_stacks(struct blame *blame)
{
	QUERY_CLEANUP row = query_with(blame->db, places_query, AS_TEXT(blame->kind), AS_TEXT(blame->outcome));
	bool failed = false;

	while (query_next(row, &failed)) {
		if ((blame->stack_count == 0 ||
			 blame->stacks[blame->stack_count - 1].id != sqlite3_column_int64(row, C_STACK)) &&
			!add_stack(blame, row))
			return false;
		if (!add_step(blame, row))
			return false;
		blame->parts[blame->stack_count - 1].count++;
	}
	for (size_t i = 0; i < blame->stack_count; i++)
		blame->parts[i].places = &blame->places[blame->stacks[i].first];
	return !failed;
}

static int by_number(const void *number, const void *stack)
{
	const int64_t *a = number;
	const struct stack *b = stack;

	return *a < b->id ? -1 : *a > b->id;
}

static void widen(void *context, int64_t acquire_stack, struct owner_calls released)
{
	const struct blame *blame = context;
	const struct stack *stack =
		bsearch(&acquire_stack, blame->stacks, blame->stack_count, sizeof *blame->stacks, by_number);

	if (stack == NULL) /* it has no code of the user's own */
		return;
	struct separate_stack *part = &blame->parts[stack - blame->stacks];
	uint32_t owner = owner_level((struct owner_calls){&blame->calls[stack->first], part->count}, released);
	uint32_t inner = owner != SEPARATE_NOBODY ? owner : 0;
	if (inner < part->inner_owner)
		part->inner_owner = inner;
	if (owner > part->outer_owner)
		part->outer_owner = owner;
}

/* Of what was released where nobody saw its stack (by a child that took it over) the owner is not known. */
static bool find_owners(struct blame *blame)
{
	if (!owners_each(blame->db, blame->kind, blame->outcome, widen, blame))
		return false;
	for (size_t i = 0; i < blame->stack_count; i++) {
		struct separate_stack *part = &blame->parts[i];
		if (part->inner_owner > part->outer_owner) {
			part->inner_owner = 0;
			part->outer_owner = SEPARATE_NOBODY;
		}
	}
	return true;
}

static const struct step *step_of(const struct blame *blame, const struct separate_stack *part, uint32_t level)
{
	return &blame->steps[blame->stacks[part->id].first + level];
}

static bool write_blamed(const struct blame *blame)
{
	QUERY_CLEANUP insert = query_prepare(blame->db, "REPLACE INTO stack_blame VALUES (?, ?, ?, ?, ?, ?, ?)");
	bool done = insert != NULL;

	for (size_t i = 0; i < blame->stack_count && done; i++) {
		const struct separate_stack *part = &blame->parts[i];
		if (part->lost == 0)
			continue;
		const struct step *step = step_of(blame, part, part->level);
		done = query_put(insert, AS_TEXT(blame->kind), AS_TEXT(blame->outcome), AS_NUMBER(blame->stacks[part->id].id),
						 AS_NUMBER(step->level), AS_NUMBER(step->frame), AS_NUMBER(step->depth),
						 AS_NUMBER(blame->node_base + part->node));
	}
	return done;
}

/* What a node is compared with: from this column of the statement on, as scope_first and scope_level. */
static void bind_scope(sqlite3_stmt *statement, int column, const struct blame *blame, const struct separate_node *node)
{
	sqlite3_bind_int64(statement, column, blame->stack_base + node->scope_first);
	sqlite3_bind_int64(statement, column + 1, (int64_t)node->level - node->parted);
}

static bool write_separation(const struct blame *blame)
{
	QUERY_CLEANUP insert =
		query_prepare(blame->db, "INSERT INTO separation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	bool done = insert != NULL;

	for (size_t i = 0; i < blame->node_count && done; i++) {
		const struct separate_node *node = &blame->nodes[i];
		const struct separate_stack *part = &blame->parts[node->first];
		const struct step *site = step_of(blame, part, 0);
		const int64_t places[] = {node->level, site->frame, site->depth};
		const int64_t numbers[] = {node->lost, node->acquired, node->others_lost, node->others_acquired};
		sqlite3_clear_bindings(insert);
		sqlite3_bind_int64(insert, 1, blame->node_base + (int64_t)i);
		bind_scope(insert, 2, blame, node);
		for (int p = 0; p < 3; p++)
			sqlite3_bind_int64(insert, 4 + p, places[p]);
		if (node->parted) {
			const struct step *shared = step_of(blame, part, node->level - 1);
			sqlite3_bind_int64(insert, 7, shared->frame);
			sqlite3_bind_int(insert, 8, shared->depth);
			sqlite3_bind_int64(insert, 9, node->callers);
			sqlite3_bind_int64(insert, 10, node->leaking);
		}
		for (int n = 0; n < (node->parted ? 4 : 2); n++)
			sqlite3_bind_int64(insert, 11 + n, numbers[n]);
		done = query_finish(insert);
	}
	return done;
}

/* What was released by the stacks of a scope; nodes beside each other often share it. */
static bool write_comparable(const struct blame *blame)
{
	QUERY_CLEANUP known =
		query_prepare(blame->db, "SELECT 1 FROM comparable WHERE scope_first = ? AND scope_level = ?");
	QUERY_CLEANUP insert = query_prepare(blame->db, "INSERT INTO comparable VALUES (?, ?, ?, ?, ?)");
	bool failed = known == NULL || insert == NULL;

	for (size_t i = 0; i < blame->node_count && !failed; i++) {
		const struct separate_node *node = &blame->nodes[i];
		bind_scope(known, 1, blame, node);
		bool again = query_next(known, &failed);
		sqlite3_reset(known);
		for (size_t s = node->scope_first; s < node->scope_last && !again && !failed; s++) {
			if (blame->parts[s].clean == 0)
				continue;
			bind_scope(insert, 1, blame, node);
			sqlite3_bind_text(insert, 3, blame->kind, -1, SQLITE_STATIC);
			sqlite3_bind_text(insert, 4, blame->outcome, -1, SQLITE_STATIC);
			sqlite3_bind_int64(insert, 5, blame->stacks[blame->parts[s].id].id);
			failed = !query_finish(insert);
		}
	}
	return !failed;
}

bool blame_fill(sqlite3 *db, const struct report_choice *choice)
{
	QUERY_CLEANUP kind = query_prepare(db, "SELECT DISTINCT kind, outcome FROM compared_count ORDER BY kind, outcome");
	bool failed = false;
	int64_t node_base = 1;
	int64_t stack_base = 0;

	while (!failed && query_next(kind, &failed)) {
		__attribute__((cleanup(blame_done))) struct blame blame = {.db = db,
																   .kind = query_text(kind, 0),
																   .outcome = query_text(kind, 1),
																   .node_base = node_base,
																   .stack_base = stack_base};
		if (!read_stacks(&blame) || !find_owners(&blame))
			return false;
		if (!separate(blame.parts, blame.stack_count, &blame.nodes, &blame.node_count))
			return refuse("out of memory");
		failed = !write_blamed(&blame) || !write_separation(&blame) || (choice->stacks && !write_comparable(&blame));
		node_base += (int64_t)blame.node_count;
		stack_base += (int64_t)blame.stack_count;
	}
	return !failed;
}
