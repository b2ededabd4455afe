/*
 * Drives a page-reference string through recorded memory (/proc/pagerefs), and prints the record:
 *
 *     refstring [-f FRAMES] [-n PAGES] [-r REFERENCES] [-s SEED] KIND
 *     refstring [-f FRAMES] 'PAGE PAGE PAGE ...'
 *     refstring replace
 *     refstring busy
 *
 * KIND: loop, from the first page to the last and again; random; hot, half of it to a tenth of the
 * pages; walk, a window of pages that moves on slowly. Needs swap:
 *
 *     mkswap /dev/vdb && swapon /dev/vdb && refstring -f 20 loop
 *
 * replace: other memory comes to where a recorded page was, by munmap and by mremap, and may be used like
 * any. There is no record.
 *
 * Each page holds its number and how often it was used, and both are compared at each use: a page that
 * comes back as another one, or as an older one, ends the program.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE	  4096UL
#define PAGES_MAX 1000000UL

struct string {
	uint32_t *pages;
	size_t nr;
};

static uint64_t nr_frames = 16, nr_pages = 24, nr_refs = 1000, seed = 1;

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void
string_add(struct string *string, uint64_t page)
{
	if ((string->nr & (string->nr - 1)) == 0) {
		size_t room = string->nr ? 2 * string->nr : 1;

		string->pages = realloc(string->pages, room * sizeof(*string->pages));
		if (!string->pages)
			err(1, "realloc");
	}
	string->pages[string->nr++] = page;
}

static struct string
string_read(const char *text)
{
	struct string string = {0};
	char *end;

	for (nr_pages = 0; *text; text = end) {
		unsigned long page = strtoul(text, &end, 10);

		if (end == text || page >= PAGES_MAX)
			errx(2, "no page: %s", text);
		string_add(&string, page);
		if (page >= nr_pages)
			nr_pages = page + 1;
		while (isspace((unsigned char)*end))
			end++;
	}
	return string;
}

static uint64_t
page_of(const char *kind, uint64_t n)
{
	uint64_t random = mix(seed * 1000003 + n);

	if (strcmp(kind, "loop") == 0)
		return n % nr_pages;
	if (strcmp(kind, "random") == 0)
		return random % nr_pages;
	if (strcmp(kind, "hot") == 0)
		return (random >> 1) % (random & 1 ? (nr_pages + 9) / 10 : nr_pages);
	if (strcmp(kind, "walk") == 0)
		return (n / 8 + random % (nr_frames + nr_frames / 4)) % nr_pages;
	errx(2, "no such kind: %s", kind);
}

static struct string
string_make(const char *kind)
{
	struct string string = {0};

	if (nr_pages == 0)
		errx(2, "no pages");
	for (uint64_t n = 0; n < nr_refs; n++)
		string_add(&string, page_of(kind, n));
	return string;
}

static uint64_t *
area_map(void)
{
	uint64_t *area = mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

/* Each reference to the area is noted from now on. => 0, or errno */
static int
record(const uint64_t *area)
{
	int fd = open("/proc/pagerefs", O_WRONLY), error = 0;
	char text[80];
	int length;

	if (fd < 0)
		err(1, "/proc/pagerefs");
	length = snprintf(text, sizeof(text), "%#lx %#lx %lu", (unsigned long)area, nr_pages * PAGE,
			  (unsigned long)nr_frames);
	if (write(fd, text, length) != length)
		error = errno;
	close(fd);
	return error;
}

static uint64_t *
recorded_map(void)
{
	uint64_t *area = area_map();

	errno = record(area);
	if (errno)
		err(1, "/proc/pagerefs");
	return area;
}

/* While a recording has so many pages there is no second one; when it is gone there is. */
static void
busy(unsigned nr_touched)
{
	volatile uint64_t *first = recorded_map();
	uint64_t *second = area_map();
	int error;

	for (unsigned i = 0; i < nr_touched; i++)
		first[i * (PAGE / sizeof(*first))] = i;
	error = record(second);
	if (error != EBUSY)
		errx(1, "a second recording beside one of %u pages: errno %d", nr_touched, error);
	munmap((void *)first, nr_pages * PAGE);
	error = record(second);
	if (error)
		errx(1, "a recording after one of %u pages: errno %d", nr_touched, error);
	munmap(second, nr_pages * PAGE);
}

/* One use of each page, in order: half of them stores, at different places of the page. */
static void
drive(const struct string *string)
{
	uint64_t *area = recorded_map();
	uint32_t *uses = calloc(nr_pages, sizeof(*uses));

	if (!uses)
		err(1, "calloc");
	for (size_t n = 0; n < string->nr; n++) {
		uint64_t page = string->pages[n];
		volatile uint64_t *word = area + page * (PAGE / sizeof(*word)) + page % 512;
		uint64_t expected = uses[page] ? page << 32 | uses[page] : 0, seen = *word;

		if (seen != expected)
			errx(1, "reference %zu, page %lu: %#lx, not %#lx", n, (unsigned long)page,
			     (unsigned long)seen, (unsigned long)expected);
		if (uses[page] == 0 || mix(n) % 2)
			*word = page << 32 | ++uses[page];
	}
	free(uses);
}

/* The byte at address reaches and leaves the kernel. */
static void
byte_pass(const volatile uint8_t *address)
{
	int ends[2];
	uint8_t byte;

	if (pipe(ends) < 0 || write(ends[1], (const void *)address, 1) != 1 ||
	    read(ends[0], &byte, 1) != 1 || byte != *address)
		err(1, "a byte through a pipe");
	close(ends[0]);
	close(ends[1]);
}

/* The page used last makes room for another that is not recorded. When the next is used, that one stays. */
static void
replace_one(volatile uint8_t *area, unsigned page, unsigned next, int by_mremap)
{
	volatile uint8_t *old = area + page * PAGE, *new;
	void *away =
		by_mremap ? mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : NULL;

	old[0] = 1;
	if (away == MAP_FAILED)
		err(1, "mmap");
	if (by_mremap ? mremap((void *)old, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, away) != away
		      : munmap((void *)old, PAGE) < 0)
		err(1, "no room can be made");
	new = mmap((void *)old, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (new != old)
		err(1, "mmap");
	new[0] = 2;
	area[next * PAGE] = 1;
	if (new[0] != 2)
		errx(1, "page %u is another", page);
	byte_pass(new);
	if (away && *(volatile uint8_t *)away != 1)
		errx(1, "page %u changed when it moved", page);
}

static void
replace_pages(void)
{
	volatile uint8_t *area;

	nr_pages = 10;
	area = (volatile uint8_t *)recorded_map();
	replace_one(area, 3, 5, 0);
	replace_one(area, 7, 8, 1);
}

static void
print_record(void)
{
	int fd = open("/proc/pagerefs", O_RDONLY);
	char buf[4096];
	ssize_t got;

	if (fd < 0)
		err(1, "/proc/pagerefs");
	while ((got = read(fd, buf, sizeof(buf))) > 0)
		if (write(STDOUT_FILENO, buf, got) != got)
			err(1, "write");
	if (got < 0)
		err(1, "/proc/pagerefs");
	close(fd);
}

static _Noreturn void
usage(void)
{
	errx(2, "usage: refstring [-f FRAMES] [-n PAGES] [-r REFERENCES] [-s SEED] "
		"loop|random|hot|walk|replace|busy|'PAGE PAGE ...'");
}

int
main(int argc, char **argv)
{
	struct string string;
	int c;

	while ((c = getopt(argc, argv, "f:n:r:s:")) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 0) : 0;

		if (c == 'f')
			nr_frames = number;
		else if (c == 'n')
			nr_pages = number;
		else if (c == 'r')
			nr_refs = number;
		else if (c == 's')
			seed = number;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	if (strcmp(argv[optind], "replace") == 0) {
		replace_pages();
		return 0;
	}
	if (strcmp(argv[optind], "busy") == 0) {
		for (unsigned nr = 1; nr < 4; nr++)
			busy(nr);
		return 0;
	}
	if (isdigit((unsigned char)argv[optind][0]))
		string = string_read(argv[optind]);
	else
		string = string_make(argv[optind]);
	drive(&string);
	print_record();
	free(string.pages);
	return 0;
}
