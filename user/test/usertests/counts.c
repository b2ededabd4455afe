/* Page faults are counted exactly: by thread, by process, for children that ended, for the machine. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#ifndef RUSAGE_THREAD
#define RUSAGE_THREAD 1
#endif

#define NR_PAGES 64

/* Memory that is there already, so that counting adds nothing. */
static struct rusage usage_before, usage_after;
static char text[4096];

static char *
map_pages(size_t nr_pages, int flags, int fd)
{
	char *pages = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	CHECK(pages != MAP_FAILED);
	return pages;
}

static void
touch_pages(volatile char *pages, size_t nr_pages)
{
	for (size_t i = 0; i < nr_pages; i++)
		pages[i * PAGE] = 1;
}

extern char __executable_start[], end[]; /* of the linker */

/* Reclaim may have taken parts of the program, whose return would count. */
static void
program_fault_in(void)
{
	for (char *at = __executable_start; at < end; at += PAGE)
		(void)*(volatile char *)at;
}

static void
usage_start(int who)
{
	program_fault_in();
	memset(&usage_after, 1, sizeof(usage_after));
	CHECK_EQ(getrusage(who, &usage_before), 0);
}

static void
usage_check(int who, long minor, long major)
{
	CHECK_EQ(getrusage(who, &usage_after), 0);
	CHECK_EQ(usage_after.ru_minflt - usage_before.ru_minflt, minor);
	CHECK_EQ(usage_after.ru_majflt - usage_before.ru_majflt, major);
}

static void
minor_faults_of_a_process(void)
{
	char *pages = map_pages(NR_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	usage_start(RUSAGE_SELF);
	touch_pages(pages, NR_PAGES);
	usage_check(RUSAGE_SELF, NR_PAGES, 0);
	usage_start(RUSAGE_THREAD);
	touch_pages(pages, NR_PAGES);
	CHECK_EQ(madvise(pages, NR_PAGES * PAGE, MADV_DONTNEED), 0);
	touch_pages(pages, NR_PAGES / 2);
	usage_check(RUSAGE_THREAD, NR_PAGES / 2, 0);
}

/* The kernel's use of memory on the program's behalf counts, too; what cannot be served does not. */
static void
faults_in_calls(void)
{
	char *pages = map_pages(4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	usage_start(RUSAGE_SELF);
	CHECK_EQ(raw_call(63, fds[0], (uintptr_t)pages, 1, 0, 0, 0), 1);
	usage_check(RUSAGE_SELF, 1, 0);
	CHECK_EQ(munmap(pages, 4 * PAGE), 0);
	usage_start(RUSAGE_SELF);
	CHECK_EQ(raw_call(63, fds[0], (uintptr_t)pages, 1, 0, 0, 0), -EFAULT);
	usage_check(RUSAGE_SELF, 0, 0);
}

/* What wait4() tells of a child that touched so many pages. */
static long
child_faults(char *pages, size_t nr_pages)
{
	pid_t child = fork_checked();

	if (child == 0) {
		touch_pages(pages, nr_pages);
		_exit(0);
	}
	CHECK_EQ(wait4(child, NULL, 0, &usage_after), child);
	return usage_after.ru_minflt;
}

static void
minor_faults_of_children(void)
{
	char *pages = map_pages(NR_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long without, with;

	program_fault_in();
	child_faults(pages, 0);
	CHECK_EQ(getrusage(RUSAGE_CHILDREN, &usage_before), 0);
	without = child_faults(pages, 0);
	with = child_faults(pages, NR_PAGES);
	CHECK_EQ(with - without, NR_PAGES);
	usage_check(RUSAGE_CHILDREN, with + without, 0);
}

/* A number in a line of a file of /proc: the field'th word behind `mark`. */
static unsigned long
number_in(const char *path, const char *mark, int field)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *at;

	CHECK(length > 0);
	text[length] = '\0';
	CHECK_EQ(close(fd), 0);
	at = strstr(text, mark);
	CHECK(at != NULL);
	at += strlen(mark);
	while (--field > 0) {
		at = strchr(at + 1, ' ');
		CHECK(at != NULL);
	}
	return strtoul(at, NULL, 10);
}

#define STAT_MINFLT 8 /* words behind the name: state, ..., minflt is field 10 of proc(5) */

/* How many pages more `path` counts when NR_PAGES are touched. */
static unsigned long
faults_told_by(const char *path, const char *mark, int field)
{
	char *pages = map_pages(NR_PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	unsigned long before;

	number_in(path, mark, field);
	before = number_in(path, mark, field);
	touch_pages(pages, NR_PAGES);
	return number_in(path, mark, field) - before;
}

static void
faults_in_proc(void)
{
	CHECK_EQ(faults_told_by("/proc/self/stat", ") ", STAT_MINFLT), NR_PAGES);
	CHECK(faults_told_by("/proc/vmstat", "pgfault ", 1) >= NR_PAGES);
}

/* A page that must be read from the disk first, used twice. */
static void
major_faults(void)
{
	int drop = open("/proc/sys/vm/drop_caches", O_WRONLY);
	volatile char *page;
	unsigned long before;
	int fd;

	if (drop < 0)
		test_skip("no way to empty the page cache");
	pattern_fill(text, sizeof(text), 0, 7);
	file_make("file", text, sizeof(text));
	fd = open("file", O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(write(drop, "1\n", 2), 2);
	before = number_in("/proc/vmstat", "pgmajfault ", 1);
	page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(page != MAP_FAILED);
	usage_start(RUSAGE_THREAD);
	CHECK_EQ((unsigned char)page[0], pattern_byte(0, 7));
	CHECK_EQ((unsigned char)page[1], pattern_byte(1, 7));
	usage_check(RUSAGE_THREAD, 0, 1);
	CHECK(number_in("/proc/vmstat", "pgmajfault ", 1) > before);
}

/* Shared memory that was never used is on no disk: it is made. */
static void
minor_faults_of_shared_memory(void)
{
	int fd = memfd_create("memory", 0);
	char *areas[2];

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 2 * NR_PAGES * PAGE), 0);
	areas[0] = map_pages(2 * NR_PAGES, MAP_SHARED | MAP_ANONYMOUS, -1);
	areas[1] = map_pages(2 * NR_PAGES, MAP_SHARED, fd);
	for (int i = 0; i < 2; i++) {
		usage_start(RUSAGE_THREAD);
		touch_pages(areas[i], NR_PAGES);
		usage_check(RUSAGE_THREAD, NR_PAGES, 0);
		for (size_t page = NR_PAGES; page < 2 * NR_PAGES; page++)
			CHECK_EQ(((volatile char *)areas[i])[page * PAGE], 0);
		CHECK_EQ(getrusage(RUSAGE_THREAD, &usage_after), 0);
		CHECK_EQ(usage_after.ru_majflt, usage_before.ru_majflt);
	}
}

const struct test count_tests[] = {
	{"minor_faults_of_a_process", minor_faults_of_a_process, A_KERNEL},
	{"faults_in_calls", faults_in_calls, A_KERNEL},
	{"minor_faults_of_children", minor_faults_of_children, A_KERNEL},
	{"faults_in_proc", faults_in_proc, A_KERNEL},
	{"major_faults", major_faults, A_KERNEL},
	{"minor_faults_of_shared_memory", minor_faults_of_shared_memory, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
