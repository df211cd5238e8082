// SPDX-License-Identifier: PostgreSQL
/* spool-room.c - see spool-room.h. */
#include "trace/spool/spool-room.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "trace/base/sigxfsz.h"

#define SPARED_BYTES ((uint64_t)1 << 20) /* a trace and its journal in the beginning, three times over */

static_assert(SPOOL_HEADER_BYTES % 4096 == 0, "segments begin on a page");

static off_t segment_offset(uint32_t number)
{
	return (off_t)SPOOL_HEADER_BYTES + (off_t)number * SPOOL_SEGMENT_BYTES;
}

/* Where pages are larger than the header's, a mapping must begin before what it is for. */
static size_t slack_before(off_t offset)
{
	long page = sysconf(_SC_PAGESIZE);
	return (size_t)(offset % (off_t)page);
}

static int map_part(int fd, off_t offset, size_t length, char **ret)
{
	size_t slack = slack_before(offset);
	char *base = mmap(NULL, length + slack, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset - (off_t)slack);
	if (base == MAP_FAILED)
		return -errno;
	*ret = base + slack;
	return 0;
}

static void unmap_part(off_t offset, size_t length, char *part)
{
	size_t slack = slack_before(offset);
	munmap(part - slack, length + slack);
}

/* The plain system call first: it fails at once where posix_fallocate would write every block by hand. */
static int reserve(int fd, off_t offset, size_t length)
{
	for (;;) {
		if (fallocate(fd, 0, offset, (off_t)length) == 0)
			return 0;
		if (errno == EOPNOTSUPP || errno == ENOSYS) {
			int error = posix_fallocate(fd, offset, (off_t)length);
			if (error == 0)
				return 0;
			errno = error;
		}
		if (errno != EINTR)
			return -errno;
	}
}

static int reserve_quietly(int fd, off_t offset, size_t length)
{
	struct sigxfsz blocked;
	sigxfsz_block(&blocked);
	int result = reserve(fd, offset, length);
	sigxfsz_restore(&blocked);
	return result;
}

static bool is_ours(const struct spool *spool, const struct stat *st)
{
	return st->st_dev == spool->device && st->st_ino == spool->inode && st->st_nlink > 0;
}

static int map_each(int fd, uint32_t segments, char **ret_header, char *ret_segment[])
{
	int result = map_part(fd, 0, SPOOL_HEADER_BYTES, ret_header);
	for (uint32_t i = 0; result == 0 && i < segments; i++)
		result = map_part(fd, segment_offset(i), SPOOL_SEGMENT_BYTES, &ret_segment[i]);
	return result;
}

/* At once where they can be unmapped one by one all the same. */
static int map_all(int fd, uint32_t segments, char **ret_header, char *ret_segment[])
{
	if (slack_before(SPOOL_HEADER_BYTES) != 0)
		return map_each(fd, segments, ret_header, ret_segment);
	int result = map_part(fd, 0, (size_t)segment_offset(segments), ret_header);
	for (uint32_t i = 0; result == 0 && i < segments; i++)
		ret_segment[i] = *ret_header + segment_offset(i);
	return result;
}

static int create_and_map(struct spool *spool, int fd, uint32_t segments, char *ret_segment[])
{
	struct stat st;
	char *header = NULL;
	if (fstat(fd, &st) != 0)
		return -errno;
	spool->device = st.st_dev;
	spool->inode = st.st_ino;
	int result = reserve_quietly(fd, 0, (size_t)segment_offset(segments));
	if (result == 0)
		result = map_all(fd, segments, &header, ret_segment);
	spool->header = (struct spool_header *)(void *)header;
	return result;
}

int room_create(struct spool *spool, uint32_t segments, char *ret_segment[])
{
	int fd = open(spool->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	int result = create_and_map(spool, fd, segments, ret_segment);
	if (result < 0)
		unlink(spool->path);
	close(fd);
	return result;
}

/* Whether little would be left of the disk, if the file system knows. */
static bool is_scarce(int fd)
{
	struct statvfs disk;
	return fstatvfs(fd, &disk) == 0 && disk.f_blocks != 0 &&
		   (uint64_t)disk.f_bavail * disk.f_frsize < SPARED_BYTES + SPOOL_SEGMENT_BYTES;
}

static int grow_and_map(const struct spool *spool, int fd, uint32_t number, bool is_new, bool spares_disk, char **ret)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (!is_ours(spool, &st))
		return -ESTALE;
	if (is_new && spares_disk && is_scarce(fd))
		return -ENOSPC;
	if (is_new) {
		int result = reserve_quietly(fd, segment_offset(number), SPOOL_SEGMENT_BYTES);
		if (result < 0)
			return result;
	}
	return map_part(fd, segment_offset(number), SPOOL_SEGMENT_BYTES, ret);
}

int room_segment(struct spool *spool, uint32_t number, bool is_new, bool spares_disk, char **ret)
{
	int fd = open(spool->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	int result = grow_and_map(spool, fd, number, is_new, spares_disk, ret);
	close(fd);
	return result;
}

bool room_lay_work(const struct spool *spool, void *at)
{
	char *page = (char *)spool->header + SPOOL_WORK_OFFSET;
	if (sysconf(_SC_PAGESIZE) != SPOOL_WORK_BYTES || (uintptr_t)at % SPOOL_WORK_BYTES != 0)
		return false;
	/* Of a shared mapping, 0 bytes moved are a second mapping of the same: no descriptor is needed. */
	return mremap(page, 0, SPOOL_WORK_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, at) == at;
}

void room_unmap_segment(uint32_t number, char *segment)
{
	unmap_part(segment_offset(number), SPOOL_SEGMENT_BYTES, segment);
}

void room_unmap_header(struct spool *spool)
{
	unmap_part(0, SPOOL_HEADER_BYTES, (char *)spool->header);
	spool->header = NULL;
}

void room_remove(const struct spool *spool)
{
	struct stat st;
	if (lstat(spool->path, &st) == 0 && is_ours(spool, &st))
		unlink(spool->path);
}
