// SPDX-License-Identifier: PostgreSQL
/* python-chain.c - see python-chain.h. */
#include "preload/recorder/scripts/python-chain.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	WINDOW = 2048,     /* bytes that are copied at a time */
	PAGE = 4096,       /* at least */
	NUMBER_SHIFT = 48, /* addresses have fewer bits */
	CODE_HEAD = 1024,  /* bytes of a code object before its first instruction, at most */
};

/* --- the layouts --- */

/* What 3.13 and later publish at _PyRuntime, in words of 8 bytes. */
enum {
	COOKIE,
	VERSION,
	FREE_THREADED,
	RUNTIME_STATE_WORDS = 3,
	INTERPRETER_STATE_WORDS_3_13 = 13,
	INTERPRETER_STATE_WORDS_3_14 = 16,
	THREAD_PREV = 1, /* in the part about a thread's state, */
	THREAD_NEXT = 2,
	THREAD_FRAME = 4,
	THREAD_STATE_WORDS = 9,
	FRAME_PREVIOUS = 1, /* and in the one about a frame */
	FRAME_CODE = 2,
	FRAME_PLACE = 3,
};

static bool read_published(uint32_t version, const uint64_t *published, struct python_layout *ret)
{
	if (published == NULL || memcmp(&published[COOKIE], "xdebugpy", 8) != 0 || published[VERSION] != version ||
		published[FREE_THREADED] != 0)
		return false;
	const uint64_t *thread = published + FREE_THREADED + 1 + RUNTIME_STATE_WORDS +
							 (version >> 16 == 0x030d ? INTERPRETER_STATE_WORDS_3_13 : INTERPRETER_STATE_WORDS_3_14);
	const uint64_t *frame = thread + THREAD_STATE_WORDS;
	/* That it begins so is known; what else the table says is believed then. */
	if (thread[THREAD_PREV] != 0 || thread[THREAD_NEXT] != 8 || thread[THREAD_FRAME] > 1024 || frame[FRAME_CODE] != 0 ||
		frame[FRAME_PREVIOUS] != 8 || frame[FRAME_PLACE] > 120)
		return false;
	*ret = (struct python_layout){
		.frame = (uint16_t)thread[THREAD_FRAME],
		.indirect = -1,
		.code = 0,
		.back = 8,
		.place = (uint16_t)frame[FRAME_PLACE],
		.bytes = (uint16_t)(frame[FRAME_PLACE] + 8),
		.is_contiguous = true,
	};
	return true;
}

bool python_layout(uint32_t version, const void *runtime, struct python_layout *ret)
{
	static const struct {
		uint32_t version;
		struct python_layout layout;
	} known[] = {
		{0x0309, {.frame = 24, .indirect = -1, .code = 32, .back = 24, .place = 104, .bytes = 108, .is_number = true}},
		{0x030a, {.frame = 24, .indirect = -1, .code = 32, .back = 24, .place = 96, .bytes = 100, .is_number = true}},
		{0x030b, {.frame = 56, .indirect = 8, .code = 32, .back = 48, .place = 56, .bytes = 64, .is_contiguous = true}},
		{0x030c, {.frame = 56, .indirect = 0, .code = 0, .back = 8, .place = 56, .bytes = 64, .is_contiguous = true}},
	};
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].version == version >> 16) {
			*ret = known[i].layout;
			return true;
		}
	return (version >> 16 == 0x030d || version >> 16 == 0x030e) && read_published(version, runtime, ret);
}

/* --- reading --- */

struct reader {
	bool is_safe;
	bool is_contiguous;
	uintptr_t low, high; /* what the window holds */
	char window[WINDOW];
};

/* The bytes there, or NULL: they have gone, or the kernel does not copy them. */
static const char *bytes_at(struct reader *reader, uintptr_t at, size_t bytes)
{
	if (reader->is_safe)
		return (const char *)at; // NOLINT: an address that was read
	if (at >= reader->low && at + bytes <= reader->high)
		return reader->window + (at - reader->low);
	/* Callers lie below, on the same page as a rule. */
	uintptr_t low = at & ~(uintptr_t)(PAGE - 1);
	if (!reader->is_contiguous || at + bytes - low > WINDOW)
		low = reader->is_contiguous ? at + bytes - WINDOW : at;
	struct iovec here = {reader->window, at + bytes - low};
	struct iovec there = {(void *)low, here.iov_len};
	reader->high = 0;
	if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) != (ssize_t)here.iov_len)
		return NULL;
	reader->low = low;
	reader->high = at + bytes;
	return reader->window + (at - low);
}

static uintptr_t word_at(struct reader *reader, uintptr_t at)
{
	uintptr_t word = 0;
	const char *bytes = bytes_at(reader, at, sizeof word);
	if (bytes != NULL)
		memcpy(&word, bytes, sizeof word);
	return word;
}

/* The frame's word, or 0: it has none that tells it from others. */
static uintptr_t frame_word(const struct python_layout *layout, const char *frame)
{
	uintptr_t code, word;
	int32_t number;
	if (!layout->is_number) {
		memcpy(&word, frame + layout->place, sizeof word);
		return word;
	}
	memcpy(&code, frame + layout->code, sizeof code);
	memcpy(&number, frame + layout->place, sizeof number);
	if (number < 0 || number >= 1 << (64 - NUMBER_SHIFT) || code >> NUMBER_SHIFT != 0)
		return 0;
	return code | (uintptr_t)number << NUMBER_SHIFT;
}

size_t python_chain_read_slowly(const struct python_layout *layout, const void *thread_state, bool is_safe,
								uintptr_t *ret, size_t max, uintptr_t *ret_sum)
{
	struct reader reader;
	reader.is_safe = is_safe;
	reader.is_contiguous = false;
	reader.low = reader.high = 0;
	uintptr_t frame = word_at(&reader, (uintptr_t)thread_state + layout->frame);
	if (frame != 0 && layout->indirect >= 0)
		frame = word_at(&reader, frame + (uintptr_t)layout->indirect);
	reader.is_contiguous = layout->is_contiguous;
	size_t count = 0;
	*ret_sum = 0;
	while (frame != 0 && count < max) {
		const char *bytes = bytes_at(&reader, frame, layout->bytes);
		ret[count] = bytes != NULL ? frame_word(layout, bytes) : 0;
		if (ret[count] == 0)
			return 0;
		*ret_sum += ret[count++];
		memcpy(&frame, bytes + layout->back, sizeof frame);
	}
	return count;
}

bool python_chain_is_of(const struct python_layout *layout, uintptr_t word, const void *code, int instruction)
{
	if (layout->is_number)
		return (word & (((uintptr_t)1 << NUMBER_SHIFT) - 1)) == (uintptr_t)code;
	/* The first instruction lies behind the code object's head. */
	return instruction >= 0 && word > (uintptr_t)code + (uintptr_t)instruction &&
		   word - (uintptr_t)code - (uintptr_t)instruction <= CODE_HEAD;
}
