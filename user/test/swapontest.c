/*
 * What swapon refuses, and with which errno; priorities; and that areas of equal priority take turns.
 *
 *     swapontest DEVICE		an empty disk that is not in use, 32 MiB or more
 *
 * Also a program for Linux, where DEVICE may be any block device, and / must be on one.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	 4096UL
#define MIB	 (1024 * 1024UL)
#define NR_PAGES 2048U /* of the files, and of the area on the device */
#define FILES	 "/root/swapontest."

/* The first page of an area (version 1 of Linux's header). */
struct header {
	char boot[1024];
	uint32_t version, last_page, nr_bad;
	unsigned char uuid[16];
	char label[16];
	uint32_t padding[117], bad[637];
	char rest[2], magic[10];
};

_Static_assert(sizeof(struct header) == 4096, "one page");

static const char *device;
static int failures;

static struct header
header_good(void)
{
	struct header header = {.version = 1, .last_page = NR_PAGES - 1};

	memcpy(header.magic, "SWAPSPACE2", 10);
	return header;
}

static void
write_at(const char *path, const void *data, size_t size, off_t at)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || pwrite(fd, data, size, at) != (ssize_t)size ||
	    (fsync(fd) < 0 && errno != EINVAL))
		err(1, "%s", path);
	close(fd);
}

/* swapon gives this errno; 0: it succeeds, and swapoff does, too. */
static void
expect(const char *what, const char *path, int wanted)
{
	int got = swapon(path, 0) < 0 ? errno : 0;

	if (got == 0 && swapoff(path) < 0)
		err(1, "swapoff %s", path);
	if (got == wanted) {
		printf("swapontest: %s: ok\n", what);
		return;
	}
	printf("swapontest: %s: errno %d, not %d\n", what, got, wanted);
	failures++;
}

static void
expect_header(const char *what, struct header header, int wanted)
{
	write_at(device, &header, sizeof(header), 0);
	expect(what, device, wanted);
}

static void
headers(void)
{
	struct header header = header_good();
	off_t size;
	int fd;

	expect_header("a good header", header, 0);
	memset(header.magic, 0, sizeof(header.magic));
	expect_header("no header", header, EINVAL);
	memcpy(header.magic, "SWAP-SPACE", 10);
	expect_header("version 0", header, EINVAL);
	header = header_good();
	header.version = 2;
	expect_header("version 2", header, EINVAL);
	header = header_good();
	header.last_page = 0;
	expect_header("no pages", header, EINVAL);
	fd = open(device, O_RDONLY);
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	header.last_page = size / PAGE;
	expect_header("one page more than the device has", header, EINVAL);
	header.last_page = size / PAGE - 1;
	expect_header("as many pages as the device has", header, 0);
	header = header_good();
	header.nr_bad = 638;
	expect_header("more bad pages than the list has room for", header, EINVAL);
	header.nr_bad = 1;
	expect_header("page 0 in the list of bad pages", header, EINVAL);
	header.bad[0] = NR_PAGES;
	expect_header("a bad page behind the end", header, EINVAL);
}

/* The header of an area with pages of 64 KiB ends there, not at 4096. */
static void
other_page_size(void)
{
	struct header header = header_good();

	memset(header.magic, 0, sizeof(header.magic));
	write_at(device, &header, sizeof(header), 0);
	write_at(device, "SWAPSPACE2", 10, 65536 - 10);
	expect("pages of another size", device, EINVAL);
}

/* A field of the line of /proc/swaps that begins with path. => -1: there is no such line */
static long
swaps_field(const char *path, int field)
{
	char line[256], *word;
	FILE *file = fopen("/proc/swaps", "r");
	long value = -1;

	if (!file)
		err(1, "/proc/swaps");
	while (fgets(line, sizeof(line), file)) {
		word = strtok(line, " \t\n");
		if (!word || strcmp(word, path) != 0)
			continue;
		for (int i = 0; i < field && word; i++)
			word = strtok(NULL, " \t\n");
		value = word ? strtol(word, NULL, 10) : -1;
	}
	fclose(file);
	return value;
}

static void
bad_list(void)
{
	struct header header = header_good();
	long size;

	header.nr_bad = 3;
	header.bad[0] = 7;
	header.bad[1] = 8;
	header.bad[2] = NR_PAGES - 1;
	write_at(device, &header, sizeof(header), 0);
	if (swapon(device, 0) < 0)
		err(1, "swapon with bad pages");
	size = swaps_field(device, 2);
	if (size != (long)(NR_PAGES - 1 - 3) * 4) {
		printf("swapontest: with bad pages the size is %ld KiB\n", size);
		failures++;
	}
	if (swapoff(device) < 0)
		err(1, "swapoff");
}

/* A file with a header, whole or with a hole behind its first page. */
static void
file_make(const char *path, int hole)
{
	static char zero[65536];
	struct header header = header_good();
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0)
		err(1, "%s", path);
	for (size_t at = 0; !hole && at < NR_PAGES * PAGE; at += sizeof(zero))
		if (write(fd, zero, sizeof(zero)) != (ssize_t)sizeof(zero))
			err(1, "%s", path);
	if (ftruncate(fd, NR_PAGES * PAGE) < 0)
		err(1, "%s", path);
	close(fd);
	write_at(path, &header, sizeof(header), 0);
}

/* A device on which there is swap is not mounted, whatever is on it. */
static void
not_mounted(void)
{
	mkdir(FILES "dir", 0700);
	if (mount(device, FILES "dir", "qfs", 0, NULL) == 0 ||
	    (errno == ENODEV && mount(device, FILES "dir", "ext4", 0, NULL) == 0) ||
	    errno != EBUSY) {
		printf("swapontest: mounting swap: errno %d\n", errno);
		failures++;
	}
}

/* A file that is in use as swap is not written, nor made shorter. */
static void
not_written(void)
{
	const char *path = FILES "a";
	int fd = open(path, O_RDWR);

	if (fd < 0 || swapon(path, 0) < 0)
		err(1, "%s", path);
	if (pwrite(fd, "x", 1, PAGE) >= 0 || errno != ETXTBSY) {
		printf("swapontest: a write to swap: errno %d\n", errno);
		failures++;
	}
	if (ftruncate(fd, PAGE) == 0 || errno != ETXTBSY) {
		printf("swapontest: truncating swap: errno %d\n", errno);
		failures++;
	}
	if (rename(path, FILES "moved") == 0 || errno != EPERM) {
		printf("swapontest: renaming swap: errno %d\n", errno);
		failures++;
	}
	if (rename(FILES "hole", path) == 0 || errno != EPERM) {
		printf("swapontest: replacing swap: errno %d\n", errno);
		failures++;
	}
	if (swapoff(path) < 0 || pwrite(fd, "", 1, PAGE) != 1) {
		printf("swapontest: a write to what was swap: errno %d\n", errno);
		failures++;
	}
	close(fd);
}

/* Nor is a device that is; who opens it with O_EXCL, as mkswap does, is told so. */
static void
device_not_written(void)
{
	int fd = open(device, O_WRONLY);

	if (pwrite(fd, "x", 1, PAGE) >= 0 || errno != ETXTBSY) {
		printf("swapontest: a write to a device of swap: errno %d\n", errno);
		failures++;
	}
	close(fd);
	if (open(device, O_RDONLY | O_EXCL) >= 0 || errno != EBUSY) {
		printf("swapontest: a device of swap for oneself: errno %d\n", errno);
		failures++;
	}
}

/* /proc/swaps has one field for a path, whatever that is. */
static void
odd_names(void)
{
	static const char path[] =
		FILES "a b\tc-and-a-name-that-is-longer-than-the-column-has-room-for-it";
	static const char shown[] =
		FILES "a\\040b\\011c-and-a-name-that-is-longer-than-the-column-has-room-for-it";

	file_make(path, 0);
	if (swapon(path, 0) < 0)
		err(1, "%s", path);
	if (swaps_field(shown, 2) != (NR_PAGES - 1) * 4) {
		printf("swapontest: %s is not in /proc/swaps\n", shown);
		failures++;
	}
	if (swapoff(path) < 0 || unlink(path) < 0)
		err(1, "%s", path);
}

static void
read_device(void *data, off_t at)
{
	int fd = open(device, O_RDONLY);

	if (fd < 0 || pread(fd, data, PAGE, at) != (ssize_t)PAGE)
		err(1, "%s", device);
	close(fd);
}

/* Of an area smaller than its device, swapon discards no more than the area. */
static void
discards(void)
{
	static char page[PAGE], inside[PAGE], outside[PAGE];
	struct header header = header_good();

	memset(page, 0x5a, PAGE);
	write_at(device, &header, sizeof(header), 0);
	write_at(device, page, PAGE, (NR_PAGES - 1) * PAGE);
	write_at(device, page, PAGE, NR_PAGES * PAGE);
	write_at("/proc/sys/vm/drop_caches", "3", 1, 0);
	if (swapon(device, SWAP_FLAG_DISCARD) < 0 || swapoff(device) < 0)
		err(1, "swapon with discard");
	read_device(inside, (NR_PAGES - 1) * PAGE);
	read_device(outside, NR_PAGES * PAGE);
	printf("swapontest: the last page of the area %s\n",
	       memcmp(inside, page, PAGE) ? "was discarded" : "is still there");
	if (memcmp(outside, page, PAGE)) {
		printf("swapontest: the page behind it is gone\n");
		failures++;
	}
}

/* As many pages that are not alike as fill the memory, and 4 MiB more. */
static void
memory_fill(void)
{
	unsigned long kib = 0;
	uint64_t *words;
	char line[128];
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "MemAvailable:", 13) == 0)
			kib = strtoul(line + 13, NULL, 10);
	if (file)
		fclose(file);
	kib += 4096;
	words = mmap(NULL, kib * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (words == MAP_FAILED)
		err(1, "mmap");
	for (uint64_t i = 0; i < kib * 128; i++)
		words[i] = (i + 1) * 0x9e3779b97f4a7c15;
}

/* Discards of the device so far. */
static long
nr_discards(void)
{
	FILE *file = fopen("/proc/diskstats", "r");
	const char *name = strrchr(device, '/') + 1;
	char line[256], of[32];
	long nr = 0, found = 0;

	if (!file)
		err(1, "/proc/diskstats");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " %*s %*s %31s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %ld",
			   of, &nr) == 2 &&
		    strcmp(of, name) == 0)
			found = nr;
	fclose(file);
	return found;
}

/* A device that discards at swapon does so, too, when a program ends whose pages are there. */
static void
discards_free_slots(void)
{
	struct header header = header_good();
	long before = nr_discards(), at_swapon;

	write_at(device, &header, sizeof(header), 0);
	if (swapon(device, SWAP_FLAG_DISCARD) < 0)
		err(1, "swapon with discard");
	at_swapon = nr_discards() - before;
	if (fork() == 0) {
		memory_fill();
		exit(0);
	}
	wait(NULL);
	for (int i = 0; i < 200 && nr_discards() == before + at_swapon; i++)
		usleep(10000);
	printf("swapontest: %ld discards at swapon, %ld of what became free\n", at_swapon,
	       nr_discards() - before - at_swapon);
	if (at_swapon > 0 && nr_discards() == before + at_swapon)
		failures++;
	if (swapoff(device) < 0)
		err(1, "swapoff");
}

static void
sources(void)
{
	struct header header = header_good();

	expect("no such file", FILES "none", ENOENT);
	expect("a directory", "/root", EISDIR);
	expect("a character device", "/dev/null", EINVAL);
	file_make(FILES "hole", 1);
	expect("a file with a hole", FILES "hole", EINVAL);
	file_make(FILES "a", 0);
	expect("a file", FILES "a", 0);
	header.nr_bad = 1;
	header.bad[0] = 7;
	write_at(FILES "a", &header, sizeof(header), 0);
	expect("a file with bad pages", FILES "a", EINVAL);
	file_make(FILES "a", 0);
	header = header_good();
	write_at(device, &header, sizeof(header), 0);
	if (swapon(device, 0) < 0)
		err(1, "swapon");
	if (swapon(device, 0) == 0 || errno != EBUSY) {
		printf("swapontest: a device that is on: errno %d\n", errno);
		failures++;
	}
	not_mounted();
	device_not_written();
	if (swapoff(device) < 0)
		err(1, "swapoff");
	if (swapoff(device) == 0 || errno != EINVAL) {
		printf("swapontest: off again: errno %d\n", errno);
		failures++;
	}
}

static void
areas_on(const char *const paths[], unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (swapon(paths[i], 0) < 0)
			err(1, "swapon %s", paths[i]);
}

static void
expect_priorities(const char *when, const char *const paths[], unsigned nr, long first)
{
	for (unsigned i = 0; i < nr; i++) {
		long is = swaps_field(paths[i], 4);

		if (is == first - (long)i)
			continue;
		printf("swapontest: %s: %s has priority %ld, not %ld\n", when, paths[i], is,
		       first - (long)i);
		failures++;
	}
}

/* An area that is given no priority comes after all others; when one goes those after it move up. */
static void
priorities(void)
{
	const char *const paths[] = {device, FILES "a", FILES "b", device};
	long first;

	areas_on(paths, 3);
	first = swaps_field(device, 4);
	expect_priorities("in order", paths, 3, first);
	if (first >= 0 || swapoff(device) < 0)
		err(1, "swapoff, priority %ld", first);
	expect_priorities("after swapoff", paths + 1, 2, first);
	areas_on(paths + 3, 1);
	expect_priorities("on again", paths + 1, 3, first);
	for (unsigned i = 1; i < 4; i++)
		if (swapoff(paths[i]) < 0)
			err(1, "swapoff %s", paths[i]);
}

/* Two areas of one priority have as much each; one of a lower priority has nothing. */
static void
stripes(void)
{
	struct header header = header_good();
	long first, second, low;

	write_at(device, &header, sizeof(header), 0);
	if (swapon(device, SWAP_FLAG_PREFER | 5) < 0 ||
	    swapon(FILES "a", SWAP_FLAG_PREFER | 5) < 0 ||
	    swapon(FILES "b", SWAP_FLAG_PREFER | 1) < 0)
		err(1, "swapon");
	memory_fill();
	first = swaps_field(device, 3);
	second = swaps_field(FILES "a", 3);
	low = swaps_field(FILES "b", 3);
	printf("swapontest: used %ld and %ld KiB, %ld KiB of lower priority\n", first, second, low);
	if (first < 1024 || labs(first - second) > 2048 || low > 0)
		failures++;
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: swapontest DEVICE");
	device = argv[1];
	mkdir("/root", 0700);
	headers();
	other_page_size();
	bad_list();
	sources();
	not_written();
	odd_names();
	discards();
	discards_free_slots();
	file_make(FILES "b", 0);
	priorities();
	stripes();
	return failures > 0;
}
