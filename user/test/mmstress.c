/*
 * mmstress [-t SECONDS] [-n THREADS] [-s SEED]: threads that change one address space all at once.
 *
 * Each thread has a slot of addresses, and maps, fills, protects, moves, discards, forks and unmaps
 * there at random; the slots lie side by side, so that areas of neighbours merge and split. Every
 * page holds a pattern that its thread knows, and is compared whenever it is touched. All threads
 * also store into a file that they share, each its own words.
 *
 * The threads share errno and never use it. The same program runs on Linux.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	     4096UL
#define SLOT_PAGES   64
#define MAX_THREADS  16
#define STACK_BYTES  65536
#define SHARED_PAGES 8
#define RW	     (PROT_READ | PROT_WRITE)
#define FUTEX_WAIT   0

#define THREAD_FLAGS                                                                        \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | \
	 CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID)

enum page_state { UNMAPPED, ZERO, FILLED, READ_ONLY };

struct thread {
	int tid; /* set by the kernel at the start, cleared at the end */
	int number;
	uint64_t random;
	char *slot;
	unsigned char state[SLOT_PAGES];
	uint32_t fill[SLOT_PAGES]; /* what a filled page holds */
	unsigned long nr_operations;
	char *stack;
};

static struct thread threads[MAX_THREADS];
static volatile int stop, nr_failures;
static volatile uint32_t *shared;
static int nr_threads = 4;

static uint64_t
below(struct thread *self, uint64_t limit)
{
	self->random ^= self->random >> 12;
	self->random ^= self->random << 25;
	self->random ^= self->random >> 27;
	return self->random * 0x2545f4914f6cdd1dULL % limit;
}

static void
fail(const struct thread *self, const char *what, long page)
{
	printf("thread %d, operation %lu, page %ld: %s\n", self->number, self->nr_operations, page,
	       what);
	nr_failures++;
	stop = 1;
}

static uint32_t *
page_at(const struct thread *self, unsigned page)
{
	return (uint32_t *)(self->slot + page * PAGE);
}

static void
page_fill(struct thread *self, unsigned page)
{
	uint32_t *word = page_at(self, page);

	self->fill[page] = (uint32_t)below(self, UINT32_MAX) | 1;
	for (unsigned i = 0; i < PAGE / 4; i += 64)
		word[i] = self->fill[page] + i;
	self->state[page] = FILLED;
}

/* => does the page hold what it should? */
static int
page_holds(const struct thread *self, unsigned page)
{
	const volatile uint32_t *word = page_at(self, page);

	if (self->state[page] == UNMAPPED)
		return 1;
	for (unsigned i = 0; i < PAGE / 4; i += 64)
		if (word[i] != (self->state[page] == ZERO ? 0 : self->fill[page] + i))
			return 0;
	return 1;
}

static void
range_check(struct thread *self, unsigned first, unsigned nr)
{
	for (unsigned page = first; page < first + nr; page++)
		if (!page_holds(self, page))
			fail(self, "wrong contents", page);
}

static void
range_set(struct thread *self, unsigned first, unsigned nr, enum page_state state)
{
	memset(self->state + first, state, nr);
}

static void
do_map(struct thread *self, unsigned first, unsigned nr)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	if (below(self, 4) == 0)
		flags |= MAP_POPULATE;
	if (mmap(page_at(self, first), nr * PAGE, RW, flags, -1, 0) == MAP_FAILED)
		fail(self, "mmap", first);
	else
		range_set(self, first, nr, ZERO);
}

static void
do_unmap(struct thread *self, unsigned first, unsigned nr)
{
	if (munmap(page_at(self, first), nr * PAGE) < 0)
		fail(self, "munmap", first);
	range_set(self, first, nr, UNMAPPED);
}

static void
do_touch(struct thread *self, unsigned first, unsigned nr)
{
	for (unsigned page = first; page < first + nr; page++)
		if (self->state[page] == ZERO || self->state[page] == FILLED)
			page_fill(self, page);
}

static int
all_in_state(const struct thread *self, unsigned first, unsigned nr, int also_zero)
{
	for (unsigned page = first; page < first + nr; page++)
		if (self->state[page] != FILLED && !(also_zero && self->state[page] == ZERO))
			return 0;
	return 1;
}

static void
do_protect(struct thread *self, unsigned first, unsigned nr)
{
	if (!all_in_state(self, first, nr, 0))
		return;
	if (mprotect(page_at(self, first), nr * PAGE, PROT_READ) < 0)
		fail(self, "mprotect", first);
	range_set(self, first, nr, READ_ONLY);
	range_check(self, first, nr);
	if (mprotect(page_at(self, first), nr * PAGE, RW) < 0)
		fail(self, "mprotect back", first);
	range_set(self, first, nr, FILLED);
}

static void
do_discard(struct thread *self, unsigned first, unsigned nr)
{
	if (!all_in_state(self, first, nr, 1))
		return;
	if (madvise(page_at(self, first), nr * PAGE, MADV_DONTNEED) < 0)
		fail(self, "madvise", first);
	range_set(self, first, nr, ZERO);
}

/* To another place in the slot, where pages are replaced. */
static void
do_move(struct thread *self, unsigned first, unsigned nr)
{
	unsigned to = (unsigned)below(self, SLOT_PAGES - nr + 1);

	if ((to < first + nr && first < to + nr) || !all_in_state(self, first, nr, 0))
		return;
	/* One area on Linux, too: what was mapped in pieces may not be. */
	if (mremap(page_at(self, first), nr * PAGE, nr * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		   page_at(self, to)) == MAP_FAILED) {
		do_unmap(self, to, nr); /* Linux may have done so before it found out */
		return;
	}
	memmove(self->fill + to, self->fill + first, nr * sizeof(self->fill[0]));
	range_set(self, to, nr, FILLED);
	range_set(self, first, nr, UNMAPPED);
	range_check(self, to, nr);
}

static void
do_fork(struct thread *self)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		for (unsigned page = 0; page < SLOT_PAGES; page++) {
			if (!page_holds(self, page))
				_exit(1);
			if (self->state[page] == FILLED && page % 3 == 0)
				memset(page_at(self, page), 0xee, PAGE);
		}
		_exit(0);
	}
	if (child < 0)
		return;
	if (waitpid(child, &status, 0) != child || status != 0)
		fail(self, "a child saw wrong contents", -1);
	range_check(self, 0, SLOT_PAGES);
}

static void
do_share(struct thread *self)
{
	unsigned index = (unsigned)below(self, SHARED_PAGES) * (PAGE / 4) + (unsigned)self->number;

	shared[index]++;
	if (below(self, 8) == 0)
		msync((void *)shared, SHARED_PAGES * PAGE, MS_ASYNC);
}

static void
operate(struct thread *self)
{
	unsigned first = (unsigned)below(self, SLOT_PAGES);
	unsigned nr = 1 + (unsigned)below(self, SLOT_PAGES - first);

	switch (below(self, 64)) {
	case 0:
		do_fork(self);
		break;
	case 1 ... 8:
		do_unmap(self, first, nr);
		break;
	case 9 ... 20:
		do_map(self, first, nr);
		break;
	case 21 ... 40:
		do_touch(self, first, nr);
		break;
	case 41 ... 46:
		do_protect(self, first, nr / 4 + 1 > SLOT_PAGES - first ? 1 : nr / 4 + 1);
		break;
	case 47 ... 50:
		do_discard(self, first, nr / 4 + 1 > SLOT_PAGES - first ? 1 : nr / 4 + 1);
		break;
	case 51 ... 55:
		do_move(self, first, nr / 8 + 1 > SLOT_PAGES - first ? 1 : nr / 8 + 1);
		break;
	case 56 ... 58:
		do_share(self);
		break;
	default:
		range_check(self, first, nr);
	}
	self->nr_operations++;
}

static int
thread_run(void *arg)
{
	struct thread *self = arg;

	while (!stop)
		operate(self);
	range_check(self, 0, SLOT_PAGES);
	return 0;
}

static int
thread_start(struct thread *thread)
{
	thread->tid = 1;
	return clone(thread_run, thread->stack + STACK_BYTES, THREAD_FLAGS, thread, &thread->tid,
		     NULL, &thread->tid);
}

static void
thread_join(struct thread *thread)
{
	int tid;

	while ((tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) != 0)
		syscall(SYS_futex, &thread->tid, FUTEX_WAIT, tid, NULL, NULL, 0);
}

static int
shared_make(void)
{
	char name[] = "mmstress.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0 || ftruncate(fd, SHARED_PAGES * PAGE) < 0)
		return -1;
	unlink(name);
	shared = mmap(NULL, SHARED_PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	close(fd);
	return shared == MAP_FAILED ? -1 : 0;
}

/* Everything else is mapped before the slots become free: nothing may come to lie in them. */
static char *
slots_make(void)
{
	size_t bytes = (size_t)nr_threads * SLOT_PAGES * PAGE;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *slots, *stacks;

	stacks = mmap(NULL, (size_t)nr_threads * STACK_BYTES, RW, flags, -1, 0);
	slots = mmap(NULL, bytes, PROT_NONE, flags, -1, 0);
	if (stacks == MAP_FAILED || slots == MAP_FAILED || shared_make() < 0)
		return NULL;
	for (int i = 0; i < nr_threads; i++)
		threads[i].stack = stacks + (size_t)i * STACK_BYTES;
	munmap(slots, bytes);
	return slots;
}

static int
stress(int seconds, uint64_t seed)
{
	struct timespec pause = {seconds, 0};
	unsigned long nr_operations = 0;
	char *slots = slots_make();

	if (!slots)
		return 1;
	for (int i = 0; i < nr_threads; i++) {
		threads[i].number = i;
		threads[i].random = (seed + 1) * 0x9e3779b97f4a7c15ULL + (uint64_t)i;
		threads[i].slot = slots + (size_t)i * SLOT_PAGES * PAGE;
		if (thread_start(&threads[i]) < 0)
			return 1;
	}
	nanosleep(&pause, NULL);
	stop = 1;
	for (int i = 0; i < nr_threads; i++) {
		thread_join(&threads[i]);
		nr_operations += threads[i].nr_operations;
	}
	printf("%d threads, %lu operations\n", nr_threads, nr_operations);
	return nr_failures != 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: mmstress [-t SECONDS] [-n THREADS, up to %d] [-s SEED]\n",
		MAX_THREADS);
	return 2;
}

int
main(int argc, char **argv)
{
	uint64_t seed = 1;
	int seconds = 2, option, bad;

	while ((option = getopt(argc, argv, "t:n:s:")) != -1) {
		switch (option) {
		case 't':
			seconds = atoi(optarg);
			break;
		case 'n':
			nr_threads = atoi(optarg);
			break;
		case 's':
			seed = strtoul(optarg, NULL, 0);
			break;
		default:
			return usage();
		}
	}
	if (nr_threads < 1 || nr_threads > MAX_THREADS)
		return usage();
	bad = stress(seconds, seed);
	printf("test mmstress %s\n", bad ? "FAILED: see above" : "ok");
	return bad;
}
