/*
 * The leak check: the suite runs twice in one boot. What the first run leaves behind may be caches
 * that fill up once; what grows between the end of the first run and the end of the second is a
 * leak.
 *
 * Caches, kept kernel stacks, page tables of the dead and the like are dropped before each look. Memory in
 * use is what is neither free nor droppable: MemTotal - MemFree - Cached - Buffers. It may grow by one slab,
 * SLAB_KIB, of each slab cache: how full the last slab of each is depends on the moment. Objects of a slab cache may grow by SLAB_SLACK: names and inodes that were used last
 * are kept. Processes, blocks and inodes must be the same.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "test.h"

#define SLAB_KIB   4
#define SLAB_SLACK 160
#define MAX_CACHES 100
#define MAX_STATES 40
#define PAGE_KIB   4
#define TEXT_BYTES 32768

struct cache {
	char name[40];
	long active, kib;
};

/* Frames by what they are used for: /proc/pagestates, and /proc/meminfo's numbers are in there. */
struct state {
	char name[24];
	long nr;
};

struct counters {
	long used_kib, processes, free_blocks, free_inodes;
	int nr_caches, nr_states;
	struct cache caches[MAX_CACHES];
	struct state states[MAX_STATES];
};

static char text[TEXT_BYTES];

static int
text_read(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t length = 0;
	ssize_t got;

	text[0] = 0;
	if (fd < 0)
		return -1;
	while ((got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += got;
	text[length] = 0;
	close(fd);
	return 0;
}

static long
meminfo(const char *name)
{
	char *at = strstr(text, name);

	return at ? atol(at + strlen(name)) : 0;
}

static void
caches_read(struct counters *counters)
{
	char *line;

	counters->nr_caches = 0;
	text_read("/proc/slabinfo");
	for (line = text; line && *line && counters->nr_caches < MAX_CACHES;) {
		struct cache *cache = &counters->caches[counters->nr_caches];
		const char *slabs = strstr(line, ": slabdata");
		long nr_slabs = 0, pages = 0;

		if (sscanf(line, "%39s %ld %*d %*d %*d %ld", cache->name, &cache->active, &pages) >=
		    2) {
			if (slabs)
				sscanf(slabs, ": slabdata %*d %ld", &nr_slabs);
			cache->kib = nr_slabs * pages * PAGE_KIB;
			counters->nr_caches++;
		}
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

static void
states_read(struct counters *counters)
{
	char *line;

	counters->nr_states = 0;
	text_read("/proc/pagestates");
	for (line = text; line && *line && counters->nr_states < MAX_STATES;) {
		struct state *state = &counters->states[counters->nr_states];

		if (sscanf(line, "%23[^:]: %ld", state->name, &state->nr) == 2)
			counters->nr_states++;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
}

/* Only where it is known that all of the machine is the test's: other kernels have no such file. */
static void
caches_drop(void)
{
	int fd = access("/proc/pagestates", F_OK) == 0 ? open("/proc/sys/vm/drop_caches", O_WRONLY)
						       : -1;

	if (fd >= 0 && write(fd, "3", 1) != 1)
		printf("usertests: cannot drop caches\n");
	close(fd);
}

/*
 * On each hart: one that idles keeps the page tables of what it ran last, perhaps of a process that is gone, and its
 * share of slabs until it takes an interrupt. Now it runs us, and gives its share itself.
 */
static void
caches_drop_everywhere(void)
{
	uint64_t all = 0, one;

	if (syscall(SYS_sched_getaffinity, 0, sizeof(all), &all) < 0)
		return;
	for (one = 1; one; one <<= 1) {
		if (all & one && syscall(SYS_sched_setaffinity, 0, sizeof(one), &one) == 0)
			caches_drop();
	}
	syscall(SYS_sched_setaffinity, 0, sizeof(all), &all);
}

static void
counters_read(struct counters *counters)
{
	struct statfs fs = {0};
	struct sysinfo info = {0};

	sync();
	sleep_ms(500);
	caches_drop_everywhere();
	text_read("/proc/meminfo");
	counters->used_kib = meminfo("MemTotal:") - meminfo("MemFree:") - meminfo("\nCached:") -
			     meminfo("Buffers:");
	sysinfo(&info);
	counters->processes = info.procs;
	statfs(".", &fs);
	counters->free_blocks = fs.f_bfree;
	counters->free_inodes = fs.f_ffree;
	caches_read(counters);
	states_read(counters);
}

static int
grown(const char *name, long before, long after, long slack)
{
	int bad = after - before > slack;

	if (bad || (after != before && slack == 0))
		printf("leak %s %s: %ld, then %ld\n", name, bad ? "FAILED" : "ok", before, after);
	return bad;
}

/* Where memory has gone, for whoever looks for a leak. */
static void
growth_print(const struct counters *before, const struct counters *after)
{
	for (int i = 0; i < after->nr_states && i < before->nr_states; i++)
		if (after->states[i].nr != before->states[i].nr)
			printf("  frames %s: %ld, then %ld\n", after->states[i].name,
			       before->states[i].nr, after->states[i].nr);
	for (int i = 0; i < after->nr_caches; i++)
		for (int j = 0; j < before->nr_caches; j++)
			if (strcmp(after->caches[i].name, before->caches[j].name) == 0 &&
			    after->caches[i].kib != before->caches[j].kib)
				printf("  cache %s: %ld KiB for %ld, then %ld KiB for %ld\n",
				       after->caches[i].name, before->caches[j].kib,
				       before->caches[j].active, after->caches[i].kib,
				       after->caches[i].active);
}

/* slob's rows count units of 8 bytes, not objects: those of up to 512 bytes. */
static long
slab_slack(const char *cache)
{
	return strncmp(cache, "slob-", 5) == 0 ? SLAB_SLACK * 512 / 8 : SLAB_SLACK;
}

static int
counters_compare(const struct counters *before, const struct counters *after)
{
	int bad = grown("memory in use (KiB)", before->used_kib, after->used_kib,
			after->nr_caches * SLAB_KIB);

	bad |= grown("processes", before->processes, after->processes, 0);
	bad |= grown("used blocks", -before->free_blocks, -after->free_blocks, 0);
	bad |= grown("used inodes", -before->free_inodes, -after->free_inodes, 0);
	for (int i = 0; i < after->nr_caches; i++)
		for (int j = 0; j < before->nr_caches; j++)
			if (strcmp(after->caches[i].name, before->caches[j].name) == 0)
				bad |= grown(after->caches[i].name, before->caches[j].active,
					     after->caches[i].active,
					     slab_slack(after->caches[i].name));
	if (bad)
		growth_print(before, after);
	return bad;
}

static void
counters_print(const char *when, const struct counters *counters)
{
	printf("%s: %ld KiB in use, %ld processes, %ld blocks and %ld inodes free\n", when,
	       counters->used_kib, counters->processes, counters->free_blocks,
	       counters->free_inodes);
}

int
frames_lost(void)
{
	if (text_read("/proc/pagestates") < 0)
		return 0;
	return meminfo("\nlost:") != 0 || meminfo("\nwrong:") != 0 ||
	       meminfo("\nsum:") != meminfo("\nRAM:");
}

int
leak_check(int (*run_suite)(void))
{
	static struct counters start, middle, end;
	int bad, leaked;

	counters_read(&start);
	bad = run_suite();
	counters_read(&middle);
	bad |= run_suite();
	counters_read(&end);
	counters_print("at the start", &start);
	counters_print("after one run", &middle);
	counters_print("after two runs", &end);
	leaked = counters_compare(&middle, &end);
	printf("test leak_check %s\n", leaked ? "FAILED: the lines above say what grew" : "ok");
	return bad || leaked;
}
