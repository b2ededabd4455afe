/* Calls by which a program says what it will do with a file, or moves parts of it in other ways. */
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

#define NR_PAGES 64

enum { NORMAL, RANDOM, SEQUENTIAL, WILLNEED, DONTNEED, NOREUSE };

static int
file_of_pages(void)
{
	static char bytes[NR_PAGES * PAGE];
	int fd = open("file", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0);
	pattern_fill(bytes, sizeof(bytes), 0, 1);
	CHECK_EQ(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	CHECK_EQ(fsync(fd), 0);
	return fd;
}

static long
advise(int fd, long offset, long length, int advice)
{
	return raw_call(SYS_fadvise64, fd, offset, length, advice, 0, 0);
}

/* How many pages of the file are in memory. */
static int
nr_cached(int fd)
{
	unsigned char in[NR_PAGES];
	void *area = mmap(NULL, NR_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	int nr = 0;

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mincore(area, NR_PAGES * PAGE, in), 0);
	for (int i = 0; i < NR_PAGES; i++)
		nr += in[i] & 1;
	CHECK_EQ(munmap(area, NR_PAGES * PAGE), 0);
	return nr;
}

static void
advice_errors(void)
{
	int fd = file_of_pages(), ends[2], name = open("file", O_PATH);

	CHECK_EQ(pipe(ends), 0);
	CHECK(name >= 0);
	for (int advice = NORMAL; advice <= NOREUSE; advice++) {
		CHECK_EQ(advise(fd, 0, 0, advice), 0);
		CHECK_EQ(advise(fd, 3, 5 * PAGE, advice), 0);
		CHECK_EQ(advise(fd, 0, -1, advice), -EINVAL);
		CHECK_EQ(advise(-1, 0, 0, advice), -EBADF);
		CHECK_EQ(advise(name, 0, 0, advice), -EBADF);
		CHECK_EQ(advise(ends[0], 0, 0, advice), -ESPIPE);
	}
	CHECK_EQ(advise(fd, 0, 0, NOREUSE + 1), -EINVAL);
	CHECK_EQ(raw_call(SYS_readahead, fd, 0, PAGE, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_readahead, ends[0], 0, PAGE, 0, 0, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_readahead, ends[1], 0, PAGE, 0, 0, 0), -EBADF);
	CHECK_EQ(raw_call(SYS_readahead, name, 0, PAGE, 0, 0, 0), -EBADF);
}

/* Until so many pages are there that are being read. */
static void
wait_cached(int fd, int nr)
{
	for (int64_t end = now_us() + 5000000; nr_cached(fd) < nr && now_us() < end;)
		sleep_ms(1);
	CHECK_EQ(nr_cached(fd), nr);
}

/* Pages go and come as a program says, and hold what was written. */
static void
advice_moves_pages(void)
{
	static char bytes[NR_PAGES * PAGE];
	int fd = file_of_pages();

	CHECK_EQ(nr_cached(fd), NR_PAGES);
	CHECK_EQ(advise(fd, PAGE, 7 * PAGE, DONTNEED), 0);
	CHECK_EQ(nr_cached(fd), NR_PAGES - 7);
	CHECK_EQ(advise(fd, 20 * PAGE + 1, PAGE, DONTNEED), 0);
	CHECK_EQ(nr_cached(fd), NR_PAGES - 7);
	CHECK_EQ(advise(fd, 0, 0, DONTNEED), 0);
	CHECK_EQ(nr_cached(fd), 0);
	CHECK_EQ(advise(fd, 5 * PAGE, 8 * PAGE, WILLNEED), 0);
	wait_cached(fd, 8);
	CHECK_EQ(raw_call(SYS_readahead, fd, 30 * PAGE, PAGE, 0, 0, 0), 0);
	wait_cached(fd, 9);
	CHECK_EQ(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	CHECK(pattern_holds(bytes, sizeof(bytes), 0, 1));
}

/* Who jumps gets what he asks for; who goes on gets more. */
static void
advice_rules_reading_ahead(void)
{
	int fd = file_of_pages();
	char byte;

	CHECK_EQ(advise(fd, 0, 0, DONTNEED), 0);
	CHECK_EQ(advise(fd, 0, 0, RANDOM), 0);
	CHECK_EQ(pread(fd, &byte, 1, 0), 1);
	CHECK_EQ(pread(fd, &byte, 1, PAGE), 1);
	CHECK_EQ(nr_cached(fd), 2);
	CHECK_EQ(advise(fd, 0, 0, SEQUENTIAL), 0);
	CHECK_EQ(pread(fd, &byte, 1, 9 * PAGE), 1);
	CHECK(nr_cached(fd) > 3);
}

static long
sync_range(int fd, long offset, long bytes, unsigned flags)
{
	return raw_call(SYS_sync_file_range, fd, offset, bytes, flags, 0, 0);
}

static void
sync_of_parts(void)
{
	int fd = file_of_pages(), ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(pwrite(fd, "new", 3, 2 * PAGE), 3);
	CHECK_EQ(sync_range(fd, 2 * PAGE, 3, 7), 0);
	CHECK_EQ(sync_range(fd, 0, 0, 0), 0);
	CHECK_EQ(sync_range(fd, 0, 0, 2), 0);
	CHECK_EQ(sync_range(fd, 0, 0, 8), -EINVAL);
	CHECK_EQ(sync_range(fd, -1, 0, 2), -EINVAL);
	CHECK_EQ(sync_range(fd, 5, -1, 2), -EINVAL);
	CHECK_EQ(sync_range(-1, 0, 0, 8), -EBADF);
	CHECK_EQ(sync_range(ends[0], 0, 0, 2), -ESPIPE);
	CHECK_EQ(raw_call(SYS_syncfs, fd, 0, 0, 0, 0, 0), 0);
	CHECK_EQ(raw_call(SYS_syncfs, -1, 0, 0, 0, 0, 0), -EBADF);
}

static void
vectors_at_places(void)
{
	char a[2] = "ab", b[3] = "cde";
	struct iovec iov[2] = {{a, 2}, {b, 3}};
	uint64_t vec = (uintptr_t)iov;
	int fd = open("file", O_RDWR | O_CREAT, 0644), ends[2];

	CHECK(fd >= 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(raw_call(SYS_pwritev, fd, vec, 2, 10, 0, 0), 5);
	CHECK_EQ(raw_call(SYS_preadv, fd, vec, 2, 11, 0, 0), 4);
	CHECK(memcmp(a, "bc", 2) == 0 && memcmp(b, "dee", 3) == 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 0);
	CHECK_EQ(raw_call(SYS_preadv, fd, vec, 2, -1, -1, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_preadv, -1, vec, 2, 0, 0, 0), -EBADF);
	CHECK_EQ(raw_call(SYS_preadv, ends[0], vec, 2, 0, 0, 0), -ESPIPE);
}

/* With -1 at the file's own position, which then moves. */
static void
vectors_with_flags(void)
{
	char bytes[5] = "abcde";
	struct iovec iov = {bytes, 5};
	uint64_t vec = (uintptr_t)&iov;
	int fd = open("file", O_RDWR | O_CREAT, 0644), ends[2];

	CHECK(fd >= 0);
	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(raw_call(SYS_pwritev2, fd, vec, 1, -1, -1, 0), 5);
	CHECK_EQ(raw_call(SYS_pwritev2, fd, vec, 1, 8, 0, 0), 5);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 5);
	CHECK_EQ(raw_call(SYS_preadv2, fd, vec, 1, -1, -1, 0), 5);
	CHECK(memcmp(bytes, "\0\0\0ab", 5) == 0);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(raw_call(SYS_pwritev2, fd, vec, 1, -2, -1, 0), -EINVAL);
	CHECK_EQ(raw_call(SYS_pwritev2, ends[1], vec, 1, -1, -1, 0), 5);
	CHECK_EQ(raw_call(SYS_preadv2, fd, vec, 1, 0, 0, 1U << 30), -EOPNOTSUPP);
}

static void
bytes_left_are_told(void)
{
	int fd = file_of_pages(), left = -1;

	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	CHECK_EQ(ioctl(fd, FIONREAD, &left), 0);
	CHECK_EQ(left, NR_PAGES * PAGE - 100);
	CHECK_EQ(lseek(fd, 10, SEEK_END), NR_PAGES * PAGE + 10);
	CHECK_EQ(ioctl(fd, FIONREAD, &left), 0);
	CHECK_EQ(left, -10);
}

static long
close_all(unsigned first, unsigned last, unsigned flags)
{
	return raw_call(SYS_close_range, first, last, flags, 0, 0, 0);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static int
close_others(void *unused)
{
	(void)unused;
	return close_all(40, 60, 2) != 0;
}

static void
ranges_are_closed(void)
{
	int fd = file_of_pages(), tid;

	for (int i = 40; i < 48; i++)
		CHECK_EQ(dup2(fd, i), i);
	CHECK_EQ(close_all(41, 42, 0), 0);
	CHECK(is_open(40) && !is_open(41) && !is_open(42) && is_open(43));
	CHECK_EQ(close_all(44, 45, 4), 0);
	CHECK_EQ(fcntl(43, F_GETFD), 0);
	CHECK_EQ(fcntl(44, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(45, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(close_all(5, 4, 0), -EINVAL);
	CHECK_EQ(close_all(40, 41, 1), -EINVAL);
	CHECK(thread_start(close_others, NULL, &tid) > 0);
	while (*(volatile int *)&tid)
		sleep_ms(1);
	CHECK(is_open(40) && is_open(47));
	CHECK_EQ(close_all(40, -1U, 0), 0);
	CHECK(!is_open(40) && !is_open(47) && is_open(fd));
}

const struct test advice_tests[] = {
	{"advice_errors", advice_errors, ANYWHERE},
	{"advice_moves_pages", advice_moves_pages, A_KERNEL},
	{"advice_rules_reading_ahead", advice_rules_reading_ahead, A_KERNEL},
	{"sync_of_parts", sync_of_parts, ANYWHERE},
	{"vectors_at_places", vectors_at_places, ANYWHERE},
	{"vectors_with_flags", vectors_with_flags, A_KERNEL},
	{"bytes_left_are_told", bytes_left_are_told, ANYWHERE},
	{"ranges_are_closed", ranges_are_closed, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
