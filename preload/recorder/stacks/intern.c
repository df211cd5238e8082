// SPDX-License-Identifier: PostgreSQL
/* intern.c - see intern.h. */
#include "preload/recorder/stacks/intern.h"

#include "preload/elf/apart.h"
#include "preload/recorder/stacks/capture.h"
#include "preload/recorder/stacks/module.h"
#include "preload/recorder/stacks/table.h"
#include "trace/spool/spool-write.h"

/* What was interned by its bytes (kind: enum blob_type, or this), and what by addresses (these kinds). */
enum {
	KIND_MIXED = 100, /* a native stack's number and frames of scripts: a stack's number */
};
enum address_kind {
	KIND_ADDRESSES, /* return addresses: a stack's number, with its marks */
	KIND_LINK_MAP,  /* a loaded object: a module's number */
};

static struct table contents;
static struct table addresses;
static uint32_t known_unloads; /* when `addresses` was begun */
static struct spool *owner;
static void (*run_calmly)(void (*work)(void *), void *closure);

void intern_reset(struct spool *spool, void (*calmly)(void (*work)(void *), void *closure))
{
	table_clear(&contents);
	table_clear(&addresses);
	owner = spool;
	run_calmly = calmly;
}

struct new_blob {
	enum blob_type type;
	const void *bytes;
	size_t length;
	uint32_t number;
};

static void add_blob(void *closure)
{
	struct new_blob *blob = closure;
	blob->number = spool_add_blob(owner, blob->type, blob->bytes, blob->length);
}

uint32_t intern_new(enum blob_type type, const void *bytes, size_t length)
{
	struct new_blob blob = {type, bytes, length, 0};
	if (spool_is_full_for(owner, length))
		run_calmly(add_blob, &blob);
	else
		add_blob(&blob);
	return blob.number;
}

uint32_t intern_blob(enum blob_type type, const void *bytes, size_t length)
{
	uint64_t hash = table_hash((uint64_t)type, bytes, length);
	uint32_t number = table_find(&contents, type, hash, bytes, length);
	if (number != 0)
		return number;
	number = intern_new(type, bytes, length);
	table_add(&contents, type, hash, bytes, length, number);
	return number;
}

/* --- stacks --- */

static struct blob_frame frame_of(uintptr_t return_address)
{
	/* One less lies inside the call, also when the call is a function's last instruction. */
	uintptr_t address = return_address - 1;
	struct module_place place;
	if (!module_at(address, &place))
		return (struct blob_frame){.offset = address};
	uint64_t hash = table_hash(KIND_LINK_MAP, &place.identity, sizeof place.identity);
	uint32_t number = table_find(&addresses, KIND_LINK_MAP, hash, &place.identity, sizeof place.identity);
	if (number == 0) {
		APART static char text[MODULE_TEXT_BYTES]; /* large, and this may be a small stack */
		number = intern_blob(BLOB_MODULE, text, module_describe(&place, text));
		table_add(&addresses, KIND_LINK_MAP, hash, &place.identity, sizeof place.identity, number);
	}
	return (struct blob_frame){.where = number, .offset = address - place.load_address};
}

uint64_t intern_hash(const uintptr_t *frames, size_t count)
{
	uint64_t hash = KIND_ADDRESSES;
	for (size_t i = 0; i < count; i++)
		hash = table_mix(hash, frames[i]);
	return hash;
}

uint32_t intern_find_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash)
{
	if (unloads != known_unloads) {
		table_clear(&addresses);
		known_unloads = unloads;
	}
	return table_find(&addresses, KIND_ADDRESSES, hash, frames, count * sizeof *frames);
}

uint32_t intern_stack(const uintptr_t *frames, size_t count, uint32_t unloads, uint64_t hash, uint32_t marks)
{
	uint32_t number = intern_find_stack(frames, count, unloads, hash);
	if (number != 0)
		return number;
	struct blob_frame places[CAPTURE_FRAMES];
	intern_places(frames, count, places);
	/* The same code at another address, or seen before a dlclose, is the same stack. */
	number = intern_blob(BLOB_STACK, places, count * sizeof *places);
	if (number != 0)
		number |= marks;
	table_add(&addresses, KIND_ADDRESSES, hash, frames, count * sizeof *frames, number);
	return number;
}

void intern_places(const uintptr_t *frames, size_t count, struct blob_frame *ret)
{
	for (size_t i = 0; i < count; i++)
		ret[i] = frame_of(frames[i]);
}

uint32_t intern_find_mixed(const void *key, size_t length)
{
	return table_find(&contents, KIND_MIXED, table_hash(KIND_MIXED, key, length), key, length);
}

void intern_add_mixed(const void *key, size_t length, uint32_t number)
{
	table_add(&contents, KIND_MIXED, table_hash(KIND_MIXED, key, length), key, length, number);
}
