/* Lab cow: what fork shares, and when it stops to. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "grade.h"

#define NR_PAGES     8
#define NR_FORKS     20
#define FAMILY_PAGES 64
#define LARGE	     (16 * MIB)
#define LONGEST	     10	 /* seconds */
#define CHILD_WORD   100 /* words from here on are what children write */
#define THREAD_STACK (64 * KIB)
#define THREAD_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static uint64_t *
page_at(void *pages, size_t index)
{
	return (uint64_t *)((char *)pages + index * PAGE);
}

/* One step of the child's at a time: a byte on `go` asks for it, one on `done` answers. */
struct steps {
	int go[2], done[2];
};

static void
steps_open(struct steps *steps)
{
	if (pipe(steps->go) < 0 || pipe(steps->done) < 0)
		give_up("pipe");
}

static void
byte_send(int fd)
{
	if (write(fd, "x", 1) != 1)
		give_up("pipe");
}

static void
byte_wait(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		give_up("pipe");
}

/* The child's half of `share`. */
static int
child_of_share(uint64_t *pages, struct steps *steps)
{
	uint64_t before;

	byte_send(steps->done[1]);
	byte_wait(steps->go[0]);
	fact("child_sees", pages_right(pages, NR_PAGES, 0));
	(void)minor_faults(); /* so that what it stores to is the child's already */
	before = minor_faults();
	*page_at(pages, 0) = word(CHILD_WORD);
	fact_growth("write_faults", before, minor_faults());
	fact("child_page0", *page_at(pages, 0));
	byte_send(steps->done[1]);
	byte_wait(steps->go[0]);
	return 0;
}

static void
share(int argc, char **argv)
{
	uint64_t *pages = memory_map(NR_PAGES * PAGE);
	struct steps steps;
	pid_t child;

	(void)argc;
	(void)argv;
	steps_open(&steps);
	pages_fill(pages, NR_PAGES, 0);
	child = fork_checked();
	if (child == 0)
		_exit(child_of_share(pages, &steps));
	byte_wait(steps.done[0]);
	checkpoint("forked", "parent", (uint64_t)getpid(), "child", (uint64_t)child, "at",
		   (uint64_t)pages, "nr", (uint64_t)NR_PAGES, "text", (uint64_t)child_of_share,
		   NULL);
	byte_send(steps.go[1]);
	byte_wait(steps.done[0]);
	checkpoint("split", "parent", (uint64_t)getpid(), "child", (uint64_t)child, "at",
		   (uint64_t)pages, "nr", (uint64_t)NR_PAGES, NULL);
	fact("parent_keeps", pages_right(pages, NR_PAGES, 0));
	byte_send(steps.go[1]);
	waitpid(child, NULL, 0);
	checkpoint("alone", "parent", (uint64_t)getpid(), "at", (uint64_t)pages, NULL);
	*page_at(pages, 1) = word(CHILD_WORD + 1);
	checkpoint("rewritten", "parent", (uint64_t)getpid(), "at", (uint64_t)pages, NULL);
	fact("parent_page1", *page_at(pages, 1));
}

static int
idle_child(void *pages)
{
	fact("anon_kb_forked", proc_number("/proc/meminfo", "AnonPages"));
	(void)pages;
	return 0;
}

/* Each child takes a page and adds to it. */
static int
writer(void *page)
{
	uint64_t *at = page;

	for (int i = 0; i < 1000; i++)
		(*at)++;
	return *at == word(0) + 1000 ? 0 : 1;
}

static int
writer_of_all(void *pages)
{
	pages_fill(pages, FAMILY_PAGES, CHILD_WORD);
	return pages_right(pages, FAMILY_PAGES, CHILD_WORD) == FAMILY_PAGES ? 0 : 1;
}

/* A parent whose pages are all copied for its child; then both go, with the originals and the copies. */
static int
family(void *arg)
{
	void *pages = memory_map(FAMILY_PAGES * PAGE);

	(void)arg;
	pages_fill(pages, FAMILY_PAGES, 0);
	if (in_child(writer_of_all, pages) != 0)
		return 1;
	return pages_right(pages, FAMILY_PAGES, 0) == FAMILY_PAGES ? 0 : 1;
}

/* Many forks of much memory: no copies, nothing left over. */
static void
many(int argc, char **argv)
{
	uint64_t *pages = memory_map(LARGE);
	uint64_t anon;
	unsigned nr_right = 0;

	(void)argc;
	(void)argv;
	pages_fill(pages, LARGE / PAGE, 0);
	fact("anon_kb", proc_number("/proc/meminfo", "AnonPages"));
	in_child(idle_child, pages);
	anon = proc_number("/proc/vmstat", "nr_anon_pages");
	for (unsigned i = 0; i < NR_FORKS; i++)
		nr_right += in_child(writer, page_at(pages, 0)) == 0;
	fact("writers_right", nr_right);
	fact("original", *page_at(pages, 0));
	fact_growth("anon_left", anon, proc_number("/proc/vmstat", "nr_anon_pages"));
	fact_frames_lost("frames_lost", family, NULL);
}

/* A chain: each generation forks the next and changes a page of its own after it. */
static unsigned
generation(uint64_t *pages, unsigned depth)
{
	int status = 0;
	pid_t child = 0;
	unsigned wrong = 0;

	if (depth < NR_PAGES) {
		child = fork_checked();
		if (child == 0)
			_exit(generation(pages, depth + 1));
	}
	*page_at(pages, depth % NR_PAGES) = word(CHILD_WORD + depth);
	if (child > 0)
		waitpid(child, &status, 0);
	for (unsigned i = 0; i < NR_PAGES; i++)
		wrong += *page_at(pages, i) != word(i == depth % NR_PAGES ? CHILD_WORD + depth : i);
	return wrong || status ? 1 : 0;
}

static void
chain(int argc, char **argv)
{
	uint64_t *pages = memory_map(NR_PAGES * PAGE);

	(void)argc;
	(void)argv;
	pages_fill(pages, NR_PAGES, 0);
	fact("chain_wrong", generation(pages, 0));
}

/*
 * Two threads of one address space, on a hart each, and fork. `nr_read` and `nr_stored` say in turn
 * how far they are; they are in shared memory, which fork divides for nobody.
 */
struct watch {
	uint64_t *pages;
	unsigned nr_read, nr_stored;
	unsigned nr_stale; /* loads that came after the store, and did not see it */
};

static void
count_set(unsigned *count, unsigned value)
{
	__atomic_store_n(count, value, __ATOMIC_RELEASE);
}

static bool
count_is(const unsigned *count, unsigned value)
{
	return __atomic_load_n(count, __ATOMIC_ACQUIRE) >= value;
}

/*
 * Stores to page 0 until there was a fork, and then something else. Loads each other page until the
 * main thread has stored to it, and once more. All without a system call: the hart is to keep what
 * it knows of the page table.
 */
static int
watcher(void *arg)
{
	struct watch *watch = arg;
	volatile uint64_t *at = page_at(watch->pages, 0);

	do {
		*at = word(0);
		count_set(&watch->nr_read, 1);
	} while (!count_is(&watch->nr_stored, 1));
	*at = word(CHILD_WORD);
	for (unsigned i = 1; i < NR_PAGES; i++) {
		at = page_at(watch->pages, i);
		do {
			(void)*at;
			count_set(&watch->nr_read, i + 1);
		} while (!count_is(&watch->nr_stored, i + 1));
		watch->nr_stale += *at != word(CHILD_WORD + i);
	}
	count_set(&watch->nr_read, NR_PAGES + 1);
	return 0;
}

/* For a thread that may never come as far: gives up then. */
static void
watcher_wait(const struct watch *watch, unsigned nr_read)
{
	time_t end = time(NULL) + LONGEST;

	while (!count_is(&watch->nr_read, nr_read)) {
		if (time(NULL) > end) {
			errno = ETIMEDOUT;
			give_up("the second thread");
		}
		sched_yield();
	}
}

/* From now on the thread (0: this one, and its children) runs on that hart alone. */
static void
hart_choose(pid_t tid, unsigned hart)
{
	unsigned long harts = 1UL << hart;

	if (syscall(SYS_sched_setaffinity, tid, sizeof(harts), &harts) < 0)
		give_up("sched_setaffinity");
}

static struct watch *
watch_start(uint64_t *pages)
{
	pid_t tid;
	char *stack = memory_map(THREAD_STACK);
	struct watch *watch =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (watch == MAP_FAILED)
		give_up("mmap");
	watch->pages = pages;
	hart_choose(0, 0);
	tid = clone(watcher, stack + THREAD_STACK, THREAD_FLAGS, watch, NULL, NULL, NULL);
	if (tid < 0)
		give_up("clone");
	hart_choose(tid, 1);
	return watch;
}

static int
child_of_threads(uint64_t *pages, struct steps *steps)
{
	byte_wait(steps->go[0]);
	fact("threads_child_keeps", pages_right(pages, NR_PAGES, 0));
	return 0;
}

static void
threads(int argc, char **argv)
{
	uint64_t *pages = memory_map(NR_PAGES * PAGE);
	struct watch *watch;
	struct steps steps;
	pid_t child;

	(void)argc;
	(void)argv;
	steps_open(&steps);
	pages_fill(pages, NR_PAGES, 0);
	watch = watch_start(pages);
	watcher_wait(watch, 1);
	child = fork_checked();
	if (child == 0)
		_exit(child_of_threads(pages, &steps));
	count_set(&watch->nr_stored, 1);
	for (unsigned i = 1; i < NR_PAGES; i++) {
		watcher_wait(watch, i + 1);
		*page_at(pages, i) = word(CHILD_WORD + i);
		count_set(&watch->nr_stored, i + 1);
	}
	watcher_wait(watch, NR_PAGES + 1);
	fact("stale_loads", watch->nr_stale);
	byte_send(steps.go[1]);
	waitpid(child, NULL, 0);
}

/* The kernel writes into shared pages, too: read(2) must break them as a store does. */
static int
reader(void *pages)
{
	int fds[2];
	uint64_t value = word(CHILD_WORD);

	(void)*(volatile uint64_t *)
		pages; /* so that the hart knows the entry that read(2) replaces */
	if (pipe(fds) < 0 || write(fds[1], &value, sizeof(value)) != sizeof(value) ||
	    read(fds[0], pages, sizeof(value)) != sizeof(value))
		return 2;
	fact("read_into", *(uint64_t *)pages);
	return 0;
}

static int
forbidden_writer(void *pages)
{
	*(volatile uint64_t *)pages = 1;
	return 0;
}

static void
kernel_writes(int argc, char **argv)
{
	uint64_t *pages = memory_map(2 * PAGE);

	(void)argc;
	(void)argv;
	pages_fill(pages, 2, 0);
	in_child(reader, pages);
	fact("read_parent", *pages);
	if (mprotect(page_at(pages, 1), PAGE, PROT_READ) < 0)
		give_up("mprotect");
	fact("readonly_status", in_child(forbidden_writer, page_at(pages, 1)));
	fact("readonly_kept", *page_at(pages, 1));
}

const struct grade_case cow_cases[] = {
	{"cow.share", share},
	{"cow.many", many},
	{"cow.chain", chain},
	{"cow.threads", threads},
	{"cow.kernel_writes", kernel_writes},
	{NULL, NULL},
};
