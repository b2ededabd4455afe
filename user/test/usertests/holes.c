/* Holes of files that live in memory alone. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "test.h"

#define NR_PAGES 256
#define STEP	 16

#define LIMIT_PAGES 8

static long
pages_of(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_blocks * 512 / PAGE;
}

/* A file that is one hole. */
static int
hole_make(unsigned nr_pages)
{
	int fd = memfd_create("hole", 0);

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, nr_pages * PAGE), 0);
	return fd;
}

static char *
hole_map(int fd, unsigned nr_pages, int flags)
{
	char *area = mmap(NULL, nr_pages * PAGE, PROT_READ, flags, fd, 0);

	CHECK(area != MAP_FAILED);
	return area;
}

/* Each page that is looked at, and no other, becomes one of the file's. */
static void
hole_mapped(void)
{
	int fd = hole_make(NR_PAGES);
	char *area = hole_map(fd, NR_PAGES, MAP_SHARED);
	char *own = hole_map(fd, NR_PAGES, MAP_PRIVATE);

	for (int i = 0; i < NR_PAGES; i += STEP)
		CHECK_EQ(*(volatile char *)(area + i * PAGE), 0);
	CHECK_EQ(pages_of(fd), NR_PAGES / STEP);
	for (int i = 1; i < NR_PAGES; i += STEP)
		CHECK_EQ(*(volatile char *)(own + i * PAGE), 0);
	CHECK_EQ(pages_of(fd), 2 * NR_PAGES / STEP);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(pages_of(fd), 0);
}

/* Nothing is kept of what read() finds in a hole. */
static void
hole_read(void)
{
	static char buf[NR_PAGES * PAGE];
	int fd = hole_make(NR_PAGES);

	CHECK_EQ(pwrite(fd, "x", 1, 3 * PAGE + 5), 1);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(pages_of(fd), 1);
	for (size_t i = 0; i < sizeof(buf); i++)
		if (buf[i] != (i == 3 * PAGE + 5 ? 'x' : 0))
			FAIL("byte %zu is %d", i, buf[i]);
}

static long
small_free(void)
{
	struct statfs st;

	CHECK_EQ(statfs("small", &st), 0);
	CHECK_EQ(st.f_blocks, LIMIT_PAGES);
	return st.f_bfree;
}

static void
peek(void *address)
{
	(void)*(volatile char *)address;
}

/* In the small file system: a page of a hole takes room as any other, and where none is left a fault is an error. */
static void
fill_small(void *unused)
{
	int fd = open("small/file", O_RDWR | O_CREAT, 0644);
	char *area, byte = 1;

	(void)unused;
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 2 * LIMIT_PAGES * PAGE), 0);
	area = hole_map(fd, 2 * LIMIT_PAGES, MAP_SHARED);
	for (int i = 0; i < LIMIT_PAGES; i++)
		peek(area + 2 * i * PAGE);
	CHECK_EQ(small_free(), 0);
	CHECK_EQ(pages_of(fd), LIMIT_PAGES);
	check_killed(peek, area + PAGE, SIGBUS);
	CHECK_EQ(pread(fd, &byte, 1, PAGE), 1);
	CHECK_EQ(byte, 0);
	CHECK_ERRNO(pwrite(fd, &byte, 1, PAGE), ENOSPC);
	CHECK_EQ(pages_of(fd), LIMIT_PAGES);
	CHECK_EQ(pwrite(fd, &byte, 1, 0), 1);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	CHECK_EQ(small_free(), LIMIT_PAGES - 1);
	CHECK_EQ(pages_of(fd), 1);
}

/* In a child, so that nothing is in use when the file system goes, whatever became of it. */
static void
hole_has_limit(void)
{
	int status;

	if (injecting)
		test_skip("a file system that stays mounted would stop the run");
	CHECK_EQ(mkdir("small", 0755), 0);
	CHECK_EQ(mount("none", "small", "tmpfs", 0, "size=32k"), 0);
	status = child_status(fill_small, NULL);
	CHECK_EQ(umount("small"), 0);
	CHECK_EQ(status, 0);
}

/* /proc/meminfo tells of pages that were only looked at. Others may use such memory, too, but not so much less. */
static void
hole_is_told(void)
{
	int fd = hole_make(4 * NR_PAGES);
	char *area = hole_map(fd, 4 * NR_PAGES, MAP_SHARED);
	long before = meminfo_kib("Shmem");

	for (int i = 0; i < 4 * NR_PAGES; i++)
		peek(area + i * PAGE);
	CHECK(meminfo_kib("Shmem") >= before + 2 * NR_PAGES * (long)(PAGE / KIB));
}

const struct test hole_tests[] = {
	{"hole_mapped", hole_mapped, ANYWHERE},
	{"hole_read", hole_read, ANYWHERE},
	{"hole_has_limit", hole_has_limit, A_KERNEL},
	{"hole_is_told", hole_is_told, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
