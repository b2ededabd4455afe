/*
 * Does memory come back from swap as it went? Processes together touch more memory than the machine
 * has, page by page in random order, and look at each byte:
 *
 *     swaptest [-n PROCESSES] [-m MIB] [-r ROUNDS] [-s SEED] [-z PERCENT] [-o DEVICE]
 *
 * MIB is the sum of all. Each word of a page follows from its process, its number and how often it was
 * written, so a page of another process, another page or an old one is found out. One page in eight
 * is zero, or one word over and over; of the others, -z PERCENT can be compressed to less than half.
 * In each round a page is compared, and half of them are written again. -o: swapoff DEVICE meanwhile, and swapon again, over and over.
 *
 *     swaptest -c     a few cases of shared swap entries: fork, mremap, mprotect, munmap
 *
 * Also a program for Linux.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	  4096UL
#define WORDS	  (PAGE / sizeof(uint64_t))
#define MIB_PAGES 256UL

static uint64_t nr_processes = 8, nr_mib = 256, nr_rounds = 2, seed = 1, compressible;
static const char *off_device;

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* The word `at` of a page, which is the version-th contents of page `number` of process `who`. */
static uint64_t
word_of(uint64_t who, uint64_t number, uint64_t version, uint64_t at)
{
	uint64_t key = mix(seed + (who << 48) + (number << 16) + version);

	if (number % 16 == 3)
		return 0;
	if (number % 16 == 7 || (at % 4 && mix(number) % 100 < compressible))
		return key;
	return key + at * 0x9e3779b97f4a7c15;
}

static void
page_write(uint64_t *words, uint64_t who, uint64_t number, uint64_t version)
{
	for (uint64_t at = 0; at < WORDS; at++)
		words[at] = word_of(who, number, version, at);
}

static void
page_check(const uint64_t *words, uint64_t who, uint64_t number, uint64_t version)
{
	for (uint64_t at = 0; at < WORDS; at++)
		if (words[at] != word_of(who, number, version, at))
			errx(1, "process %lu page %lu version %lu: word %lu is %016lx, not %016lx",
			     (unsigned long)who, (unsigned long)number, (unsigned long)version,
			     (unsigned long)at, (unsigned long)words[at],
			     (unsigned long)word_of(who, number, version, at));
}

static void *
map(uint64_t nr_pages, int flags)
{
	void *area =
		mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

/* Calls visit for each page of 0 .. nr - 1 in an order that `key` chooses. */
static void
each_page(uint64_t nr, uint64_t key, void (*visit)(uint64_t number, void *arg), void *arg)
{
	uint32_t *order = malloc(nr * sizeof(*order));

	if (!order)
		err(1, "malloc");
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t k = mix(key + i) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (uint64_t i = 0; i < nr; i++)
		visit(order[i], arg);
	free(order);
}

struct set {
	uint64_t who;
	uint64_t *words;
	uint8_t *versions;
	uint64_t round;
};

static void
visit_first(uint64_t number, void *arg)
{
	struct set *set = arg;

	page_write(set->words + number * WORDS, set->who, number, 0);
}

static void
visit_again(uint64_t number, void *arg)
{
	struct set *set = arg;
	uint64_t *words = set->words + number * WORDS;

	page_check(words, set->who, number, set->versions[number]);
	if (mix(number + set->round) % 2)
		page_write(words, set->who, number, ++set->versions[number]);
}

static void
process_run(uint64_t who)
{
	uint64_t nr = nr_mib * MIB_PAGES / nr_processes;
	struct set set = {.who = who, .words = map(nr, MAP_PRIVATE), .versions = calloc(nr, 1)};

	if (!set.versions)
		err(1, "calloc");
	each_page(nr, mix(seed + who), visit_first, &set);
	for (set.round = 1; set.round <= nr_rounds; set.round++)
		each_page(nr, mix(seed + who + (set.round << 20)), visit_again, &set);
	exit(0);
}

/* Off and on again until it is killed. No memory for it is no error. */
static void
swapoff_run(void)
{
	for (unsigned long nr = 0;; nr++) {
		if (swapoff(off_device) == 0 && swapon(off_device, 0) < 0)
			err(1, "swapon");
		usleep(100000);
	}
}

static pid_t
start(void (*run)(uint64_t), uint64_t arg)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		run(arg);
	return pid;
}

static void
start_swapoff(uint64_t arg)
{
	(void)arg;
	swapoff_run();
}

static void
pressure(void)
{
	pid_t off = off_device ? start(start_swapoff, 0) : 0;
	int status, failed = 0;

	for (uint64_t who = 0; who < nr_processes; who++)
		start(process_run, who);
	for (uint64_t who = 0; who < nr_processes; who++) {
		if (wait(&status) < 0)
			err(1, "wait");
		if (status != 0)
			failed++;
		if (WIFSIGNALED(status))
			warnx("a process was killed by signal %d", WTERMSIG(status));
	}
	if (off) {
		kill(off, SIGKILL);
		wait(&status);
	}
	if (failed)
		errx(1, "%d of %lu processes failed", failed, (unsigned long)nr_processes);
	printf("swaptest: %lu processes, %lu MiB, %lu rounds: every byte is right\n",
	       (unsigned long)nr_processes, (unsigned long)nr_mib, (unsigned long)nr_rounds);
}

/* --- cases ---------------------------------------------------------------------------------- */

#define CASE_PAGES 512

/* Make the pages of others go: touch memory of the given size once. */
static void
squeeze(void)
{
	uint64_t nr = nr_mib * MIB_PAGES;
	uint64_t *words = map(nr, MAP_PRIVATE);

	for (uint64_t i = 0; i < nr; i++)
		page_write(words + i * WORDS, 99, i, 0);
	munmap(words, nr * PAGE);
}

static void
fill(uint64_t *words, uint64_t who, uint64_t version)
{
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		page_write(words + i * WORDS, who, i, version);
}

static void
check(const uint64_t *words, uint64_t who, uint64_t version)
{
	for (uint64_t i = 0; i < CASE_PAGES; i++)
		page_check(words + i * WORDS, who, i, version);
}

static void
child_end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "the child failed, status %#x", status);
}

/* Swapped, then forked: both have the pages, and each its own after a store. */
static void
case_fork(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);
	pid_t pid;

	fill(words, 1, 1);
	squeeze();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		check(words, 1, 1);
		fill(words, 1, 2);
		squeeze();
		check(words, 1, 2);
		_exit(0);
	}
	squeeze();
	check(words, 1, 1);
	child_end(pid);
	check(words, 1, 1);
	fill(words, 1, 3);
	squeeze();
	check(words, 1, 3);
	munmap(words, CASE_PAGES * PAGE);
}

/* Forked, then swapped. */
static void
case_shared(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);
	int go[2];
	char byte = 0;
	pid_t pid;

	fill(words, 2, 1);
	if (pipe(go) < 0)
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		check(words, 2, 1);
		fill(words, 2, 2);
		check(words, 2, 2);
		_exit(0);
	}
	squeeze();
	if (write(go[1], &byte, 1) != 1)
		err(1, "write");
	check(words, 2, 1);
	child_end(pid);
	check(words, 2, 1);
	close(go[0]);
	close(go[1]);
	munmap(words, CASE_PAGES * PAGE);
}

static void
case_mremap(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE), *moved;
	uint64_t *place = map(CASE_PAGES, MAP_PRIVATE);

	fill(words, 3, 1);
	squeeze();
	moved = mremap(words, CASE_PAGES * PAGE, CASE_PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       place);
	if (moved != place)
		err(1, "mremap");
	check(moved, 3, 1);
	squeeze();
	check(moved, 3, 1);
	munmap(moved, CASE_PAGES * PAGE);
}

static void
case_mprotect(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE);

	fill(words, 4, 1);
	if (mprotect(words, CASE_PAGES * PAGE, PROT_NONE) < 0)
		err(1, "mprotect");
	squeeze();
	if (mprotect(words, CASE_PAGES * PAGE, PROT_READ) < 0)
		err(1, "mprotect");
	check(words, 4, 1);
	squeeze();
	if (mprotect(words, CASE_PAGES * PAGE, PROT_READ | PROT_WRITE) < 0)
		err(1, "mprotect");
	fill(words, 4, 2);
	squeeze();
	check(words, 4, 2);
	munmap(words, CASE_PAGES * PAGE);
}

/* System calls get at swapped memory, too. */
static void
case_calls(void)
{
	uint64_t *words = map(CASE_PAGES, MAP_PRIVATE), *back = map(CASE_PAGES, MAP_PRIVATE);
	int ends[2];

	fill(words, 5, 1);
	fill(back, 5, 2);
	squeeze();
	if (pipe(ends) < 0)
		err(1, "pipe");
	for (uint64_t i = 0; i < CASE_PAGES; i++) {
		if (write(ends[1], words + i * WORDS, PAGE) != (ssize_t)PAGE ||
		    read(ends[0], back + i * WORDS, PAGE) != (ssize_t)PAGE)
			err(1, "pipe");
	}
	squeeze();
	check(back, 5, 1);
	close(ends[0]);
	close(ends[1]);
	munmap(words, CASE_PAGES * PAGE);
	munmap(back, CASE_PAGES * PAGE);
}

static void
cases(void)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {
		{"fork", case_fork},	     {"shared", case_shared}, {"mremap", case_mremap},
		{"mprotect", case_mprotect}, {"calls", case_calls},
	};

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++) {
		printf("swaptest: %s\n", all[i].name);
		fflush(stdout);
		all[i].run();
	}
	printf("swaptest: all cases are right\n");
}

int
main(int argc, char **argv)
{
	int c, only_cases = 0;

	while ((c = getopt(argc, argv, "n:m:r:s:z:o:c")) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == '?')
			errx(2, "usage: swaptest [-c] [-n N] [-m MIB] [-r N] [-s SEED] "
				"[-z PERCENT] [-o DEVICE]");
		if (c == 'n')
			nr_processes = number;
		else if (c == 'm')
			nr_mib = number;
		else if (c == 'r')
			nr_rounds = number;
		else if (c == 's')
			seed = number;
		else if (c == 'z')
			compressible = number;
		else if (c == 'o')
			off_device = optarg;
		else
			only_cases = 1;
	}
	if (only_cases)
		cases();
	else
		pressure();
	return 0;
}
