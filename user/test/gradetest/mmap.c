/* Lab mmap: files and memory in the address space, shared and private. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"

#define NAME	    "/grade.map"
#define NR_PAGES    4
#define LEAK_PAGES  64
#define STACK_BYTES (64 * KIB)

static int
file_make(void)
{
	int fd = open(NAME, O_RDWR | O_CREAT | O_TRUNC, 0644);

	for (unsigned i = 0; i < NR_PAGES; i++) {
		uint64_t value = word(i);

		if (fd < 0 || pwrite(fd, &value, sizeof(value), i * PAGE) != sizeof(value))
			give_up(NAME);
	}
	ftruncate(fd, NR_PAGES * PAGE);
	return fd;
}

static uint64_t *
file_map(int fd, int flags)
{
	uint64_t *at = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);

	if (at == MAP_FAILED)
		give_up("mmap");
	return at;
}

static uint64_t
file_word(int fd, unsigned page)
{
	uint64_t value = 0;

	if (pread(fd, &value, sizeof(value), page * PAGE) != sizeof(value))
		return 0;
	return value;
}

static void private(int argc, char **argv)
{
	int fd = file_make();
	uint64_t *at = file_map(fd, MAP_PRIVATE), *second, back = 1;

	(void)argc;
	(void)argv;
	fact("private_right", pages_right(at, NR_PAGES, 0));
	*(volatile uint64_t *)at = word(50);
	fact("private_mine", *at);
	fact("private_file", file_word(fd, 0));
	second = file_map(fd, MAP_PRIVATE) + PAGE / sizeof(*second);
	*(volatile uint64_t *)(second + 1) = word(51);
	fact("store_first_kept", *(volatile uint64_t *)second);
	if (pread(fd, &back, sizeof(back), PAGE + sizeof(back)) == sizeof(back))
		fact("store_first_file", back);
	checkpoint("copied", "pid", (uint64_t)getpid(), "at", (uint64_t)at, "second",
		   (uint64_t)second, NULL);
}

static int
shared_child(void *arg)
{
	uint64_t *at = arg;

	*(volatile uint64_t *)at = word(60);
	return 0;
}

/* Two processes and read(2) see one page; msync brings it to the disk. */
static void
shared(int argc, char **argv)
{
	int fd = file_make(), status;
	uint64_t *at = file_map(fd, MAP_SHARED), *second = file_map(fd, MAP_SHARED);

	(void)argc;
	(void)argv;
	*(volatile uint64_t *)(at + PAGE / sizeof(*at)) = word(1);
	status = in_child(shared_child, at);
	fact("shared_status", status);
	fact("shared_parent", *(volatile uint64_t *)at);
	fact("shared_second", *(volatile uint64_t *)second);
	fact("shared_read", file_word(fd, 0));
	checkpoint("shared", "pid", (uint64_t)getpid(), "at", (uint64_t)at, "second",
		   (uint64_t)second, NULL);
	msync(at, NR_PAGES * PAGE, MS_SYNC);
	checkpoint("synced", NULL);
}

static int
anon_child(void *arg)
{
	*(volatile uint64_t *)arg = word(70);
	checkpoint("anon", "parent", (uint64_t)getppid(), "child", (uint64_t)getpid(), "at",
		   (uint64_t)arg, "nr", 1UL, NULL);
	return 0;
}

static void
anonymous(int argc, char **argv)
{
	uint64_t *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)argc;
	(void)argv;
	if (at == MAP_FAILED)
		give_up("mmap");
	*(volatile uint64_t *)at = word(0);
	in_child(anon_child, at);
	fact("anon_parent", *(volatile uint64_t *)at);
}

/* Areas of each kind, all of them used; one half goes by munmap, the other at the end. */
static int
taker(void *arg)
{
	int fd = file_make();
	char *areas[] = {(char *)file_map(fd, MAP_PRIVATE), (char *)file_map(fd, MAP_SHARED),
			 mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0),
			 memory_map(LEAK_PAGES * PAGE)};
	size_t nr_pages[] = {NR_PAGES, NR_PAGES, NR_PAGES, LEAK_PAGES};

	(void)arg;
	for (size_t i = 0; i < COUNT(areas); i++) {
		if (areas[i] == MAP_FAILED)
			return 1;
		pages_fill(areas[i], nr_pages[i], 0);
		if (pages_right(areas[i], nr_pages[i], 0) != nr_pages[i] ||
		    munmap(areas[i], nr_pages[i] / 2 * PAGE) < 0)
			return 1;
	}
	return unlink(NAME) < 0;
}

static void
given_back(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fact_frames_lost("frames_lost", taker, NULL);
}

static int
read_page(void *at)
{
	return *(volatile char *)at & 0;
}

/* Where areas begin and end. */
static void
areas(int argc, char **argv)
{
	char *at = memory_map(5 * PAGE);
	int fd = file_make();
	char *file;
	void *again;

	(void)argc;
	(void)argv;
	pages_fill(at, 5, 0);
	munmap(at + 2 * PAGE, PAGE);
	fact("hole_status", in_child(read_page, at + 2 * PAGE));
	fact("around_hole", pages_right(at, 2, 0) + pages_right(at + 3 * PAGE, 2, 3));
	again = mmap(at + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	fact("fixed", again == at + 2 * PAGE && *(volatile uint64_t *)again == 0);
	fact("hole_here", in_child(store_unmap_load, at));
	errno = 0;
	fact("odd_length", munmap(at + 1, PAGE) == -1 ? errno : 0);
	file = (char *)file_map(fd, MAP_SHARED);
	ftruncate(fd, PAGE);
	fact("truncated", in_child(read_page, file + 2 * PAGE));
}

static volatile uint64_t progress;

static int
watcher(void *arg)
{
	for (;;) {
		(void)*(volatile uint64_t *)arg;
		progress++;
	}
	return 0;
}

/* A process with the same address space, on another hart, reads a page until it is gone. */
static void
shootdown(int argc, char **argv)
{
	static char stack[STACK_BYTES] __attribute__((aligned(16)));
	uint64_t *at = memory_map(PAGE);
	struct timespec nap = {0, 1000000};
	int status;
	pid_t child;

	(void)argc;
	(void)argv;
	*(volatile uint64_t *)at = word(0);
	child = clone(watcher, stack + sizeof(stack), CLONE_VM | SIGCHLD, at, NULL, NULL, NULL);
	if (child < 0)
		give_up("clone");
	while (progress < 1000)
		nanosleep(&nap, NULL);
	fact("watched", progress >= 1000);
	munmap(at, PAGE);
	if (child_ends(child, &status))
		fact("shot_status", status);
}

const struct grade_case mmap_cases[] = {
	{"mmap.private", private},
	{"mmap.shared", shared},
	{"mmap.anonymous", anonymous},
	{"mmap.given_back", given_back},
	{"mmap.areas", areas},
	{"mmap.shootdown", shootdown},
	{NULL, NULL},
};
