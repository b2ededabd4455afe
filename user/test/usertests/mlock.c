/* The mlock family, and what is locked because mmap or mlockall said so; RLIMIT_MEMLOCK. */
#include <sys/mman.h>
#include <sys/resource.h>
#include <signal.h>
#include <stdint.h>

#include "test.h"

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	  (PROT_READ | PROT_WRITE)
#define USER_END  0x4000000000UL
#define LAST	  (-(unsigned long)PAGE) /* of all pages */

static void
limit_locked(size_t pages)
{
	struct rlimit limit = {pages * PAGE, pages * PAGE};

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

/* How many of the first pages of an area are in memory. */
static int
nr_resident(void *area, size_t pages)
{
	unsigned char vec[16];
	int nr = 0;

	CHECK(pages <= COUNT(vec));
	CHECK_EQ(mincore(area, pages * PAGE, vec), 0);
	for (size_t i = 0; i < pages; i++)
		nr += vec[i] & 1;
	return nr;
}

static void
mlock_faults_in(void)
{
	char *area = mmap(NULL, 8 * PAGE, RW, ANONYMOUS, -1, 0);
	unsigned char vec[8];

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mlock(area + 100, 3 * PAGE), 0);
	CHECK_EQ(mlock2(area + 4 * PAGE, PAGE, MLOCK_ONFAULT), 0);
	CHECK_EQ(mincore(area, 8 * PAGE, vec), 0);
	for (int i = 0; i < 8; i++)
		CHECK_EQ(vec[i] & 1, i < 4);
	CHECK_ERRNO(madvise(area, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_EQ(munlock(area, 8 * PAGE), 0);
	CHECK_EQ(madvise(area, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK_ERRNO(mlock(area, 3 * PAGE), ENOMEM);
	CHECK_ERRNO(mlock2(area, PAGE, 2), EINVAL);
}

/* No pages, in the middle of an area and where there is none. */
static void
mlock_of_nothing(void)
{
	char *area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mlock(area + PAGE, 0), 0);
	CHECK_EQ(munlock(area + PAGE, 0), 0);
	CHECK_EQ(munlock(area + PAGE + 100, (size_t)-100), 0);
	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK_EQ(munlock(area + PAGE, 0), 0);
}

static void
mlockall_works(void)
{
	unsigned char vec[4];
	char *area;

	CHECK_EQ(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(mincore(area, 4 * PAGE, vec), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(vec[i] & 1, 1);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(madvise(area, PAGE, MADV_DONTNEED), 0);
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_ERRNO(mlockall(8), EINVAL);
}

/* Where nothing may be locked that is said before anything else, but for flags that are wrong. */
static void
nothing_may_be_locked(void)
{
	struct rlimit none = {0, 0};

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	CHECK_ERRNO(mlock((void *)USER_END, LAST), EPERM);
	CHECK_ERRNO(mlock2((void *)USER_END, PAGE, 2), EINVAL);
	CHECK_ERRNO(mlockall(MCL_FUTURE), EPERM);
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, ANONYMOUS | MAP_LOCKED, -1, 0), EPERM);
}

static void
mlock_limit(void)
{
	struct rlimit limit = {4 * PAGE, 4 * PAGE};
	char *area = mmap(NULL, 16 * PAGE, RW, ANONYMOUS, -1, 0);
	int locked = ANONYMOUS | MAP_LOCKED;

	CHECK(area != MAP_FAILED);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	CHECK_EQ(mlock(area, 4 * PAGE), 0);
	CHECK_EQ(mlock(area, 4 * PAGE), 0);
	CHECK_ERRNO(mlock(area, 5 * PAGE), ENOMEM);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, locked, -1, 0), EAGAIN);
	CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_EQ(munlock(area, 2 * PAGE), 0);
	CHECK(mmap(NULL, 2 * PAGE, RW, locked, -1, 0) != MAP_FAILED);
}

/* Touches memory that grows downwards, locked, one page further than may be locked. */
static void
grow_locked_stack(void *pages)
{
	struct rlimit limit = {4 * PAGE, 4 * PAGE};
	char *hole = mmap(NULL, 1024 * PAGE, PROT_NONE, ANONYMOUS, -1, 0), *stack;

	CHECK(hole != MAP_FAILED);
	CHECK_EQ(munmap(hole, 1024 * PAGE), 0);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
	stack = mmap(hole + 1000 * PAGE, 2 * PAGE, RW,
		     ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED | MAP_FIXED, -1, 0);
	CHECK(stack == hole + 1000 * PAGE);
	for (long i = 1; i <= (long)(intptr_t)pages; i++)
		*(volatile char *)(stack - i * PAGE) = 1;
}

static void
mlock_limit_of_stack(void)
{
	CHECK_EQ(child_status(grow_locked_stack, (void *)2), 0);
	check_killed(grow_locked_stack, (void *)3, SIGSEGV);
}

/* What mlockall wants of all mappings to come is refused as what is too much, never as what is forbidden. */
static void
mlockall_limits_mmap(void)
{
	char *area;

	limit_locked(4);
	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	area = mmap(NULL, 3 * PAGE, RW, ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	CHECK_ERRNO(mmap(NULL, 2 * PAGE, RW, ANONYMOUS, -1, 0), EAGAIN);
	CHECK_ERRNO(mmap(NULL, 2 * PAGE, PROT_NONE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), EAGAIN);
	CHECK_ERRNO(mmap(area, 2 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0), EAGAIN);
	/* The limit is looked at before the type. */
	CHECK_ERRNO(mmap(NULL, 2 * PAGE, RW, MAP_ANONYMOUS, -1, 0), EAGAIN);
	CHECK_EQ(munmap(area, 3 * PAGE), 0);
	limit_locked(0);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, ANONYMOUS, -1, 0), EAGAIN);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, ANONYMOUS | MAP_LOCKED, -1, 0), EPERM);
	CHECK_EQ(munlockall(), 0);
	CHECK(mmap(NULL, PAGE, RW, ANONYMOUS, -1, 0) != MAP_FAILED);
}

/* A range that is longer than may be locked is too long first, whatever else is wrong with it. */
static void
mlock_limit_of_long_ranges(void)
{
	char *area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	limit_locked(4);
	CHECK_ERRNO(mlock(area, LAST), ENOMEM);
	CHECK_ERRNO(mlock(area, 1UL << 62), ENOMEM);
	CHECK_ERRNO(mlock((void *)LAST, 2 * PAGE), EINVAL);
	CHECK_ERRNO(mlock((void *)LAST, 5 * PAGE), ENOMEM);
	CHECK_ERRNO(munlock(area, LAST), EINVAL);
	CHECK_EQ(mlock(area, 4 * PAGE), 0);
	CHECK_EQ(mlock(area, 0), 0);
	CHECK_ERRNO(mlock((void *)LAST, 2 * PAGE), ENOMEM);
}

/* The lock goes with the pages: no more is locked than was before. */
static void
mlock_moves_with_pages(void)
{
	char *area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS, -1, 0), *moved;

	CHECK(area != MAP_FAILED);
	limit_locked(4);
	CHECK_EQ(mlock(area, 4 * PAGE), 0);
	moved = mremap(area, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(madvise(area, PAGE, MADV_DONTNEED), 0);
	CHECK_ERRNO(madvise(moved, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(mremap(moved, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE), EAGAIN);
	CHECK_ERRNO(mlock(area, PAGE), ENOMEM);
	CHECK_EQ(munmap(moved, 4 * PAGE), 0);
	CHECK_EQ(mlock(area, 4 * PAGE), 0);
}

/* Locked as it comes, nothing brings it but its use; else MAP_LOCKED and mremap do. */
static void
mlock_on_fault_waits(void)
{
	char *area = mmap(NULL, 2 * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mlock2(area, 2 * PAGE, MLOCK_ONFAULT), 0);
	area = mremap(area, 2 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(nr_resident(area, 16), 0);
	CHECK_EQ(mlock(area, 16 * PAGE), 0);
	CHECK_EQ(nr_resident(area, 16), 16);
	CHECK_EQ(mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS | MAP_POPULATE, -1, 0);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(nr_resident(area, 4), 0);
	CHECK_EQ(munlockall(), 0);
	area = mmap(NULL, 4 * PAGE, RW, ANONYMOUS | MAP_LOCKED | MAP_NONBLOCK, -1, 0);
	CHECK(area != MAP_FAILED);
	CHECK_EQ(nr_resident(area, 4), 4);
}

const struct test mlock_tests[] = {
	{"mlock_faults_in", mlock_faults_in, A_KERNEL},
	{"mlock_of_nothing", mlock_of_nothing, ANYWHERE},
	{"mlockall_works", mlockall_works, ANYWHERE},
	{"nothing_may_be_locked", nothing_may_be_locked, A_KERNEL},
	{"mlock_limit", mlock_limit, A_KERNEL},
	{"mlock_limit_of_stack", mlock_limit_of_stack, A_KERNEL},
	{"mlockall_limits_mmap", mlockall_limits_mmap, A_KERNEL},
	{"mlock_limit_of_long_ranges", mlock_limit_of_long_ranges, A_KERNEL},
	{"mlock_moves_with_pages", mlock_moves_with_pages, A_KERNEL},
	{"mlock_on_fault_waits", mlock_on_fault_waits, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
