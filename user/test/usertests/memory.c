/* mmap, munmap, mprotect, brk of one process: what they do and which errors they give. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW	  (PROT_READ | PROT_WRITE)

static char *
map_anonymous(size_t pages)
{
	char *area = mmap(NULL, pages * PAGE, RW, ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	CHECK_EQ((uintptr_t)area % PAGE, 0);
	return area;
}

static void
touch(void *address)
{
	*(volatile char *)address = *(volatile char *)address;
}

static void
peek(void *address)
{
	(void)*(volatile char *)address;
}

static void
mmap_zeroed(void)
{
	char *area = map_anonymous(64);

	for (size_t i = 0; i < 64 * PAGE; i++)
		if (area[i] != 0)
			FAIL("byte %zu is %d", i, area[i]);
	memset(area, 0xff, 64 * PAGE);
	CHECK_EQ(munmap(area, 64 * PAGE), 0);
	area = map_anonymous(64);
	for (size_t i = 0; i < 64 * PAGE; i += 512)
		CHECK_EQ(area[i], 0);
}

static void
mmap_errors(void)
{
	int fd;

	file_make("file", "text", 4);
	CHECK_ERRNO(mmap(NULL, 0, RW, ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO(mmap((void *)1, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0),
		    EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_PRIVATE, 9999, 0), EBADF);
	CHECK_ERRNO(mmap(NULL, 1UL << 62, RW, ANONYMOUS, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap(NULL, ~0UL, RW, ANONYMOUS, -1, 0), ENOMEM);
	fd = open("file", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 1), EINVAL);
	CHECK_ERRNO(mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), EACCES);
	CHECK(mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0) != MAP_FAILED);
	close(fd);
	fd = open("file", O_WRONLY);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EACCES);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
}

static void
mmap_beyond_user_space(void)
{
	int fixed = ANONYMOUS | MAP_FIXED;

	CHECK_ERRNO(mmap((void *)0x4000000000, PAGE, RW, fixed, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap((void *)0x3ffffff000, 2 * PAGE, RW, fixed, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap((void *)0xffffffff80200000, PAGE, RW, fixed, -1, 0), ENOMEM);
	CHECK_ERRNO(mmap((void *)0xfffffffffffff000, PAGE, RW, fixed, -1, 0), ENOMEM);
	CHECK_ERRNO(munmap((void *)0xffffffff80200000, PAGE), EINVAL);
	CHECK_ERRNO(munmap((void *)0x3ffffff000, 2 * PAGE), EINVAL);
}

static void
munmap_errors(void)
{
	char *area = map_anonymous(2);

	CHECK_ERRNO(munmap(area + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(area, 0), EINVAL);
	CHECK_ERRNO(munmap(area, ~0UL), EINVAL);
	area[0] = area[PAGE] = 1;
	CHECK_EQ(munmap(area, 2 * PAGE), 0);
	CHECK_EQ(munmap(area, 2 * PAGE), 0);
}

static void
munmap_middle(void)
{
	char *area = map_anonymous(5);

	for (int i = 0; i < 5; i++)
		area[i * PAGE] = (char)i;
	CHECK_EQ(munmap(area + 2 * PAGE, 1), 0);
	check_killed(peek, area + 2 * PAGE, SIGSEGV);
	for (int i = 0; i < 5; i++)
		if (i != 2)
			CHECK_EQ(area[i * PAGE], i);
	CHECK_EQ(munmap(area, 5 * PAGE), 0);
	for (int i = 0; i < 5; i++)
		check_killed(peek, area + i * PAGE, SIGSEGV);
}

static void
mmap_fixed_replaces(void)
{
	char *area = map_anonymous(3);

	memset(area, 1, 3 * PAGE);
	CHECK(mmap(area + PAGE, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == area + PAGE);
	CHECK_EQ(area[0], 1);
	CHECK_EQ(area[PAGE], 0);
	CHECK_EQ(area[2 * PAGE - 1], 0);
	CHECK_EQ(area[2 * PAGE], 1);
	CHECK_ERRNO(mmap(area, PAGE, RW, ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_EQ(area[0], 1);
}

static void
mmap_hint(void)
{
	char *area = map_anonymous(4);

	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK(mmap(area + PAGE, PAGE, RW, ANONYMOUS, -1, 0) == area + PAGE);
	area[PAGE] = 5;
	CHECK(mmap(area + PAGE, PAGE, RW, ANONYMOUS, -1, 0) != area + PAGE);
	CHECK_EQ(area[PAGE], 5);
}

static void
mprotect_works(void)
{
	char *area = map_anonymous(3);

	memset(area, 7, 3 * PAGE);
	CHECK_EQ(mprotect(area + PAGE, PAGE, PROT_READ), 0);
	check_killed(touch, area + PAGE, SIGSEGV);
	touch(area);
	touch(area + 2 * PAGE);
	CHECK_EQ(area[PAGE], 7);
	CHECK_EQ(mprotect(area + PAGE, PAGE, PROT_NONE), 0);
	check_killed(peek, area + PAGE, SIGSEGV);
	CHECK_EQ(mprotect(area, 3 * PAGE, RW), 0);
	touch(area + PAGE);
	CHECK_EQ(area[PAGE], 7);
}

/* A hole is an error; what lies before it has changed. */
static void
mprotect_over_hole(void)
{
	char *area = map_anonymous(4);
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(munmap(area + 2 * PAGE, PAGE), 0);
	CHECK_ERRNO(mprotect(area, 4 * PAGE, PROT_NONE), ENOMEM);
	CHECK_ERRNO(write(fds[1], area, 1), EFAULT);
	CHECK_ERRNO(write(fds[1], area + PAGE, 1), EFAULT);
	CHECK_EQ(write(fds[1], area + 3 * PAGE, 1), 1);
}

static void
mprotect_errors(void)
{
	char *area = map_anonymous(3);

	CHECK_EQ(munmap(area + PAGE, PAGE), 0);
	CHECK_ERRNO(mprotect(area + 1, PAGE, RW), EINVAL);
	CHECK_ERRNO(mprotect(area + PAGE, PAGE, RW), ENOMEM);
	CHECK_EQ(mprotect(area, 0, PROT_NONE), 0);
	touch(area);
}

static void
mprotect_shared_file(void)
{
	char *area;
	int fd;

	file_make("file", "text", 4);
	fd = open("file", O_RDONLY);
	area = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(area != MAP_FAILED);
	CHECK_ERRNO(mprotect(area, PAGE, RW), EACCES);
	CHECK(memcmp(area, "text", 4) == 0);
}

static void
brk_moves(void)
{
	char *start = sbrk(0), *area;

	area = sbrk(10 * PAGE);
	CHECK(area == start);
	for (size_t i = 0; i < 10 * PAGE; i += 100)
		CHECK_EQ(area[i], 0);
	memset(area, 3, 10 * PAGE);
	CHECK(sbrk(-5 * (intptr_t)PAGE) == start + 10 * PAGE);
	CHECK_EQ(area[5 * PAGE - 1], 3);
	CHECK(sbrk(5 * PAGE) == start + 5 * PAGE);
	if ((uintptr_t)start % PAGE == 0)
		CHECK_EQ(area[6 * PAGE], 0);
	CHECK_EQ(area[9 * PAGE + PAGE / 2], 0);
	CHECK(sbrk(-10 * (intptr_t)PAGE) == start + 10 * PAGE);
}

static void
brk_odd_sizes(void)
{
	char *start = sbrk(0), *last = start;

	for (int i = 1; i < 200; i++) {
		char *area = sbrk(i);

		CHECK(area == last);
		memset(area, i, i);
		last = area + i;
	}
	CHECK_EQ(last[-1], (char)199);
	CHECK_EQ(brk(start), 0);
}

#define BRK_PAGES   16
#define BRK_THREADS 3
#define BRK_CALLS   300

static char *brk_start;

/* Moves the break up and down. */
static int
move_break(void *seed)
{
	uint64_t random = (uintptr_t)seed;

	for (int i = 0; i < BRK_CALLS; i++) {
		random = random * 6364136223846793005UL + 1442695040888963407UL;
		raw_call(SYS_brk, (uintptr_t)brk_start + random / 16 % BRK_PAGES * PAGE, 0, 0, 0, 0,
			 0);
	}
	return 0;
}

/* Whatever threads did at once: what lies below the break is mapped, and nothing above it. */
static void
check_break(void)
{
	char *now = (char *)raw_call(SYS_brk, 0, 0, 0, 0, 0, 0);
	unsigned char vec;

	for (char *at = brk_start; at < brk_start + BRK_PAGES * PAGE; at += PAGE) {
		if (at < now)
			CHECK_EQ(mincore(at, PAGE, &vec), 0);
		else
			CHECK_ERRNO(mincore(at, PAGE, &vec), ENOMEM);
	}
}

static void
brk_of_threads(void)
{
	volatile int tids[BRK_THREADS];

	brk_start = (char *)(((uintptr_t)sbrk(0) + PAGE - 1) / PAGE * PAGE);
	for (int round = 0; round < 40; round++) {
		for (long i = 0; i < BRK_THREADS; i++)
			CHECK(thread_start(move_break, (void *)(round * 8 + i + 1),
					   (int *)&tids[i]) > 0);
		for (int i = 0; i < BRK_THREADS; i++)
			while (tids[i])
				sleep_ms(1);
		check_break();
	}
}

static void
brk_huge(void)
{
	char *start = sbrk(0);

	CHECK_ERRNO((long)sbrk(1L << 38), ENOMEM);
	CHECK_ERRNO((long)sbrk(1L << 62), ENOMEM);
	CHECK(sbrk(0) == start);
	touch(sbrk(PAGE));
}

static void
data_limit(void)
{
	struct rlimit limit = {8 * MIB, 8 * MIB};

	CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
	CHECK_ERRNO((long)sbrk(16 * MIB), ENOMEM);
	CHECK(sbrk(MIB) != (void *)-1);
}

/* What mprotect makes writable is data from then on. */
static void
data_limit_of_mprotect(void)
{
	struct rlimit limit = {8 * MIB, 8 * MIB};
	char *large = mmap(NULL, 16 * MIB, PROT_READ, ANONYMOUS, -1, 0);
	char *small = mmap(NULL, MIB, PROT_NONE, ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 16 * MIB, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(large != MAP_FAILED && small != MAP_FAILED && shared != MAP_FAILED);
	CHECK_EQ(setrlimit(RLIMIT_DATA, &limit), 0);
	CHECK_ERRNO(mprotect(large, 16 * MIB, RW), ENOMEM);
	CHECK_EQ(mprotect(small, MIB, RW), 0);
	CHECK_EQ(mprotect(small, MIB, RW), 0);
	CHECK_EQ(mprotect(shared, 16 * MIB, RW), 0);
}

static int
limit_own_memory(void *unused)
{
	struct rlimit limit = {0, RLIM_INFINITY};

	(void)unused;
	raw_call(SYS_prlimit64, 0, RLIMIT_AS, (uintptr_t)&limit, 0, 0, 0);
	raw_call(SYS_prlimit64, 0, RLIMIT_DATA, (uintptr_t)&limit, 0, 0, 0);
	raw_call(SYS_exit, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* The child of a vfork has limits of its own, though it uses its parent's memory. */
static void
limits_of_vfork(void)
{
	char *stack = mmap(NULL, 4 * PAGE, RW, ANONYMOUS, -1, 0);
	pid_t child = clone(limit_own_memory, stack + 4 * PAGE, CLONE_VM | CLONE_VFORK | SIGCHLD,
			    NULL, NULL, NULL, NULL);

	CHECK(child > 0);
	check_exit(child);
	CHECK(mmap(NULL, MIB, RW, ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
address_space_limit(void)
{
	struct rlimit limit = {64 * MIB, 64 * MIB};

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK_ERRNO(mmap(NULL, 128 * MIB, RW, ANONYMOUS, -1, 0), ENOMEM);
	CHECK(mmap(NULL, MIB, RW, ANONYMOUS, -1, 0) != MAP_FAILED);
}

static void
many_mappings(void)
{
	static char *areas[500];

	for (size_t i = 0; i < COUNT(areas); i++) {
		areas[i] = mmap(NULL, 2 * PAGE, i % 2 ? RW : PROT_READ, ANONYMOUS, -1, 0);
		CHECK(areas[i] != MAP_FAILED);
		if (i % 2)
			*(size_t *)areas[i] = i;
	}
	for (size_t i = 0; i < COUNT(areas); i += 3)
		CHECK_EQ(munmap(areas[i], PAGE), 0);
	for (size_t i = 1; i < COUNT(areas); i += 2)
		if (i % 3)
			CHECK_EQ(*(size_t *)areas[i], i);
}

/* Far apart pages need page tables of their own, which must go away with them. */
static void
sparse_touch(void)
{
	char *area = mmap(NULL, 64UL << 30, RW, ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(area != MAP_FAILED);
	for (unsigned long at = 0; at < 64UL << 30; at += 1UL << 30)
		area[at] = (char)(at >> 30);
	for (unsigned long at = 0; at < 64UL << 30; at += 1UL << 30)
		CHECK_EQ(area[at], at >> 30);
	CHECK_EQ(munmap(area, 64UL << 30), 0);
}

static void
mmap_populate(void)
{
	char *area = mmap(NULL, 100 * PAGE, RW, ANONYMOUS | MAP_POPULATE, -1, 0);
	unsigned char vec[100];

	CHECK(area != MAP_FAILED);
	CHECK_EQ(mincore(area, 100 * PAGE, vec), 0);
	for (int i = 0; i < 100; i++)
		CHECK(vec[i] & 1);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(area[i * PAGE], 0);
}

/* Resident pages of another process. */
static long
resident_pages(pid_t pid)
{
	char path[32], text[64] = "";
	long total, resident = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	fd = open(path, O_RDONLY);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0);
	close(fd);
	sscanf(text, "%ld %ld", &total, &resident);
	return resident;
}

/* Kills a child in the midst of its call, mmap or madvise. => its largest resident set in bytes */
static size_t
kill_in_populate(size_t bytes, bool by_advice)
{
	struct rusage usage;
	pid_t child = fork_checked();
	int status;

	if (child == 0) {
		void *area =
			mmap(NULL, bytes, RW, ANONYMOUS | (by_advice ? 0 : MAP_POPULATE), -1, 0);

		if (by_advice)
			madvise(area, bytes, MADV_POPULATE_WRITE);
		for (;;)
			sleep_ms(1000);
	}
	while (resident_pages(child) < (long)(4 * MIB / PAGE))
		sched_yield();
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(wait4(child, &status, 0, &usage), child);
	CHECK_EQ(status, SIGKILL);
	return usage.ru_maxrss * KIB;
}

/* Who is killed does not get the rest of what was to be made resident. */
static void
killed_midway(bool by_advice)
{
	const size_t bytes = 48 * MIB;

	for (int i = 0; i < 20; i++)
		if (kill_in_populate(bytes, by_advice) < bytes)
			return;
	FAIL("all of it was made resident each time");
}

static void
populate_is_killed(void)
{
	killed_midway(false);
	killed_midway(true);
}

const struct test memory_tests[] = {
	{"mmap_zeroed", mmap_zeroed, ANYWHERE},
	{"mmap_errors", mmap_errors, ANYWHERE},
	{"mmap_beyond_user_space", mmap_beyond_user_space, A_KERNEL},
	{"munmap_errors", munmap_errors, ANYWHERE},
	{"munmap_middle", munmap_middle, ANYWHERE},
	{"mmap_fixed_replaces", mmap_fixed_replaces, A_KERNEL},
	{"mmap_hint", mmap_hint, ANYWHERE},
	{"mprotect_works", mprotect_works, ANYWHERE},
	{"mprotect_over_hole", mprotect_over_hole, ANYWHERE},
	{"mprotect_errors", mprotect_errors, A_KERNEL},
	{"mprotect_shared_file", mprotect_shared_file, ANYWHERE},
	{"brk_moves", brk_moves, ANYWHERE},
	{"brk_of_threads", brk_of_threads, A_KERNEL},
	{"brk_odd_sizes", brk_odd_sizes, ANYWHERE},
	{"brk_huge", brk_huge, ANYWHERE},
	{"data_limit", data_limit, A_KERNEL},
	{"data_limit_of_mprotect", data_limit_of_mprotect, A_KERNEL},
	{"limits_of_vfork", limits_of_vfork, ANYWHERE},
	{"address_space_limit", address_space_limit, A_KERNEL},
	{"many_mappings", many_mappings, ANYWHERE},
	{"sparse_touch", sparse_touch, ANYWHERE},
	{"mmap_populate", mmap_populate, A_KERNEL},
	{"populate_is_killed", populate_is_killed, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
