// SPDX-License-Identifier: PostgreSQL
/*
 * array.h - arrays that grow by an item at a time.
 */
#ifndef PQLEAK_ANALYZER_BASE_ARRAY_H
#define PQLEAK_ANALYZER_BASE_ARRAY_H

#include <stdlib.h>
#include <string.h>

#include "analyzer/base/message.h"

/*
 * Makes room for one more in an array of `count` items, which begins as NULL and which nothing else resizes.  False:
 * out of memory, which is printed.
 */
#define array_room(items, count) array_make_room(&(items), (size_t)(count), sizeof *(items))

static inline bool array_make_room(void *address_of_items, size_t count, size_t size)
{
	void *items;

	/* There is room for a power of two. */
	if ((count & (count - 1)) != 0)
		return true;
	memcpy(&items, address_of_items, sizeof items);
	items = reallocarray(items, count > 0 ? 2 * count : 1, size);
	if (items == NULL)
		return refuse("out of memory");
	memcpy(address_of_items, &items, sizeof items);
	return true;
}

#endif
