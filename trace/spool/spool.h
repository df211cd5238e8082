// SPDX-License-Identifier: PostgreSQL
/*
 * spool.h - the per-process, crash-safe file of raw events: its layout, and what is in it.
 *
 * Owns the file's layout; spool-write.h makes one, in the shim.  A spool lies
 * beside its trace and is named TRACE-spool-PID-ID.  It is a header page and
 * then segments of 64 KiB, each reserved with posix_fallocate before it is
 * mapped, so that a full disk can never become a SIGBUS.  Events fill one chain
 * of segments, interned blobs (stacks, modules, texts, targets) another.
 *
 * Crash safety: an event exists from the store of `head` that covers it, a
 * blob from the store of `blob_bytes`; whatever a killed process left behind
 * them is ignored.  What is counted instead of appended is in again.h.  Segments wholly before `tail` (drained and
 * committed to the trace) are reused.
 */
#ifndef PQLEAK_TRACE_SPOOL_SPOOL_H
#define PQLEAK_TRACE_SPOOL_SPOOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "trace/base/event.h"

#define SPOOL_MAGIC "pqlspool"
#define SPOOL_VERSION 5u
#define SPOOL_SEGMENT_BYTES 65536u
#define SPOOL_SEGMENT_EVENTS (SPOOL_SEGMENT_BYTES / sizeof(struct event))
#define SPOOL_EVENT_SEGMENTS 256u /* 16 MiB of undrained events, then they are dropped */
#define SPOOL_BLOB_SEGMENTS 128u  /* 8 MiB of blobs, then stacks become 0 */
#define SPOOL_SEGMENTS (SPOOL_EVENT_SEGMENTS + SPOOL_BLOB_SEGMENTS)
#define SPOOL_HEADER_BYTES 12288u
#define SPOOL_LABEL_BYTES 256u

enum blob_type {
	BLOB_STACK = 1, /* struct blob_frame[], innermost first */
	BLOB_MODULE,    /* texts: MODULE_FIELDS (blob-text.h) */
	BLOB_TEXT,      /* bytes, not NUL-terminated */
	BLOB_SETTINGS,  /* texts: SETTING_FIELDS */
	BLOB_TARGET,    /* texts: TARGET_FIELDS */
	BLOB_SCRIPT,    /* texts: SCRIPT_FIELDS */
	BLOB_COUNT
};

/* Layout in the blob chain: this header, then `bytes` bytes, padded to 8.  A blob never crosses a segment's end. */
struct blob_header {
	uint32_t bytes;
	uint32_t type; /* enum blob_type; 0: nothing more in this segment */
};

/* A blob's number as an event has it, or 0 if there cannot be such a blob. */
static inline uint32_t blob_number(uint32_t number)
{
	const uint32_t most = SPOOL_BLOB_SEGMENTS * (SPOOL_SEGMENT_BYTES / sizeof(struct blob_header));
	return number <= most ? number : 0;
}

enum frame_type {
	FRAME_NATIVE = 0,
	FRAME_SCRIPT,
};

struct blob_frame {
	uint32_t where;  /* native: number of a BLOB_MODULE, 0 for code in no module; script: of a BLOB_SCRIPT */
	uint32_t type;   /* enum frame_type */
	uint64_t offset; /* native: return address minus one, relative to the module's load address; script: the line */
};

/* A forked child that could not be recorded, and could say so nowhere else; the pid comes last. */
struct spool_child {
	uint32_t uid;
	uint32_t error; /* errno */
	_Atomic int32_t pid;
};

#define SPOOL_CHILDREN 8u /* of which the spool keeps these; the others are only counted */

struct spool_header {
	char magic[8];
	uint32_t version;
	uint32_t header_bytes;
	uint64_t id;            /* random; names the process in the trace */
	uint64_t parent_id;     /* spool id of the process this one was forked from, or 0 */
	uint64_t boot_id;       /* first 64 bits of the kernel's boot id */
	uint64_t pid_namespace; /* inode of /proc/self/ns/pid */
	int64_t epoch_ns;       /* add to an event's time to get ns since 1970 */
	uint64_t started;       /* ns, CLOCK_MONOTONIC */
	int32_t pid;
	int32_t ppid;
	uint32_t keep_events;        /* PQLEAK_EVENTS=all: 1 */
	_Atomic uint32_t lost_why;   /* of the first event that was lost: see loss.h */
	_Atomic uint64_t head;       /* SPOOL_HEAD_BITS: where the next event goes; above: the end of the number of the last
									one that was counted where it lies (again.h) */
	_Atomic uint64_t tail;       /* of these, drained so far; segments wholly before it are free */
	_Atomic uint64_t blob_bytes; /* logical bytes of the blob chain in use */
	_Atomic uint64_t dropped;    /* events that were lost */
	_Atomic uint32_t segments;   /* segments in the file */
	_Atomic uint32_t
		event_segment[SPOOL_EVENT_SEGMENTS];            /* logical segment n is at [n % N]: file segment + 1, 0 none */
	_Atomic uint32_t blob_segment[SPOOL_BLOB_SEGMENTS]; /* the same; never reused */
	char host[256];
	char exe[1024];
	char command[2048];            /* redacted by the writer */
	char label[SPOOL_LABEL_BYTES]; /* PQLEAK_LABEL; empty: none */
	_Atomic uint64_t lost_at;      /* where the first event was lost: its position would have been this minus one */
	_Atomic uint64_t unplaced;     /* events whose stack could not be kept */
	uint64_t forked_at;            /* events that the parent had appended when this process was forked */
	int64_t born_ns;               /* when the kernel made the process, ns since 1970; 0: unknown */
	_Atomic uint32_t children;     /* so many could not be recorded */
	struct spool_child child[SPOOL_CHILDREN];
	/* How many events had been counted, and so taken off, when a drain began that took all before `at`: this one's, and
	   that of the last that was committed. */
	struct spool_counted {
		_Atomic uint64_t at;
		_Atomic uint64_t events;
	} counted[2];
	_Atomic uint32_t tells_work; /* the page of struct spool_work is in use */
};

/*
 * The last page of the header: on which connections threads are inside a call that talks to the server, as the shim's
 * overlap.h has it, by the address's bits 4 to 11.  The word has the bits above those, and below them the thread; 0:
 * none.
 */
#define SPOOL_WORK_OFFSET 8192u
#define SPOOL_WORK_BYTES 4096u
#define SPOOL_WORK_ENTRIES 256u
#define SPOOL_WORK_ADDRESS_BITS 12
#define SPOOL_WORK_THREAD_BITS 22 /* the kernel's largest thread id, PID_MAX_LIMIT, is 2^22 */

struct spool_work {
	_Atomic uint64_t word;
	_Atomic uint64_t frame; /* the shim's own affair */
};

static_assert(SPOOL_WORK_ENTRIES * sizeof(struct spool_work) == SPOOL_WORK_BYTES &&
				  SPOOL_WORK_OFFSET + SPOOL_WORK_BYTES == SPOOL_HEADER_BYTES,
			  "it is a page");

#define SPOOL_HEAD_BITS 40
#define SPOOL_HEAD_MASK (((uint64_t)1 << SPOOL_HEAD_BITS) - 1)

/* Where the next event goes. */
static inline uint64_t spool_head(const struct spool_header *header)
{
	return atomic_load_explicit(&((struct spool_header *)(uintptr_t)header)->head, memory_order_acquire) &
		   SPOOL_HEAD_MASK;
}

static_assert(sizeof(struct spool_header) <= SPOOL_WORK_OFFSET, "the header fits its pages");

/* What the writer says about itself; copied into the header. */
struct spool_identity {
	uint64_t parent_id;
	uint64_t forked_at;
	int64_t born_ns;
	uint32_t keep_events;
	char host[256];
	char exe[1024];
	char command[2048];
	char label[SPOOL_LABEL_BYTES];
};

/* A spool in this process's memory.  The writer's is mapped shared; a reader's is a private copy of the file. */
struct spool {
	struct spool_header *header;
	char *event_segment[SPOOL_EVENT_SEGMENTS]; /* by logical segment modulo N; NULL: not mapped yet */
	char *blob_segment[SPOOL_BLOB_SEGMENTS];
	char path[4096];
	/* writer only: */
	uint64_t counted;    /* the number of the last blob, and below it (32 bits) the blob_bytes that it led to */
	uint64_t event_room; /* events that the segments so far can hold: at this head another is needed */
	uint64_t written;    /* events so far, in memory that a forked child has a copy of: there, as many as at the fork */
	uint64_t taken_off;  /* of these, in no place of their own: they were counted */
	uint64_t drain_until;    /* what lies behind may still change: the next drain leaves it; 0: a drain takes all */
	uint64_t oldest_segment; /* lowest logical event segment that still has a file segment */
	bool spares_disk;        /* room for events is not taken from the last of the disk, which the trace needs, too */
	dev_t device;            /* the file that was created: whatever else comes to lie at `path` is left alone */
	ino_t inode;
	/* reader only: */
	char *copy; /* the whole file, malloc'ed */
	size_t copy_bytes;
};

/* How many events had been taken off before `position`, which is the tail. */
uint64_t spool_counted(const struct spool *spool, uint64_t position);

/* The connection of an entry of that page by its address, or 0: nobody is at work there, or the page is not in use. */
uint64_t spool_at_work(const struct spool *spool, unsigned entry);

/* The event at `position` (tail <= position < head), or NULL when the file does not hold it. */
const struct event *spool_event(const struct spool *spool, uint64_t position);

/* A walk over the blobs in the order of their numbers; begin with {0}.  `number` is then the blob just returned. */
struct spool_cursor {
	uint64_t position;
	uint32_t number;
};

/* The next blob and its bytes (valid until the spool is closed), or NULL when there are no more for now. */
const struct blob_header *spool_next_blob(const struct spool *spool, struct spool_cursor *cursor,
										  const void **ret_bytes);

/* Unmaps, or frees a reader's copy.  With `remove` the file is unlinked too, unless another one lies there by now. */
void spool_close(struct spool *spool, bool remove);

/*
 * Which run of a machine and which pid namespace this is: a process id means something only in both.  The writer notes
 * them, the reader compares.  0 when /proc does not tell; neither allocates, both keep errno.
 */
uint64_t spool_boot_id(void);       /* the first 64 bits of the kernel's boot id */
uint64_t spool_pid_namespace(void); /* the inode of our pid namespace */

/* --- the spool of another process: spool-read.c, spool-owner.c --- */

/* Reads and checks a spool file of any origin; 0, -errno, or -EBADMSG when it is no usable spool. */
int spool_read(struct spool *ret, const char *path);

enum spool_owner {
	SPOOL_OWNER_GONE,    /* its process has ended or is another program now */
	SPOOL_OWNER_RUNNING, /* it still maps the file */
	SPOOL_OWNER_UNKNOWN, /* another pid namespace, or /proc is closed to us */
};

/* Whether the process that writes this spool is still there. */
enum spool_owner spool_owner(const struct spool *spool);

#endif
