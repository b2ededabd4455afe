/*
 * How many faults does a set of pages cost that does not quite fit, or that a file is read past?
 *
 *     workset [-x PERCENT] [-r ROUNDS] [-s SEED] loop|random
 *
 * Anonymous memory of PERCENT of what is free is filled, then read page by page, ROUNDS times as
 * many references as it has pages: in order, over and over, or at random. Printed are the pages, the
 * references, the faults that these cost and how many pages of it were in memory at the mean. The
 * string follows from the seed, so that who reads this can simulate it; `sum` tells that it is the same.
 *
 *     workset [-x PERCENT] [-m MIB] scan
 *
 * A hot set of PERCENT of what is free is read again and again, once for each MiB of a file of MIB
 * that is read from its beginning to its end. Printed is what the hot set cost meanwhile.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE	     4096UL
#define MIB	     (1UL << 20)
#define SAMPLE_EVERY 256

static uint64_t percent = 115, nr_rounds = 4, seed = 1, nr_mib = 64;

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Pages of memory that nobody uses. */
static uint64_t
free_pages(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	if (!file)
		err(1, "/proc/meminfo");
	while (kib == 0 && fgets(line, sizeof(line), file))
		sscanf(line, "MemFree: %lu", &kib);
	fclose(file);
	if (kib == 0)
		errx(1, "/proc/meminfo: no MemFree");
	return kib * 1024 / PAGE;
}

static uint64_t
faults_so_far(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		err(1, "getrusage");
	return usage.ru_minflt + usage.ru_majflt;
}

static uint64_t
swapped_in(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		err(1, "getrusage");
	return usage.ru_majflt;
}

/* Anonymous pages of this process that are in memory. */
static uint64_t
resident_pages(int statm)
{
	unsigned long size, resident, shared;
	char text[128];
	ssize_t got = pread(statm, text, sizeof(text) - 1, 0);

	if (got <= 0)
		err(1, "/proc/self/statm");
	text[got] = '\0';
	if (sscanf(text, "%lu %lu %lu", &size, &resident, &shared) != 3)
		errx(1, "/proc/self/statm: %s", text);
	return resident - shared;
}

/* Each page holds its number. */
static uint64_t *
filled(uint64_t nr_pages)
{
	uint64_t *area = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	for (uint64_t page = 0; page < nr_pages; page++)
		for (uint64_t at = 0; at < PAGE / sizeof(*area); at++)
			area[page * (PAGE / sizeof(*area)) + at] = mix(page) + at;
	return area;
}

static void
use(const uint64_t *area, uint64_t page)
{
	const volatile uint64_t *words = area + page * (PAGE / sizeof(*area));

	if (*words != mix(page))
		errx(1, "page %lu holds %#lx", (unsigned long)page, (unsigned long)*words);
}

static void
work(int random)
{
	uint64_t nr_pages = free_pages() * percent / 100, nr_refs = nr_pages * nr_rounds;
	uint64_t *area = filled(nr_pages), before = faults_so_far();
	uint64_t resident = 0, nr_samples = 0, sum = 0, faults;
	int statm = open("/proc/self/statm", O_RDONLY);

	if (statm < 0)
		err(1, "/proc/self/statm");
	for (uint64_t n = 0; n < nr_refs; n++) {
		uint64_t page = (random ? mix(seed * 1000003 + n) : n) % nr_pages;

		use(area, page);
		sum = sum * 31 + page;
		if (n % SAMPLE_EVERY == 0) {
			resident += resident_pages(statm);
			nr_samples++;
		}
	}
	faults = faults_so_far() - before;
	printf("pages %lu references %lu faults %lu frames %lu sum %lu\n", (unsigned long)nr_pages,
	       (unsigned long)nr_refs, (unsigned long)faults,
	       (unsigned long)(resident / nr_samples), (unsigned long)sum);
}

static int
file_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *chunk = malloc(MIB);

	if (fd < 0 || !chunk)
		err(1, "%s", path);
	for (uint64_t at = 0; at < nr_mib; at++) {
		memset(chunk, 'a' + at % 26, MIB);
		if (write(fd, chunk, MIB) != (ssize_t)MIB)
			err(1, "%s", path);
	}
	if (fsync(fd) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		err(1, "%s", path);
	unlink(path);
	free(chunk);
	return fd;
}

static void
scan(void)
{
	uint64_t nr_hot = free_pages() * percent / 100, before, faults = 0, majors = 0;
	int fd = file_make("/scanned");
	char *chunk = malloc(MIB);
	uint64_t *area;

	if (!chunk)
		err(1, "malloc");
	area = filled(nr_hot);
	for (uint64_t at = 0; at < nr_mib; at++) {
		if (read(fd, chunk, MIB) != (ssize_t)MIB || chunk[at] != (char)('a' + at % 26))
			errx(1, "MiB %lu of the file is wrong", (unsigned long)at);
		before = faults_so_far();
		majors -= swapped_in();
		for (uint64_t page = 0; page < nr_hot; page++)
			use(area, page);
		faults += faults_so_far() - before;
		majors += swapped_in();
	}
	printf("hot %lu mib %lu references %lu faults %lu majors %lu\n", (unsigned long)nr_hot,
	       (unsigned long)nr_mib, (unsigned long)(nr_mib * nr_hot), (unsigned long)faults,
	       (unsigned long)majors);
}

static _Noreturn void
usage(void)
{
	errx(2, "usage: workset [-x PERCENT] [-r ROUNDS] [-s SEED] [-m MIB] loop|random|scan");
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "x:r:s:m:")) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == 'x')
			percent = number;
		else if (c == 'r')
			nr_rounds = number;
		else if (c == 's')
			seed = number;
		else if (c == 'm')
			nr_mib = number;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	if (strcmp(argv[optind], "scan") == 0)
		scan();
	else if (strcmp(argv[optind], "random") == 0)
		work(1);
	else if (strcmp(argv[optind], "loop") == 0)
		work(0);
	else
		usage();
	return 0;
}
