/*
 * What moving pages to and from swap costs. Processes together fill more memory than the machine has,
 * then each compares and rewrites its part page by page in random order, for some rounds:
 *
 *     swapbench [-n PROCESSES] [-m MIB] [-r ROUNDS] [-s SEED]
 *
 * MIB is the sum of all; no page is zero or can be compressed. Swap must be on. Printed are the times of
 * the two phases and what /proc/vmstat counted meanwhile; busy_us is the time less what /proc/stat
 * says the machine was idle, ns_per_page the time for each page that was moved. Also a program for Linux.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE	  4096UL
#define WORDS	  (PAGE / sizeof(uint64_t))
#define MIB_PAGES 256UL
#define ODD	  0x9e3779b97f4a7c15UL

static uint64_t nr_processes = 4, nr_mib = 256, nr_rounds = 2, seed = 1;

/* What is shown of /proc/vmstat: the first two are the pages moved. */
static const char *const counters[] = {
	"pswpin",	  "pswpout",	      "pgfault",
	"pgmajfault",	  "pgscan_kswapd",    "pgscan_direct",
	"pgsteal_kswapd", "pgsteal_direct",   "allocstall_normal",
	"allocstall_dma", "allocstall_dma32", "allocstall_movable",
};
#define NR_COUNTERS (sizeof(counters) / sizeof(*counters))

struct snapshot {
	uint64_t ns;
	uint64_t counted[NR_COUNTERS];
	uint64_t idle_ticks, all_ticks;
};

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* A file of /proc. => its text, until the next call */
static const char *
proc_text(const char *path)
{
	static char text[32768];
	size_t at = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		err(1, "%s", path);
	while ((n = read(fd, text + at, sizeof(text) - 1 - at)) > 0)
		at += n;
	if (n < 0)
		err(1, "%s", path);
	close(fd);
	text[at] = '\0';
	return text;
}

/* The number on the line that begins with name and a blank; 0 when the kernel has no such line. */
static uint64_t
line_number(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (; text; text = strchr(text, '\n')) {
		if (*text == '\n')
			text++;
		if (strncmp(text, name, len) == 0 && text[len] == ' ')
			return strtoull(text + len, NULL, 10);
	}
	return 0;
}

static struct snapshot
snapshot_take(void)
{
	struct snapshot s = {0};
	struct timespec t;
	const char *text = proc_text("/proc/vmstat");
	char *next;

	for (unsigned i = 0; i < NR_COUNTERS; i++)
		s.counted[i] = line_number(text, counters[i]);
	next = (char *)proc_text("/proc/stat") + strlen("cpu");
	for (int column = 1; column <= 8; column++) {
		uint64_t ticks = strtoull(next, &next, 10);

		s.all_ticks += ticks;
		if (column == 4 || column == 5)
			s.idle_ticks += ticks;
	}
	clock_gettime(CLOCK_MONOTONIC, &t);
	s.ns = t.tv_sec * 1000000000UL + t.tv_nsec;
	return s;
}

/* --- one process ----------------------------------------------------------------------------- */

static uint64_t
page_key(uint64_t who, uint64_t number, uint64_t version)
{
	return mix(seed + (who << 48) + (number << 16) + version);
}

static void
page_write(uint64_t *words, uint64_t key)
{
	for (uint64_t at = 0; at < WORDS; at++, key += ODD)
		words[at] = key;
}

static void
page_check(const uint64_t *words, uint64_t key, uint64_t who, uint64_t number)
{
	for (uint64_t at = 0; at < WORDS; at++, key += ODD)
		if (words[at] != key)
			errx(1, "process %lu page %lu word %lu is %016lx, not %016lx",
			     (unsigned long)who, (unsigned long)number, (unsigned long)at,
			     (unsigned long)words[at], (unsigned long)key);
}

static void
shuffle(uint32_t *order, uint64_t nr, uint64_t key)
{
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t k = mix(key + i) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
}

static void *
map(uint64_t bytes)
{
	void *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

/* Fills, says so, and goes on when all others have filled theirs, too. */
static void
process_run(uint64_t who, int filled, int go)
{
	uint64_t nr = nr_mib * MIB_PAGES / nr_processes;
	uint64_t *words = map(nr * PAGE);
	uint32_t *order = map(nr * sizeof(*order));
	char byte = 0;

	for (uint64_t i = 0; i < nr; i++)
		page_write(words + i * WORDS, page_key(who, i, 0));
	if (write(filled, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		err(1, "pipe");
	for (uint64_t round = 1; round <= nr_rounds; round++) {
		shuffle(order, nr, mix(seed + who + (round << 20)));
		for (uint64_t i = 0; i < nr; i++) {
			uint64_t *page = words + order[i] * WORDS;

			page_check(page, page_key(who, order[i], round - 1), who, order[i]);
			page_write(page, page_key(who, order[i], round));
		}
	}
	_exit(0);
}

/* --- all of them ----------------------------------------------------------------------------- */

static void
phase_print(const char *name, const struct snapshot *from, const struct snapshot *to)
{
	uint64_t moved = 0, ns = to->ns - from->ns;
	uint64_t ticks = to->all_ticks - from->all_ticks, idle = to->idle_ticks - from->idle_ticks;

	printf("swapbench %s us %lu", name, (unsigned long)(ns / 1000));
	for (unsigned i = 0; i < NR_COUNTERS; i++) {
		uint64_t n = to->counted[i] - from->counted[i];

		if (i < 2)
			moved += n;
		if (i < 2 || n > 0)
			printf(" %s %lu", counters[i], (unsigned long)n);
	}
	printf(" busy_us %lu ns_per_page %lu\n",
	       (unsigned long)(ticks ? ns / 1000 / ticks * (ticks - idle) : 0),
	       (unsigned long)(moved ? ns / moved : 0));
}

static void
processes_start(int filled[2], int go[2])
{
	if (pipe(filled) < 0 || pipe(go) < 0)
		err(1, "pipe");
	for (uint64_t who = 0; who < nr_processes; who++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			close(filled[0]);
			close(go[1]);
			process_run(who, filled[1], go[0]);
		}
	}
	close(filled[1]);
	close(go[0]);
}

static void
processes_wait(void)
{
	int status;

	for (uint64_t who = 0; who < nr_processes; who++)
		if (wait(&status) < 0 || status != 0)
			errx(1, "a process failed, status %#x", status);
}

static void
run(void)
{
	int filled[2], go[2];
	struct snapshot start, middle, end;
	char byte = 0;

	start = snapshot_take();
	processes_start(filled, go);
	for (uint64_t who = 0; who < nr_processes; who++)
		if (read(filled[0], &byte, 1) != 1)
			errx(1, "a process ended while it filled its memory");
	middle = snapshot_take();
	for (uint64_t who = 0; who < nr_processes; who++)
		if (write(go[1], &byte, 1) != 1)
			err(1, "pipe");
	processes_wait();
	end = snapshot_take();
	phase_print("fill", &start, &middle);
	phase_print("rounds", &middle, &end);
	phase_print("total", &start, &end);
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "n:m:r:s:")) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == 'n' && number > 0)
			nr_processes = number;
		else if (c == 'm')
			nr_mib = number;
		else if (c == 'r')
			nr_rounds = number;
		else if (c == 's')
			seed = number;
		else
			errx(2, "usage: swapbench [-n N] [-m MIB] [-r N] [-s SEED]");
	}
	run();
	return 0;
}
