/*
 * Page colouring: which frames does a working set get, and what would a cache make of them?
 *
 *     colors         checks the distribution if the kernel was booted with page_colors=
 *     colors -m      prints the misses of anonymous memory alone, for who compares two boots
 *
 * First memory is made as untidy as it is on a machine that has run for a while: half of it, 128 MiB
 * at most, is taken and every other page of it, at random, given back. Then comes a working set as
 * large as the cache of the model: physically indexed, CACHE_WAYS ways of CACHE_SETS lines of LINE
 * bytes, least recently used line out. It is read again and again; with one page of each colour in
 * each way nothing is missed after the first round. So for anonymous memory, for a mapped file, in the
 * directory where this runs, and, where there is swap, for memory that comes back from there.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PAGE	   4096UL
#define LINE	   64
#define CACHE_WAYS 2
#define CACHE_SETS 1024
#define COLORS	   (CACHE_SETS * LINE / PAGE)
#define SET_PAGES  (COLORS * CACHE_WAYS)
#define ROUNDS	   8
#define PM_PRESENT (1UL << 63)
#define PM_SWAPPED (1UL << 62)
#define PM_FRAME   ((1UL << 55) - 1)
#define UNTIDY_MAX (128UL << 20) /* bytes: more than a large host needs to be disturbed with */

static uint64_t cache[CACHE_SETS][CACHE_WAYS]; /* line address + 1, last used first */
static uint32_t seed = 1;

static uint32_t
random_next(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

static char *
map_pages(size_t nr)
{
	char *base =
		mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		err(2, "mmap");
	return base;
}

/* Half of what is free, with holes at random. */
static void
memory_untidy(void)
{
	struct sysinfo info;
	size_t nr;
	char *base;

	sysinfo(&info);
	nr = info.freeram * info.mem_unit / 2;
	nr = (nr < UNTIDY_MAX ? nr : UNTIDY_MAX) / PAGE;
	base = map_pages(nr);
	for (size_t i = 0; i < nr; i++)
		base[i * PAGE] = 1;
	for (size_t i = 0; i < nr; i++)
		if (random_next() % 2)
			madvise(base + i * PAGE, PAGE, MADV_DONTNEED);
}

/* The working set's entries of pagemap, all of them present, or all in swap. */
static void
pagemap_read(const char *base, uint64_t *entries, uint64_t flag)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t bytes = SET_PAGES * sizeof(uint64_t);

	if (fd < 0 || pread(fd, entries, bytes, (uintptr_t)base / PAGE * sizeof(uint64_t)) != bytes)
		err(2, "/proc/self/pagemap");
	close(fd);
	for (size_t i = 0; i < SET_PAGES; i++)
		if (!(entries[i] & flag))
			errx(1, "page %zu is not %s", i,
			     flag == PM_PRESENT ? "present" : "in swap");
}

/* => whether the line had to be brought in */
static int
cache_access(uint64_t pa)
{
	uint64_t line = pa / LINE + 1, *set = cache[pa / LINE % CACHE_SETS];
	int way = 0;

	while (way < CACHE_WAYS - 1 && set[way] != line)
		way++;
	if (set[way] == line) {
		memmove(set + 1, set, way * sizeof(*set));
		set[0] = line;
		return 0;
	}
	memmove(set + 1, set, (CACHE_WAYS - 1) * sizeof(*set));
	set[0] = line;
	return 1;
}

/* Misses after the first round. */
static unsigned long
conflict_misses(const uint64_t *pfns)
{
	unsigned long misses = 0;

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < SET_PAGES; i++)
			for (size_t at = 0; at < PAGE; at += LINE)
				misses += cache_access(pfns[i] * PAGE + at) && round > 0;
	return misses;
}

/* Prints pages by colour. => how many have the colour of page `first` and of those that follow it */
static size_t
colors_print(const char *what, uint64_t first, const uint64_t *pfns)
{
	unsigned count[COLORS] = {0};
	size_t right = 0;

	for (size_t i = 0; i < SET_PAGES; i++) {
		count[pfns[i] % COLORS]++;
		right += pfns[i] % COLORS == (first + i) % COLORS;
	}
	printf("%s, pages by colour:", what);
	for (size_t i = 0; i < COLORS; i++)
		printf(" %u", count[i]);
	printf("\n%s: %zu of %zu pages have the colour of their place\n", what, right,
	       (size_t)SET_PAGES);
	return right;
}

/* => whether the frames of the working set at base, which begins with page `first`, are as they should be */
static int
set_is_colored(const char *what, const char *base, uint64_t first)
{
	static uint64_t pfns[SET_PAGES];
	unsigned long misses;
	size_t right;

	pagemap_read(base, pfns, PM_PRESENT);
	for (size_t i = 0; i < SET_PAGES; i++)
		pfns[i] &= PM_FRAME;
	right = colors_print(what, first, pfns);
	misses = conflict_misses(pfns);
	printf("%s: conflict misses: %lu of %lu reads\n", what, misses,
	       (ROUNDS - 1) * SET_PAGES * (PAGE / LINE));
	return right == SET_PAGES && misses == 0;
}

static int
anon_is_colored(void)
{
	char *base = map_pages(SET_PAGES);

	memset(base, 1, SET_PAGES * PAGE);
	return set_is_colored("anonymous", base, (uintptr_t)base / PAGE);
}

static void
pages_read(const char *base)
{
	for (size_t i = 0; i < SET_PAGES; i++)
		(void)*(const volatile char *)(base + i * PAGE);
}

static int
file_is_colored(void)
{
	static const char page[PAGE];
	char name[] = "colors.XXXXXX";
	int fd = mkstemp(name), colored;
	char *base;

	if (fd < 0)
		err(2, "a file for the working set");
	unlink(name);
	for (size_t i = 0; i < SET_PAGES; i++)
		if (write(fd, page, PAGE) != PAGE)
			err(2, "write");
	base = mmap(NULL, SET_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		err(2, "mmap of a file");
	pages_read(base);
	colored = set_is_colored("file", base, 0);
	munmap(base, SET_PAGES * PAGE);
	close(fd);
	return colored;
}

/* Make all that can go leave memory, pages that were written to swap a moment ago among it. */
static void
memory_press(void)
{
	struct sysinfo info;
	size_t nr;
	char *base;

	sysinfo(&info);
	nr = info.freeram * info.mem_unit / PAGE + 4 * SET_PAGES;
	base = map_pages(nr);
	for (size_t i = 0; i < nr; i++)
		base[i * PAGE] = 1;
	munmap(base, nr * PAGE);
}

static long
major_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_majflt;
}

/* Pages that had frames at random go to swap, and come back to better ones. */
static int
swapped_is_colored(void)
{
	static uint64_t entries[SET_PAGES];
	char *base = map_pages(SET_PAGES);
	long majflt;

	for (size_t i = 0; i < SET_PAGES; i++)
		for (size_t at = 0; at < PAGE; at += sizeof(uint32_t))
			*(uint32_t *)(base + i * PAGE + at) = random_next();
	if (madvise(base, SET_PAGES * PAGE, MADV_PAGEOUT) < 0)
		err(2, "MADV_PAGEOUT");
	pagemap_read(base, entries, PM_SWAPPED);
	memory_press();
	majflt = major_faults();
	pages_read(base);
	if (major_faults() == majflt)
		errx(1, "nothing came from swap");
	return set_is_colored("from swap", base, (uintptr_t)base / PAGE);
}

static int
coloring_is_on(void)
{
	static char text[4096];
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	close(fd);
	return got > 0 && strstr(text, "page_colors=16") != NULL;
}

int
main(int argc, char **argv)
{
	struct sysinfo info;
	int alone = argc == 2 && strcmp(argv[1], "-m") == 0, colored;

	if (argc > 1 && !alone) {
		fprintf(stderr, "usage: colors [-m]\n");
		return 2;
	}
	memory_untidy();
	printf("cache: %d sets, %d ways, lines of %d bytes: %lu colours; a working set of %lu "
	       "pages, read %d times\n",
	       CACHE_SETS, CACHE_WAYS, LINE, COLORS, SET_PAGES, ROUNDS);
	colored = anon_is_colored();
	if (alone)
		return 0;
	colored &= file_is_colored();
	sysinfo(&info);
	if (info.totalswap)
		colored &= swapped_is_colored();
	if (coloring_is_on() && !colored)
		errx(1, "colouring is on, and has not done its work");
	return 0;
}
