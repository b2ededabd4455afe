/*
 * Page colouring: which frames does a working set get, and what would a cache make of them?
 *
 *     colors         checks the distribution if the kernel was booted with page_colors=
 *     colors -m      prints the misses alone, for who compares two boots
 *
 * First memory is made as untidy as it is on a machine that has run for a while: half of it, 128 MiB
 * at most, is taken and every other page of it, at random, given back. Then comes a working set as
 * large as the cache of the model: physically indexed, CACHE_WAYS ways of CACHE_SETS lines of LINE
 * bytes, least recently used line out. It is read again and again; with one page of each colour in
 * each way nothing is missed after the first round.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define PAGE	   4096UL
#define LINE	   64
#define CACHE_WAYS 2
#define CACHE_SETS 1024
#define COLORS	   (CACHE_SETS * LINE / PAGE)
#define SET_PAGES  (COLORS * CACHE_WAYS)
#define ROUNDS	   8
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

static void
frames_read(const char *base, uint64_t *pfns)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t bytes = SET_PAGES * sizeof(uint64_t);

	if (fd < 0 || pread(fd, pfns, bytes, (uintptr_t)base / PAGE * sizeof(uint64_t)) != bytes)
		err(2, "/proc/self/pagemap");
	close(fd);
	for (size_t i = 0; i < SET_PAGES; i++) {
		if (!(pfns[i] >> 63))
			errx(1, "page %zu is not present", i);
		pfns[i] &= (1UL << 55) - 1;
	}
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

/* Prints pages by colour. => how many have the colour of their virtual page */
static size_t
colors_print(const char *base, const uint64_t *pfns)
{
	unsigned count[COLORS] = {0};
	size_t right = 0;

	for (size_t i = 0; i < SET_PAGES; i++) {
		count[pfns[i] % COLORS]++;
		right += pfns[i] % COLORS == ((uintptr_t)base / PAGE + i) % COLORS;
	}
	printf("pages by colour:");
	for (size_t i = 0; i < COLORS; i++)
		printf(" %u", count[i]);
	printf("\n%zu of %zu pages have the colour of their address\n", right, (size_t)SET_PAGES);
	return right;
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
	static uint64_t pfns[SET_PAGES];
	unsigned long misses;
	size_t right;
	char *base;

	memory_untidy();
	base = map_pages(SET_PAGES);
	memset(base, 1, SET_PAGES * PAGE);
	frames_read(base, pfns);
	printf("cache: %d sets, %d ways, lines of %d bytes: %lu colours; a working set of %lu "
	       "pages, "
	       "read %d times\n",
	       CACHE_SETS, CACHE_WAYS, LINE, COLORS, SET_PAGES, ROUNDS);
	right = colors_print(base, pfns);
	misses = conflict_misses(pfns);
	printf("conflict misses: %lu of %lu reads\n", misses,
	       (ROUNDS - 1) * SET_PAGES * (PAGE / LINE));
	if (argc > 1 && strcmp(argv[1], "-m") == 0)
		return 0;
	if (!coloring_is_on())
		return 0;
	if (right < SET_PAGES || misses > 0)
		errx(1, "colouring is on, and has not done its work");
	return 0;
}
