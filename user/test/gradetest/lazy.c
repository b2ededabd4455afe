/* Lab lazy: pages come when they are touched, and not before. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grade.h"

#define NR_PAGES    64
#define HUGE_BYTES  (1024 * MIB)
#define STACK_DEEP  (200 * KIB)
#define TABLE_BYTES (64 * PAGE)
#define FILE_PAGES  16
#define LEAK_PAGES  64
#define USED_BYTES  (100 * MIB) /* of 128 */

/* Constants of the program that nothing touches before the test does. */
static const char table[TABLE_BYTES] __attribute__((aligned(4096))) = {[TABLE_BYTES - 1] = 7};

/* Frames that somebody wrote to and gave back: those of new pages are among them. */
static int
frames_dirty(void *arg)
{
	char *at = memory_map(USED_BYTES);

	(void)arg;
	memset(at, 0xff, USED_BYTES);
	return munmap(at, USED_BYTES) < 0;
}

static uint64_t
nonzero_words(const volatile char *page)
{
	uint64_t nr = 0;

	for (size_t at = sizeof(uint64_t); at < PAGE; at += sizeof(uint64_t))
		nr += *(const volatile uint64_t *)(page + at) != 0;
	return nr;
}

static void
touch(int argc, char **argv)
{
	volatile char *pages = memory_map(NR_PAGES * PAGE);
	uint64_t before, nonzero = 0;

	(void)argc;
	(void)argv;
	if (in_child(frames_dirty, NULL) != 0)
		give_up("memory to use");
	checkpoint("mapped", "pid", (uint64_t)getpid(), "at", (uint64_t)pages, "nr",
		   (uint64_t)NR_PAGES, NULL);
	nonzero += pages[3 * PAGE];
	checkpoint("read", "pid", (uint64_t)getpid(), "at", (uint64_t)pages + 3 * PAGE, NULL);
	*(volatile uint64_t *)(pages + 5 * PAGE) = word(5);
	checkpoint("written", "pid", (uint64_t)getpid(), "at", (uint64_t)pages, "nr",
		   (uint64_t)NR_PAGES, "page", 5UL, NULL);
	nonzero += nonzero_words(pages + 5 * PAGE);
	before = minor_faults();
	for (size_t i = 16; i < 48; i++)
		pages[i * PAGE] = 1;
	fact_growth("faults", before, minor_faults());
	for (size_t i = 16; i < 48; i++)
		nonzero += nonzero_words(pages + i * PAGE);
	fact("nonzero", nonzero);
	fact("majors", major_faults());
}

/* Pages that were written and pages that were only read; half of them go by munmap, the others at the end. */
static int
taker(void *arg)
{
	char *at = memory_map(2 * LEAK_PAGES * PAGE);

	(void)arg;
	pages_fill(at, LEAK_PAGES, 0);
	for (unsigned i = LEAK_PAGES; i < 2 * LEAK_PAGES; i++)
		if (*(volatile uint64_t *)(at + i * PAGE) != 0)
			return 1;
	return munmap(at + LEAK_PAGES / 2 * PAGE, LEAK_PAGES * PAGE) < 0;
}

static void
given_back(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact_frames_lost("frames_lost", taker, NULL);
}

/* An area much larger than memory costs nothing until it is used. */
static void
huge(int argc, char **argv)
{
	uint64_t rss = status_kb("VmRSS"), tables = status_kb("VmPTE");
	char *at = mmap(NULL, HUGE_BYTES, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)argc;
	(void)argv;
	fact("huge_mapped", at != MAP_FAILED);
	if (at == MAP_FAILED)
		return;
	fact_growth("huge_rss_kb", rss, status_kb("VmRSS"));
	*(volatile uint64_t *)(at + HUGE_BYTES - PAGE) = word(0);
	*(volatile uint64_t *)at = word(1);
	fact("huge_last", *(volatile uint64_t *)(at + HUGE_BYTES - PAGE));
	fact_growth("huge_touched_kb", rss, status_kb("VmRSS"));
	fact_growth("huge_tables_kb", tables, status_kb("VmPTE"));
}

extern const char tail_program[], tail_program_end[];

/* A program whose file ends in the middle of a page, but for bytes of no segment (tail_program.S). */
static void
tail(int argc, char **argv)
{
	static const char name[] = "/grade.tail";
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	size_t bytes = tail_program_end - tail_program;

	(void)argc;
	(void)argv;
	if (fd < 0 || write(fd, tail_program, bytes) != (ssize_t)bytes || close(fd) < 0)
		give_up(name);
	fact("tail_status", in_child(program_run, (void *)name));
}

/* The program's own file: its constants are mapped, not loaded. */
static void
program(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	checkpoint("started", "pid", (uint64_t)getpid(), "at", (uint64_t)table, "nr",
		   (uint64_t)(TABLE_BYTES / PAGE), NULL);
	fact("constant", *(volatile const char *)(table + TABLE_BYTES - 1));
}

static int
stack_use(void *arg)
{
	volatile char deep[STACK_DEEP];
	unsigned sum = 0;

	(void)arg;
	for (size_t i = sizeof(deep); i > 0; i -= KIB) {
		deep[i - 1] = 1;
		sum += deep[i - 1];
	}
	return sum == STACK_DEEP / KIB ? 0 : 1;
}

static int
far_below_stack(void *arg)
{
	volatile uintptr_t here = (uintptr_t)&arg;

	*(volatile char *)(here - 64 * MIB) = 1;
	return 0;
}

static int
beyond_area(void *area)
{
	((volatile char *)area)[PAGE] = 1;
	return 0;
}

static int
null_read(void *arg)
{
	volatile uintptr_t near_null = (uintptr_t)arg + 8;

	return *(volatile int *)near_null;
}

static void
limits(int argc, char **argv)
{
	char *area = memory_map(2 * PAGE);

	(void)argc;
	(void)argv;
	munmap(area + PAGE, PAGE);
	fact("stack_status", in_child(stack_use, NULL));
	fact("below_status", in_child(far_below_stack, NULL));
	fact("beyond_status", in_child(beyond_area, area));
	fact("null_status", in_child(null_read, NULL));
}

/* System calls meet pages that were never touched, and pages that are not there at all. */
static void
syscalls(int argc, char **argv)
{
	uint64_t *fresh = memory_map(4 * PAGE), value = word(9), back = 1;
	int fds[2];

	(void)argc;
	(void)argv;
	if (pipe(fds) < 0)
		give_up("pipe");
	if (write(fds[1], &value, sizeof(value)) == sizeof(value) &&
	    read(fds[0], fresh, sizeof(value)) == sizeof(value))
		fact("read_fresh", *fresh);
	if (write(fds[1], fresh + 2 * PAGE / sizeof(*fresh), sizeof(back)) == sizeof(back) &&
	    read(fds[0], &back, sizeof(back)) == sizeof(back))
		fact("write_fresh", back);
	munmap(fresh, 4 * PAGE);
	errno = 0;
	(void)!write(fds[1], fresh, sizeof(value));
	fact("efault", errno);
}

/* The first access to a page of a private mapping is a store to its second word. */
static void
private_store(int fd)
{
	uint64_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	uint64_t back = 1;

	if (at == MAP_FAILED)
		give_up("mmap");
	*(volatile uint64_t *)(at + 1) = word(FILE_PAGES);
	fact("file_store_kept", *(volatile uint64_t *)at);
	if (pread(fd, &back, sizeof(back), sizeof(back)) == sizeof(back))
		fact("file_store_file", back);
}

/* Pages of a file: from the disk at the first touch, from memory at the second. */
static void
file(int argc, char **argv)
{
	int fd = open("/grade.data", O_RDWR | O_CREAT | O_TRUNC, 0644);
	uint64_t value, major;
	char *at;
	int drop;

	(void)argc;
	(void)argv;
	for (unsigned i = 0; i < FILE_PAGES; i++) {
		value = word(i);
		if (pwrite(fd, &value, sizeof(value), i * PAGE) != sizeof(value))
			give_up("pwrite");
	}
	ftruncate(fd, FILE_PAGES * PAGE);
	fsync(fd);
	drop = open("/proc/sys/vm/drop_caches", O_WRONLY);
	if (drop < 0 || write(drop, "1", 1) != 1)
		give_up("drop_caches");
	at = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		give_up("mmap");
	major = major_faults();
	fact("file_right", pages_right(at, FILE_PAGES, 0));
	fact_growth("file_majors", major, major_faults());
	munmap(at, FILE_PAGES * PAGE);
	at = mmap(NULL, FILE_PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	major = major_faults();
	fact("file_again", pages_right(at, FILE_PAGES, 0));
	fact_growth("file_majors_again", major, major_faults());
	private_store(fd);
}

const struct grade_case lazy_cases[] = {
	{"lazy.tail", tail},	     {"lazy.touch", touch},	{"lazy.given_back", given_back},
	{"lazy.huge", huge},	     {"lazy.program", program}, {"lazy.limits", limits},
	{"lazy.syscalls", syscalls}, {"lazy.file", file},	{NULL, NULL},
};
