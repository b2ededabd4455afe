/* mremap, madvise, mincore, msync, memfd_create. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	  (PROT_READ | PROT_WRITE)
#define SEED	  7

static char *
map_filled(size_t pages)
{
	char *area = mmap(NULL, pages * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	pattern_fill(area, pages * PAGE, 0, SEED);
	return area;
}

static int
file_of_pages(const char *path, size_t pages)
{
	char page[PAGE];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0);
	for (size_t i = 0; i < pages; i++) {
		pattern_fill(page, PAGE, i * PAGE, SEED);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static void
peek(void *address)
{
	(void)*(volatile char *)address;
}

static void
mremap_shrinks(void)
{
	char *area = map_filled(8);

	CHECK(mremap(area, 8 * PAGE, 3 * PAGE, 0) == area);
	CHECK(pattern_holds(area, 3 * PAGE, 0, SEED));
	check_killed(peek, area + 3 * PAGE, SIGSEGV);
	CHECK(mremap(area, 3 * PAGE, 3 * PAGE, 0) == area);
	/* Of several areas, too. */
	CHECK_EQ(mprotect(area, PAGE, PROT_READ), 0);
	CHECK(mremap(area, 3 * PAGE, 3 * PAGE, 0) == area);
	CHECK(mremap(area, 3 * PAGE, 2 * PAGE, 0) == area);
	check_killed(peek, area + 2 * PAGE, SIGSEGV);
}

static void
mremap_grows_in_place(void)
{
	char *area = map_filled(8);

	CHECK_EQ(munmap(area + 2 * PAGE, 6 * PAGE), 0);
	CHECK(mremap(area, 2 * PAGE, 5 * PAGE, 0) == area);
	CHECK(pattern_holds(area, 2 * PAGE, 0, SEED));
	for (size_t i = 2 * PAGE; i < 5 * PAGE; i += 64)
		CHECK_EQ(area[i], 0);
	CHECK_ERRNO(mremap(area, 2 * PAGE, 5 * PAGE, 0), ENOMEM);
}

static void
mremap_moves(void)
{
	char *area = map_filled(700), *next;

	next = mremap(area, 600 * PAGE, 1200 * PAGE, MREMAP_MAYMOVE);
	CHECK(next != MAP_FAILED && next != area);
	CHECK(pattern_holds(next, 600 * PAGE, 0, SEED));
	for (size_t i = 600 * PAGE; i < 1200 * PAGE; i += PAGE)
		CHECK_EQ(next[i], 0);
	CHECK(pattern_holds(area + 600 * PAGE, 100 * PAGE, 600 * PAGE, SEED));
	check_killed(peek, area, SIGSEGV);
	check_killed(peek, area + 599 * PAGE, SIGSEGV);
	memset(next, 1, 1200 * PAGE);
	CHECK_EQ(munmap(next, 1200 * PAGE), 0);
}

static void
mremap_fixed(void)
{
	char *area = map_filled(4), *place = map_filled(8);

	CHECK(mremap(area, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place + 2 * PAGE) ==
	      place + 2 * PAGE);
	CHECK(pattern_holds(place + 2 * PAGE, 4 * PAGE, 0, SEED));
	CHECK(pattern_holds(place, 2 * PAGE, 0, SEED));
	CHECK(pattern_holds(place + 6 * PAGE, 2 * PAGE, 6 * PAGE, SEED));
	check_killed(peek, area, SIGSEGV);
}

static void
mremap_keeps_old(void)
{
	char *area = map_filled(4);
	char *next = mremap(area, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	CHECK(next != MAP_FAILED && next != area);
	CHECK(pattern_holds(next, 4 * PAGE, 0, SEED));
	for (size_t i = 0; i < 4 * PAGE; i += 512)
		CHECK_EQ(area[i], 0);
	memset(area, 1, 4 * PAGE);
	CHECK(pattern_holds(next, 4 * PAGE, 0, SEED));
}

/* What was never touched and its second view, beside it, are one area. */
static void
mremap_keeps_old_beside(void)
{
	char *area = mmap(NULL, 8 * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(munmap(area + 4 * PAGE, 4 * PAGE), 0);
	for (int i = 0; i < 3; i++)
		CHECK(mremap(area, 4 * PAGE, 4 * PAGE,
			     MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
			     area + 4 * PAGE) == area + 4 * PAGE);
	memset(area, 1, 8 * PAGE);
	CHECK_EQ(munmap(area, 8 * PAGE), 0);
}

static void
mremap_after_fork(void)
{
	char *area = map_filled(20), *next;
	pid_t child = fork_checked();

	next = mremap(area, 20 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
	CHECK(next != MAP_FAILED);
	CHECK(pattern_holds(next, 20 * PAGE, 0, SEED));
	if (child == 0) {
		memset(next, 5, 40 * PAGE);
		_exit(next[39 * PAGE] != 5);
	}
	check_exit(child);
	CHECK(pattern_holds(next, 20 * PAGE, 0, SEED));
}

static void
mremap_file(void)
{
	int fd = file_of_pages("file", 8);
	char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 2 * PAGE);
	char *private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	char byte;

	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	private[PAGE] = 1;
	shared = mremap(shared, 4 * PAGE, 6 * PAGE, MREMAP_MAYMOVE);
	private = mremap(private, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	CHECK(pattern_holds(shared, 6 * PAGE, 2 * PAGE, SEED));
	CHECK_EQ(private[PAGE], 1);
	CHECK(pattern_holds(private + 2 * PAGE, 6 * PAGE, 2 * PAGE, SEED));
	shared[5 * PAGE] = 99;
	CHECK_EQ(pread(fd, &byte, 1, 7 * PAGE), 1);
	CHECK_EQ(byte, 99);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	check_killed(peek, shared + 2 * PAGE, SIGBUS);
	peek(shared);
}

static void
mremap_second_view(void)
{
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *view;

	CHECK(area != MAP_FAILED);
	pattern_fill(area, 4 * PAGE, 0, SEED);
	view = mremap(area, 0, 4 * PAGE, MREMAP_MAYMOVE);
	CHECK(view != MAP_FAILED && view != area);
	CHECK(pattern_holds(view, 4 * PAGE, 0, SEED));
	view[0] = 42;
	CHECK_EQ(area[0], 42);
}

static void
mremap_errors(void)
{
	char *area = map_filled(8);
	int move_fixed = MREMAP_MAYMOVE | MREMAP_FIXED;

	CHECK_ERRNO(mremap(area + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERRNO(mremap(area, PAGE, 0, 0), EINVAL);
	CHECK_ERRNO(mremap(area, PAGE, PAGE, 64), EINVAL);
	CHECK_ERRNO(mremap(area, PAGE, PAGE, MREMAP_FIXED, area + 4 * PAGE), EINVAL);
	CHECK_ERRNO(mremap(area, PAGE, PAGE, move_fixed, area + 1), EINVAL);
	CHECK_ERRNO(mremap(area, 4 * PAGE, 4 * PAGE, move_fixed, area + 2 * PAGE), EINVAL);
	CHECK_ERRNO(mremap(area, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL), EINVAL);
	CHECK_ERRNO(mremap(area, 0, PAGE, MREMAP_MAYMOVE), EINVAL);
	CHECK_EQ(munmap(area + 4 * PAGE, PAGE), 0);
	CHECK_ERRNO(mremap(area + 4 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	CHECK_ERRNO(mremap(area, 6 * PAGE, 8 * PAGE, MREMAP_MAYMOVE), EFAULT);
	CHECK_ERRNO(mremap(area, 4 * PAGE, 1UL << 46, MREMAP_MAYMOVE), ENOMEM);
	CHECK(pattern_holds(area, 4 * PAGE, 0, SEED));
}

static void
madvise_dontneed(void)
{
	int fd = file_of_pages("file", 4);
	char *area = map_filled(4);
	char *private = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	char *shared = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(private != MAP_FAILED && shared != MAP_FAILED);
	CHECK_EQ(madvise(area + PAGE, 2 * PAGE, MADV_DONTNEED), 0);
	CHECK(pattern_holds(area, PAGE, 0, SEED));
	CHECK(pattern_holds(area + 3 * PAGE, PAGE, 3 * PAGE, SEED));
	for (size_t i = PAGE; i < 3 * PAGE; i += 64)
		CHECK_EQ(area[i], 0);
	memset(private, 1, 4 * PAGE);
	CHECK_EQ(madvise(private, 4 * PAGE, MADV_DONTNEED), 0);
	CHECK(pattern_holds(private, 4 * PAGE, 0, SEED));
	shared[PAGE] = 77;
	CHECK_EQ(madvise(shared, 4 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(shared[PAGE], 77);
}

/* What FREE leaves may be the old bytes or zeros, and a later store counts. */
static void
madvise_free(void)
{
	char *area = map_filled(4);

	CHECK_EQ(madvise(area, 4 * PAGE, MADV_FREE), 0);
	area[PAGE] = 9;
	CHECK_EQ(area[PAGE], 9);
	CHECK(area[0] == 0 || area[0] == (char)pattern_byte(0, SEED));
}

static void
madvise_fork(void)
{
	char *area = map_filled(4);
	pid_t child;

	CHECK_EQ(madvise(area, PAGE, MADV_WIPEONFORK), 0);
	CHECK_EQ(madvise(area + PAGE, PAGE, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(area + 2 * PAGE, PAGE, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(area + 2 * PAGE, PAGE, MADV_DOFORK), 0);
	child = fork_checked();
	if (child == 0) {
		for (size_t i = 0; i < PAGE; i++)
			CHECK_EQ(area[i], 0);
		CHECK(pattern_holds(area + 2 * PAGE, 2 * PAGE, 2 * PAGE, SEED));
		check_killed(peek, area + PAGE, SIGSEGV);
		_exit(0);
	}
	check_exit(child);
	CHECK(pattern_holds(area, 4 * PAGE, 0, SEED));
}

static void
madvise_hints(void)
{
	int fd = file_of_pages("file", 64);
	char *area = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(madvise(area + PAGE, 8, MADV_WILLNEED), 0);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_WILLNEED), 0);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_SEQUENTIAL), 0);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_RANDOM), 0);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_NORMAL), 0);
	CHECK(pattern_holds(area, 64 * PAGE, 0, SEED));
}

static int
nr_resident(char *area, size_t pages)
{
	unsigned char vec[64];
	int nr = 0;

	CHECK_EQ(mincore(area, pages * PAGE, vec), 0);
	for (size_t i = 0; i < pages; i++)
		nr += vec[i] & 1;
	return nr;
}

/* 64 pages of a file, none of them in memory. */
static char *
map_absent_file(void)
{
	int fd = file_of_pages("file", 64);
	char *area = mmap(NULL, 64 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(fsync(fd), 0);
	CHECK(pattern_holds(area, 64 * PAGE, 0, SEED));
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_PAGEOUT), 0);
	CHECK_EQ(nr_resident(area, 64), 0);
	close(fd);
	return area;
}

/* What is said of a file shows in how much of it is read: all, more than is touched, no more. */
static void
madvise_hints_are_heard(void)
{
	char *area = map_absent_file();

	CHECK_EQ(madvise(area, 64 * PAGE, MADV_RANDOM), 0);
	peek(area + 32 * PAGE);
	peek(area + 33 * PAGE);
	CHECK_EQ(nr_resident(area, 64), 2);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_PAGEOUT), 0);
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_SEQUENTIAL), 0);
	peek(area);
	CHECK(nr_resident(area, 64) > 2);
	area = map_absent_file();
	CHECK_EQ(madvise(area, 64 * PAGE, MADV_WILLNEED), 0);
	for (int i = 0; i < 500 && nr_resident(area, 64) < 64; i++)
		sleep_ms(10);
	CHECK_EQ(nr_resident(area, 64), 64);
	CHECK(pattern_holds(area, 64 * PAGE, 0, SEED));
}

static void
madvise_populate(void)
{
	char *area = mmap(NULL, 8 * PAGE, RW, ANONYMOUS, -1, 0);
	unsigned char vec[8];

	CHECK(area != MAP_FAILED);
	CHECK_EQ(madvise(area, 4 * PAGE, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(mincore(area, 8 * PAGE, vec), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(vec[i] & 1, i < 4);
	CHECK_EQ(mprotect(area, PAGE, PROT_READ), 0);
	CHECK_ERRNO(madvise(area, PAGE, MADV_POPULATE_WRITE), EINVAL);
	CHECK_EQ(munmap(area + 5 * PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(area + 4 * PAGE, 4 * PAGE, MADV_POPULATE_READ), ENOMEM);
}

static void
madvise_errors(void)
{
	char *area = map_filled(4);
	char *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED);
	CHECK_ERRNO(madvise(area + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(area, PAGE, 12345), EINVAL);
	CHECK_ERRNO(madvise(area, ~0UL, MADV_DONTNEED), EINVAL);
	CHECK_EQ(madvise(area, 0, MADV_DONTNEED), 0);
	CHECK_ERRNO(madvise(shared, PAGE, MADV_WIPEONFORK), EINVAL);
	CHECK_ERRNO(madvise(shared, PAGE, MADV_FREE), EINVAL);
	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(area, 4 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(area[3 * PAGE], 0);
}

/* A mapped file of that many pages, full of the pattern. */
static char *
map_pattern_file(size_t pages)
{
	int fd = file_of_pages("file", pages);
	char *area = mmap(NULL, pages * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	pattern_fill(area, pages * PAGE, 0, SEED);
	CHECK_EQ(fsync(fd), 0);
	return area;
}

/* Pages leave the memory, or do not, but what is in them stays. */
static void
madvise_pageout(void)
{
	char *areas[] = {map_filled(16), map_pattern_file(16)};

	for (size_t i = 0; i < 2; i++) {
		CHECK_EQ(madvise(areas[i], 16 * PAGE, MADV_COLD), 0);
		CHECK(pattern_holds(areas[i], 16 * PAGE, 0, SEED));
		CHECK_EQ(madvise(areas[i], 16 * PAGE, MADV_PAGEOUT), 0);
		CHECK(pattern_holds(areas[i], 16 * PAGE, 0, SEED));
		areas[i][5 * PAGE] ^= 1;
		CHECK_EQ(madvise(areas[i], 16 * PAGE, MADV_PAGEOUT), 0);
		CHECK_EQ(madvise(areas[i], 16 * PAGE, MADV_WILLNEED), 0);
		areas[i][5 * PAGE] ^= 1;
		CHECK(pattern_holds(areas[i], 16 * PAGE, 0, SEED));
	}
	CHECK_EQ(mlock(areas[0], PAGE), 0);
	CHECK_ERRNO(madvise(areas[0], 16 * PAGE, MADV_PAGEOUT), EINVAL);
	CHECK_EQ(munlock(areas[0], PAGE), 0);
	CHECK_EQ(munmap(areas[0] + PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(areas[0], 16 * PAGE, MADV_COLD), ENOMEM);
}

/* Nothing holds the clean pages of a file that one program alone maps. */
static void
madvise_pageout_of_file(void)
{
	char *file = map_pattern_file(8);
	unsigned char vec[8];

	CHECK_EQ(madvise(file, 8 * PAGE, MADV_COLD), 0);
	CHECK_EQ(mincore(file, 8 * PAGE, vec), 0);
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(vec[i], 1);
	CHECK_EQ(madvise(file, 8 * PAGE, MADV_PAGEOUT), 0);
	CHECK_EQ(mincore(file, 8 * PAGE, vec), 0);
	for (size_t i = 0; i < 8; i++)
		CHECK_EQ(vec[i], 0);
	CHECK(pattern_holds(file, 8 * PAGE, 0, SEED));
}

static void
mincore_sees(void)
{
	char *area = mmap(NULL, 6 * PAGE, RW, ANONYMOUS, -1, 0);
	unsigned char vec[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	CHECK(area != MAP_FAILED);
	area[2 * PAGE] = area[4 * PAGE] = 1;
	CHECK_EQ(mincore(area, 6 * PAGE, vec), 0);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(vec[i], i == 2 || i == 4);
	CHECK_ERRNO(mincore(area + 1, PAGE, vec), EINVAL);
	CHECK_ERRNO(mincore(area, 6 * PAGE, (void *)8), EFAULT);
	CHECK_EQ(munmap(area + 5 * PAGE, PAGE), 0);
	CHECK_ERRNO(mincore(area, 6 * PAGE, vec), ENOMEM);
}

static void
msync_writes(void)
{
	int fd = file_of_pages("file", 4);
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	CHECK(area != MAP_FAILED);
	area[PAGE] = 1;
	CHECK_EQ(msync(area, 4 * PAGE, MS_ASYNC), 0);
	CHECK_EQ(msync(area, 4 * PAGE, MS_SYNC), 0);
	area[PAGE] = 2;
	CHECK_EQ(msync(area + PAGE, 1, MS_SYNC | MS_INVALIDATE), 0);
	CHECK_EQ(area[PAGE], 2);
	CHECK_ERRNO(msync(area, PAGE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK_ERRNO(msync(area, PAGE, 8), EINVAL);
	CHECK_ERRNO(msync(area + 1, PAGE, MS_SYNC), EINVAL);
	CHECK_EQ(msync(area, 0, MS_SYNC), 0);
	CHECK_EQ(mlock(area, PAGE), 0);
	CHECK_ERRNO(msync(area, PAGE, MS_INVALIDATE), EBUSY);
	CHECK_EQ(munmap(area + 2 * PAGE, PAGE), 0);
	CHECK_ERRNO(msync(area, 4 * PAGE, MS_SYNC), ENOMEM);
}

/* What is done with areas does not look for each of their pages that is not there. */
static void
huge_areas_are_quick(void)
{
	const size_t bytes = 120UL << 30;
	struct timespec start, end;
	char *area = mmap(NULL, bytes, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(area != MAP_FAILED);
	area[bytes / 2] = 1;
	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start), 0);
	CHECK_EQ(madvise(area, bytes, MADV_COLD), 0);
	CHECK_EQ(madvise(area, bytes, MADV_PAGEOUT), 0);
	CHECK_EQ(munlock(area, bytes), 0);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end), 0);
	CHECK(end.tv_sec - start.tv_sec < 4);
	CHECK_EQ(area[bytes / 2], 1);
}

static void
memfd_is_a_file(void)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);
	struct stat st;
	char *area, link[64], path[64];
	ssize_t length;

	CHECK(fd >= 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_size, 4 * PAGE);
	CHECK_EQ(st.st_nlink, 0);
	area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(pwrite(fd, "through", 7, PAGE), 7);
	CHECK(memcmp(area + PAGE, "through", 7) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, link, sizeof(link) - 1);
	CHECK(length > 0);
	link[length] = '\0';
	CHECK(strcmp(link, "/memfd:memory (deleted)") == 0);
	close(fd);
	CHECK(memcmp(area + PAGE, "through", 7) == 0);
	CHECK_ERRNO(memfd_create("x", 0x100), EINVAL);
	CHECK_ERRNO(memfd_create((void *)8, 0), EFAULT);
}

static void
memfd_seals(void)
{
	int plain = memfd_create("plain", 0), fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	char *area;

	CHECK_EQ(fcntl(plain, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERRNO(fcntl(plain, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, 0x1000), EINVAL);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	CHECK_ERRNO(ftruncate(fd, PAGE), EPERM);
	CHECK_ERRNO(ftruncate(fd, 3 * PAGE), EPERM);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	/* What fits may be written, or nothing: that depends on how the kernel cuts a write. */
	CHECK(pwrite(fd, "abc", 3, 2 * PAGE - 1) <= 1);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 2 * PAGE);
	CHECK_ERRNO(pwrite(fd, "abc", 3, 2 * PAGE), EPERM);
	CHECK_EQ(pwrite(fd, "abc", 3, PAGE), 3);
	area = mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE);
	CHECK(area != MAP_FAILED);
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_GROW | F_SEAL_SHRINK);
	CHECK_EQ(munmap(area, PAGE), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SEAL), 0);
	CHECK_ERRNO(write(fd, "x", 1), EPERM);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EPERM);
	area = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, PAGE);
	CHECK(area != MAP_FAILED);
	CHECK(memcmp(area, "abc", 3) == 0);
	area[0] = 'x';
	CHECK_ERRNO(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
}

/* Whether it is a program may not change; what stays a program may not change at all. */
static void
memfd_seals_exec(void)
{
	int fd = memfd_create("data", MFD_NOEXEC_SEAL),
	    program = memfd_create("p", MFD_ALLOW_SEALING);
	struct stat st;

	CHECK_ERRNO(memfd_create("x", MFD_EXEC | MFD_NOEXEC_SEAL), EINVAL);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_EXEC);
	CHECK(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0666);
	CHECK_ERRNO(fchmod(fd, 0777), EPERM);
	CHECK_ERRNO(fchmod(fd, 0676), EPERM);
	CHECK_EQ(fchmod(fd, 0600), 0);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);

	CHECK(fstat(program, &st) == 0 && (st.st_mode & 0777) == 0777);
	CHECK_EQ(ftruncate(program, PAGE), 0);
	CHECK_EQ(fcntl(program, F_ADD_SEALS, F_SEAL_EXEC), 0);
	CHECK_EQ(fcntl(program, F_GET_SEALS),
		 F_SEAL_EXEC | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
	CHECK_ERRNO(write(program, "x", 1), EPERM);
	CHECK_ERRNO(ftruncate(program, 0), EPERM);
	CHECK_ERRNO(fchmod(program, 0666), EPERM);
	CHECK_EQ(fcntl(program, F_ADD_SEALS, F_SEAL_SEAL), 0);
}

static void
memfd_removes_pages(void)
{
	int fd = memfd_create("holes", 0);
	char *area, *own;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	area = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	memset(area, 3, 4 * PAGE);
	own = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(own != MAP_FAILED);
	own[PAGE] = 4;
	CHECK_EQ(own[2 * PAGE], 3);
	CHECK_EQ(madvise(area + PAGE, 2 * PAGE, MADV_REMOVE), 0);
	CHECK_EQ(area[0], 3);
	CHECK_EQ(area[PAGE], 0);
	CHECK_EQ(area[3 * PAGE - 1], 0);
	CHECK_EQ(area[3 * PAGE], 3);
	CHECK_EQ(own[PAGE], 4);
	CHECK_EQ(own[2 * PAGE], 0);
}

/* What is sealed against stores is not to be made zero, though an older mapping may be stored to. */
static void
memfd_sealed_keeps_pages(void)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);
	char *area;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	area = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	memset(area, 3, 2 * PAGE);
	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	CHECK_ERRNO(madvise(area, PAGE, MADV_REMOVE), EPERM);
	CHECK_EQ(area[0], 3);
	area[PAGE] = 4;
	CHECK_EQ(area[PAGE], 4);
}

const struct test range_tests[] = {
	{"mremap_shrinks", mremap_shrinks, ANYWHERE},
	{"mremap_grows_in_place", mremap_grows_in_place, ANYWHERE},
	{"mremap_moves", mremap_moves, ANYWHERE},
	{"mremap_fixed", mremap_fixed, ANYWHERE},
	{"mremap_keeps_old", mremap_keeps_old, ANYWHERE},
	{"mremap_keeps_old_beside", mremap_keeps_old_beside, ANYWHERE},
	{"mremap_after_fork", mremap_after_fork, ANYWHERE},
	{"mremap_file", mremap_file, ANYWHERE},
	{"mremap_second_view", mremap_second_view, A_KERNEL},
	{"mremap_errors", mremap_errors, A_KERNEL},
	{"madvise_dontneed", madvise_dontneed, ANYWHERE},
	{"madvise_free", madvise_free, ANYWHERE},
	{"madvise_fork", madvise_fork, A_KERNEL},
	{"madvise_hints", madvise_hints, ANYWHERE},
	{"madvise_hints_are_heard", madvise_hints_are_heard, A_KERNEL},
	{"madvise_populate", madvise_populate, A_KERNEL},
	{"madvise_errors", madvise_errors, A_KERNEL},
	{"madvise_pageout", madvise_pageout, A_KERNEL},
	{"madvise_pageout_of_file", madvise_pageout_of_file, A_KERNEL},
	{"mincore_sees", mincore_sees, ANYWHERE},
	{"msync_writes", msync_writes, ANYWHERE},
	{"huge_areas_are_quick", huge_areas_are_quick, A_KERNEL},
	{"memfd_seals", memfd_seals, ANYWHERE},
	{"memfd_seals_exec", memfd_seals_exec, ANYWHERE},
	{"memfd_is_a_file", memfd_is_a_file, ANYWHERE},
	{"memfd_removes_pages", memfd_removes_pages, A_KERNEL},
	{"memfd_sealed_keeps_pages", memfd_sealed_keeps_pages, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
