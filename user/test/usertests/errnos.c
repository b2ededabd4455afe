/*
 * Calls of the mmap family with more than one thing wrong: which error comes first. Each row was seen to
 * give the same on Linux.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test.h"

/* What each row begins with, from ARENA on; a page of each kind is named. Between and behind: holes. */
#define ARENA	 0x2000000000UL
#define AT(n)	 (ARENA + (n)*PAGE)
#define OWN	 AT(0)	/* 4 pages, private */
#define HOLE	 AT(4)	/* 4 pages */
#define READABLE AT(8)	/* 4 pages of a file that cannot be written, shared */
#define SHARED	 AT(12) /* 4 pages of a file, shared */
#define LOCKED	 AT(16) /* 4 pages, private */
#define BEHIND	 AT(20)
#define NR_PAGES 64

#define USER_END 0x4000000000UL
#define LAST	 (-(unsigned long)PAGE) /* of all pages */
#define HUGE	 (1UL << 62)
#define UNKNOWN	 0x80 /* a flag that means nothing */

#define READ	 PROT_READ
#define RW	 (PROT_READ | PROT_WRITE)
#define PRIVATE	 MAP_PRIVATE
#define VALIDATE 3 /* MAP_SHARED_VALIDATE */
#define ANON	 MAP_ANONYMOUS
#define NEW	 MAP_FIXED_NOREPLACE
#define DOWN	 MAP_GROWSDOWN
#define HUGETLB	 0x40000
#define TO	 (MREMAP_MAYMOVE | MREMAP_FIXED)
#define KEEP	 (MREMAP_MAYMOVE | MREMAP_DONTUNMAP)
#define UPWARD	 0x02000000UL
#define DOWNWARD 0x01000000UL

/* Descriptors. */
#define NONE	(-1UL)
#define RO_FD	50UL
#define WO_FD	51UL
#define RW_FD	52UL
#define DIR_FD	53UL
#define PIPE_FD 54UL

struct row {
	long error; /* or 0 */
	unsigned long args[6];
};

static const struct row mmap_rows[] = {
	{EINVAL, {0, PAGE, RW, PRIVATE, NONE, 1}},
	{EBADF, {0, 0, RW, PRIVATE, NONE, 0}},
	{EBADF, {0, PAGE, READ, 0, NONE, 0}},
	{EBADF, {0, PAGE, READ, PRIVATE | DOWN, NONE, 0}},
	{EBADF, {0, PAGE, READ, VALIDATE | UNKNOWN, NONE, 0}},
	{EBADF, {0, PAGE, READ, PRIVATE | HUGETLB, NONE, 0}},
	{EINVAL, {0, -1UL, READ, PRIVATE | HUGETLB, RO_FD, 0}},
	{EINVAL, {0, 0, READ, VALIDATE | UNKNOWN, RO_FD, 0}},
	{EINVAL, {0, 0, READ, PRIVATE, PIPE_FD, LAST}},
	{ENOMEM, {0, -1UL, RW, MAP_SHARED, RO_FD, LAST}},
	{EOVERFLOW, {0, PAGE, READ, MAP_SHARED, WO_FD, LAST}},
	{EOVERFLOW, {0, PAGE, READ, PRIVATE | ANON, NONE, LAST}},
	{EOVERFLOW, {OWN, HUGE, READ, PRIVATE | ANON | NEW, NONE, -HUGE}},
	{0, {HOLE, PAGE, READ, PRIVATE | ANON | NEW, NONE, 1UL << 63}},
	{ENOMEM, {0, HUGE, READ, ANON, NONE, 0}},
	{ENOMEM, {0, HUGE, RW, MAP_SHARED, RO_FD, 0}},
	{ENOMEM, {USER_END + 1, PAGE, READ, PRIVATE | MAP_FIXED, PIPE_FD, 0}},
	{EINVAL, {OWN + 1, PAGE, READ, PRIVATE | NEW, PIPE_FD, 0}},
	{EEXIST, {OWN, PAGE, RW, MAP_SHARED | NEW, RO_FD, 0}},
	{EEXIST, {OWN, PAGE, READ, NEW, RO_FD, 0}},
	{EEXIST, {OWN, PAGE, READ, PRIVATE | NEW, PIPE_FD, 0}},
	{EEXIST, {OWN, 3 * PAGE, READ, PRIVATE | NEW, WO_FD, INT64_MAX - PAGE + 1}},
	{EOVERFLOW, {0, 3 * PAGE, READ, 0, WO_FD, INT64_MAX - PAGE + 1}},
	{EOVERFLOW, {0, PAGE, READ, PRIVATE, PIPE_FD, 1UL << 63}},
	{EINVAL, {0, PAGE, READ, 0, WO_FD, 0}},
	{EINVAL, {0, PAGE, RW, 4, RO_FD, 0}},
	{EOPNOTSUPP, {0, PAGE, RW, VALIDATE | UNKNOWN, RO_FD, 0}},
	{EOPNOTSUPP, {HOLE, PAGE, READ, VALIDATE | NEW, RO_FD, 0}},
	{0, {HOLE, PAGE, READ, VALIDATE | MAP_FIXED | 1UL << 26, RO_FD, 0}},
	{0, {HOLE, PAGE, READ, MAP_SHARED | NEW | UNKNOWN, RO_FD, 0}},
	{EACCES, {0, PAGE, RW, MAP_SHARED, DIR_FD, 0}},
	{EACCES, {0, PAGE, READ, PRIVATE | DOWN, WO_FD, 0}},
	{ENODEV, {0, PAGE, READ, PRIVATE | DOWN, DIR_FD, 0}},
	{EINVAL, {0, PAGE, READ, PRIVATE | DOWN, RO_FD, 0}},
	{EINVAL, {0, PAGE, READ, MAP_SHARED | ANON | DOWN, NONE, 0}},
	{EINVAL, {0, PAGE, READ, VALIDATE | ANON, NONE, 0}},
	{EINVAL, {0, PAGE, READ, ANON, NONE, 0}},
	{ENOMEM, {0, 1UL << 21, RW, PRIVATE | ANON | HUGETLB, NONE, 0}},
	{EOVERFLOW, {0, 1UL << 21, RW, PRIVATE | ANON | HUGETLB, NONE, LAST}},
	{0, {HOLE, PAGE, 0x100, PRIVATE | ANON | NEW, NONE, 0}},
};

static const struct row munmap_rows[] = {
	{EINVAL, {OWN + 1, PAGE}}, {EINVAL, {OWN, 0}},	       {EINVAL, {OWN, -1UL}},
	{EINVAL, {OWN, HUGE}},	   {EINVAL, {USER_END, PAGE}}, {EINVAL, {LAST, PAGE}},
	{0, {HOLE, PAGE}},	   {0, {OWN, 6 * PAGE}},
};

static const struct row mprotect_rows[] = {
	{EINVAL, {OWN, 0, UPWARD | DOWNWARD}},
	{EINVAL, {OWN + 1, 0, READ}},
	{0, {OWN, 0, 0x100}},
	{0, {HOLE, 0, READ}},
	{ENOMEM, {OWN, LAST, 0x100}},
	{ENOMEM, {OWN, -1UL, READ}},
	{EINVAL, {HOLE, PAGE, 0x100}},
	{EINVAL, {OWN, PAGE, READ | 1UL << 32}},
	{EINVAL, {USER_END, PAGE, 0x10}},
	{ENOMEM, {USER_END, PAGE, READ}},
	{ENOMEM, {OWN, HUGE, READ}},
	{EACCES, {READABLE, HUGE, RW}},
	{EACCES, {AT(11), 16 * PAGE, RW}},
	{EINVAL, {OWN, PAGE, READ | DOWNWARD}},
	{EINVAL, {HOLE, 8 * PAGE, READ | DOWNWARD}},
	{ENOMEM, {HOLE, PAGE, READ | DOWNWARD}},
	{EINVAL, {OWN, PAGE, READ | UPWARD}},
	{ENOMEM, {HOLE, 8 * PAGE, READ | UPWARD}},
};

static const struct row mremap_rows[] = {
	{EINVAL, {HOLE, PAGE, PAGE, 8}},
	{EINVAL, {HOLE, PAGE, PAGE, MREMAP_FIXED, BEHIND}},
	{EINVAL, {HOLE, PAGE, PAGE, MREMAP_DONTUNMAP}},
	{EINVAL, {HOLE, PAGE, PAGE + 1, KEEP, 0}},
	{EINVAL, {OWN, PAGE, PAGE - 1, KEEP, 0}},
	{EINVAL, {HOLE + 1, PAGE, PAGE, 0}},
	{EINVAL, {HOLE, PAGE, 0, 0}},
	{EINVAL, {HOLE, PAGE, -1UL, 0}},
	{EFAULT, {HOLE, PAGE, HUGE, MREMAP_MAYMOVE}},
	{EFAULT, {HOLE, PAGE, PAGE, TO, OWN + 1}},
	{EFAULT, {LAST, 5 * PAGE, HUGE, TO, BEHIND}},
	{EFAULT, {LAST, HUGE, PAGE, MREMAP_MAYMOVE}},
	{EINVAL, {OWN, 5 * PAGE, 5 * PAGE, KEEP, OWN}},
	{EINVAL, {OWN, 8 * PAGE, 8 * PAGE, TO, BEHIND + 1}},
	{EINVAL, {OWN, PAGE, HUGE, TO, BEHIND}},
	{EINVAL, {OWN, PAGE, PAGE, TO, USER_END}},
	{EINVAL, {OWN, HUGE, PAGE, MREMAP_MAYMOVE}},
	{EINVAL, {OWN, 0, PAGE, MREMAP_MAYMOVE}},
	{EINVAL, {OWN, 0, HUGE, 0}},
	{EFAULT, {SHARED, 0, 4 * PAGE, TO, SHARED}},
	{EFAULT, {OWN, 0, 4 * PAGE, TO, OWN}},
	{EINVAL, {AT(3), LAST, 4 * PAGE, TO, AT(2)}},
	{0, {SHARED, -1UL, 4 * PAGE, TO, BEHIND}},
	{EFAULT, {OWN, 8 * PAGE, HUGE, MREMAP_MAYMOVE}},
	{EFAULT, {SHARED, 8 * PAGE, LAST, MREMAP_MAYMOVE}},
	{ENOMEM, {SHARED, 4 * PAGE, 8 * PAGE, 0}},
	{ENOMEM, {SHARED, 4 * PAGE, HUGE, MREMAP_MAYMOVE}},
	{0, {OWN, 8 * PAGE, 8 * PAGE, 0}},
};

static const struct row msync_rows[] = {
	{EINVAL, {HOLE, PAGE, 8}},
	{EINVAL, {HOLE + 1, PAGE, MS_SYNC}},
	{EINVAL, {HOLE, PAGE, MS_SYNC | MS_ASYNC}},
	{0, {HOLE, 0, MS_SYNC}},
	{0, {HOLE, -1UL, MS_SYNC}},
	{0, {LOCKED, 0, MS_INVALIDATE}},
	{ENOMEM, {OWN, LAST, MS_SYNC}},
	{ENOMEM, {HOLE, PAGE, MS_SYNC}},
	{ENOMEM, {USER_END, PAGE, MS_ASYNC}},
	{EBUSY, {HOLE, 16 * PAGE, MS_INVALIDATE}},
	{0, {SHARED, 4 * PAGE, 0}},
};

static const struct row madvise_rows[] = {
	{EINVAL, {HOLE + 1, PAGE, MADV_NORMAL}},
	{EINVAL, {HOLE, 0, 12345}},
	{EINVAL, {HOLE, -1UL, MADV_NORMAL}},
	{EINVAL, {OWN, LAST, MADV_NORMAL}},
	{0, {HOLE, 0, MADV_DONTNEED}},
	{ENOMEM, {HOLE, PAGE, MADV_DONTNEED}},
	{ENOMEM, {OWN, 6 * PAGE, MADV_WILLNEED}},
	{EINVAL, {HOLE, 16 * PAGE, MADV_FREE}},
	{EINVAL, {LOCKED, PAGE, MADV_FREE}},
	{EINVAL, {LOCKED, PAGE, MADV_DONTNEED}},
	{0, {LOCKED, PAGE, 24}}, /* MADV_DONTNEED_LOCKED */
	{EINVAL, {LOCKED, PAGE, MADV_COLD}},
	{EINVAL, {SHARED, PAGE, MADV_WIPEONFORK}},
	{EINVAL, {OWN, PAGE, MADV_REMOVE}},
	{EACCES, {READABLE, PAGE, MADV_REMOVE}},
	{ENOMEM, {HOLE, PAGE, MADV_POPULATE_READ}},
	{EINVAL, {READABLE, PAGE, MADV_POPULATE_WRITE}},
};

static const struct row mincore_rows[] = {
	{EINVAL, {HOLE + 1, HUGE, 8}},
	{ENOMEM, {OWN, HUGE, 8}},
	{ENOMEM, {USER_END, PAGE, 8}},
	{EFAULT, {HOLE, PAGE, LAST}},
	{ENOMEM, {HOLE, PAGE, 8}},
	{EFAULT, {OWN, 6 * PAGE, 8}},
	{EFAULT, {OWN, PAGE, READABLE}},
	{ENOMEM, {OWN, 6 * PAGE, SHARED}},
	{0, {HOLE, 0, 8}},
};

/* Of mlock, mlock2 (without flags) and munlock. */
static const struct row mlock_rows[] = {
	{ENOMEM, {HOLE, PAGE, 0}},
	{ENOMEM, {OWN, 6 * PAGE, 0}},
	{ENOMEM, {USER_END, PAGE, 0}},
	{EINVAL, {OWN, LAST, 0}},
	{0, {OWN, -1UL, 0}},
	{0, {HOLE, -1UL, 0}},
	{0, {HOLE, 0, 0}},
	{EINVAL, {OWN + 1, LAST - PAGE, 0}},
	{ENOMEM, {OWN + 1, 4 * PAGE, 0}},
};

static const struct row mlock2_rows[] = {{EINVAL, {HOLE, PAGE, 2}}, {ENOMEM, {HOLE, PAGE, 1}}};

static const struct row mlockall_rows[] = {{EINVAL, {0}}, {EINVAL, {4}}, {EINVAL, {8 | 1}}};

static void
map_at(unsigned long at, int prot, int flags, unsigned long fd)
{
	void *area = mmap((void *)at, 4 * PAGE, prot, flags | MAP_FIXED, (int)fd, 0);

	CHECK(area == (void *)at);
}

static void
arena_lay_out(void)
{
	CHECK_EQ(munmap((void *)ARENA, NR_PAGES * PAGE), 0);
	map_at(OWN, RW, PRIVATE | ANON, NONE);
	map_at(READABLE, READ, MAP_SHARED, RO_FD);
	map_at(SHARED, RW, MAP_SHARED, RW_FD);
	map_at(LOCKED, RW, PRIVATE | ANON | MAP_LOCKED, NONE);
}

static void
open_as(const char *path, int flags, unsigned long fd)
{
	CHECK_EQ(dup2(open(path, flags), (int)fd), fd);
}

static void
check_rows(long call, const struct row *rows, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		const unsigned long *args = rows[i].args;
		long result;

		arena_lay_out();
		result = raw_call(call, args[0], args[1], args[2], args[3], args[4], args[5]);
		if (rows[i].error ? result != -rows[i].error : result < 0 && result >= -4095)
			FAIL("call %ld, row %zu: %ld, not %ld", call, i, result, -rows[i].error);
	}
}

#define CHECK_ROWS(call, rows) check_rows(call, rows, COUNT(rows))

static void
first_error_of_many(void)
{
	static const char text[4 * PAGE];
	int ends[2];

	file_make("file", text, sizeof(text));
	open_as("file", O_RDONLY, RO_FD);
	open_as("file", O_WRONLY, WO_FD);
	open_as("file", O_RDWR, RW_FD);
	open_as(".", O_RDONLY, DIR_FD);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(dup2(ends[0], PIPE_FD), PIPE_FD);
	CHECK_ROWS(SYS_mmap, mmap_rows);
	CHECK_ROWS(SYS_munmap, munmap_rows);
	CHECK_ROWS(SYS_mprotect, mprotect_rows);
	CHECK_ROWS(SYS_mremap, mremap_rows);
	CHECK_ROWS(SYS_msync, msync_rows);
	CHECK_ROWS(SYS_madvise, madvise_rows);
	CHECK_ROWS(SYS_mincore, mincore_rows);
	CHECK_ROWS(SYS_mlock, mlock_rows);
	CHECK_ROWS(SYS_munlock, mlock_rows);
	CHECK_ROWS(SYS_mlock2, mlock_rows);
	CHECK_ROWS(SYS_mlock2, mlock2_rows);
	CHECK_ROWS(SYS_mlockall, mlockall_rows);
}

/* Up to what cannot be done it is done. */
static void
errors_come_after_work(void)
{
	unsigned char vec[8];
	int fds[2];

	file_make("file", "text", 4);
	open_as("file", O_RDONLY, RO_FD);
	open_as("file", O_RDWR, RW_FD);
	arena_lay_out();
	memset(vec, 9, sizeof(vec));
	CHECK_ERRNO(mincore((void *)OWN, 6 * PAGE, vec), ENOMEM);
	CHECK(vec[0] == 0 && vec[3] == 0 && vec[4] == 9);
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], (void *)OWN, 1), 1);
	CHECK_ERRNO(mprotect((void *)OWN, HUGE, PROT_NONE), ENOMEM);
	CHECK_ERRNO(write(fds[1], (void *)OWN, 1), EFAULT);
}

const struct test errno_tests[] = {
	{"first_error_of_many", first_error_of_many, A_KERNEL},
	{"errors_come_after_work", errors_come_after_work, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
