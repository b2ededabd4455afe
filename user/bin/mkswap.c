/* Write the header of a swap area, as Linux wants it (version 1). */

#include <cmd.h>
#include <cmd_swap.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGES_LEAST 10
/* From 15 October 1582, where the time of a UUID begins, to 1970, in seconds. */
#define UUID_EPOCH_SECONDS 12219292800ULL

#define USAGE "[-f] [-q] [-L LABEL] [-U clear|random|time|UUID] [-p 4096] [-v1] DEVICE|FILE [KIB]"

static const struct option long_options[] = {
	{"force", no_argument, NULL, 'f'},	    {"quiet", no_argument, NULL, 'q'},
	{"label", required_argument, NULL, 'L'},    {"uuid", required_argument, NULL, 'U'},
	{"pagesize", required_argument, NULL, 'p'}, {"swapversion", required_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},	    {0},
};

static bool force, quiet;
static const char *label, *uuid = "random", *path;

static void
random_fill(uint8_t *bytes, size_t size)
{
	if (getrandom(bytes, size, 0) != (ssize_t)size)
		err(1, "getrandom");
}

/* RFC 4122: of the kind (4: random, 1: time), and its variant. */
static void
uuid_mark(uint8_t *bytes, unsigned kind)
{
	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | kind << 4);
	bytes[8] = (bytes[8] & 0x3f) | 0x80;
}

/* The time in units of 100 ns; instead of a network card's address a random one, marked as such. */
static void
uuid_of_time(uint8_t *bytes)
{
	struct timespec now;
	uint64_t time;

	clock_gettime(CLOCK_REALTIME, &now);
	time = (now.tv_sec + UUID_EPOCH_SECONDS) * 10000000 + now.tv_nsec / 100;
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(time >> (24 - 8 * i));
	bytes[4] = (uint8_t)(time >> 40);
	bytes[5] = (uint8_t)(time >> 32);
	bytes[6] = (uint8_t)(time >> 56);
	bytes[7] = (uint8_t)(time >> 48);
	random_fill(bytes + 8, 8);
	bytes[10] |= 1;
	uuid_mark(bytes, 1);
}

static void
uuid_make(uint8_t *bytes)
{
	if (strcmp(uuid, "clear") == 0)
		return;
	if (strcmp(uuid, "time") == 0) {
		uuid_of_time(bytes);
	} else if (strcmp(uuid, "random") == 0) {
		random_fill(bytes, UUID_BYTES);
		uuid_mark(bytes, 4);
	} else if (!uuid_parse(uuid, bytes)) {
		errx(1, "error: parsing UUID failed");
	}
}

static void
label_set(struct swap_header *header)
{
	if (!label)
		return;
	strncpy(header->label, label, SWAP_LABEL_BYTES - 1);
	if (strlen(label) >= SWAP_LABEL_BYTES && !quiet)
		warnx("Label was truncated.");
}

static bool
is_swap(void)
{
	struct swap_uses uses;

	swap_uses_read(&uses);
	for (int i = 0; i < uses.nr; i++)
		if (strcmp(uses.list[i].name, path) == 0)
			return true;
	return false;
}

static bool
is_mounted(void)
{
	char *text = cmd_read_file("/proc/mounts"), *line, *rest;
	bool found = false;

	if (!text)
		return false;
	for (line = strtok_r(text, "\n", &rest); line && !found;
	     line = strtok_r(NULL, "\n", &rest)) {
		line[strcspn(line, " ")] = '\0';
		octal_unescape(line);
		found = strcmp(line, path) == 0;
	}
	free(text);
	return found;
}

static void
refuse(const char *why)
{
	errx(1, "error: %s is %s; will not make swapspace", path, why);
}

/* What is in use is refused by its name, and O_EXCL finds what has another name there. */
static int
area_open(struct stat *st)
{
	int fd;

	if (!force && is_swap())
		refuse("in use as swap");
	if (!force && is_mounted())
		refuse("mounted");
	fd = open(path, O_RDWR | (force ? 0 : O_EXCL));
	if (fd < 0 && errno == EBUSY)
		refuse("in use");
	if (fd < 0 || fstat(fd, st) < 0)
		err(1, "cannot open %s", path);
	if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		errx(1, "%s: neither a device nor a file", path);
	return fd;
}

/* Of a file that others can read, the memory of all is read. */
static void
permissions_check(const struct stat *st)
{
	mode_t too_many = S_ISREG(st->st_mode) ? 07077 : 07007;

	if (st->st_mode & too_many)
		warnx("%s: insecure permissions %04o, fix with: chmod %04o %s", path,
		      st->st_mode & 07777, ~too_many & 0666, path);
	if (S_ISREG(st->st_mode) && st->st_uid != 0)
		warnx("%s: insecure file owner %u, fix with: chown 0:0 %s", path, st->st_uid, path);
}

/* How many pages the area gets: all there are, or what `size` says in KiB. */
static uint64_t
pages_count(int fd, const struct stat *st, const char *size)
{
	uint64_t bytes = st->st_size, kib, pages;
	char *end;

	if (S_ISBLK(st->st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		err(1, "%s", path);
	kib = bytes >> 10;
	if (size) {
		kib = strtoull(size, &end, 0);
		if (end == size || *end || *size == '-')
			errx(1, "invalid block count argument: '%s'", size);
		if (kib > bytes >> 10 && !force)
			errx(1, "error: size %llu KiB is larger than device size %llu KiB",
			     (unsigned long long)kib, (unsigned long long)bytes >> 10);
	}
	pages = kib / (SWAP_PAGE_BYTES >> 10);
	if (pages < PAGES_LEAST)
		errx(1, "error: swap area needs to be at least %d KiB",
		     PAGES_LEAST * SWAP_PAGE_BYTES >> 10);
	if (pages <= UINT32_MAX)
		return pages;
	if (!quiet)
		warnx("warning: truncating swap area to %llu KiB",
		      (unsigned long long)UINT32_MAX * SWAP_PAGE_BYTES >> 10);
	return UINT32_MAX;
}

static void
header_write(int fd, const struct swap_header *header)
{
	static char page[SWAP_PAGE_BYTES];

	memcpy(page + SWAP_HEADER_OFFSET, header, sizeof(*header));
	memcpy(page + SWAP_PAGE_BYTES - SWAP_MAGIC_BYTES, SWAP_MAGIC, SWAP_MAGIC_BYTES);
	if (pwrite(fd, page, sizeof(page), 0) != (ssize_t)sizeof(page) || fsync(fd) < 0)
		err(1, "%s", path);
}

static void
tell(const struct swap_header *header)
{
	unsigned long long bytes = (unsigned long long)header->last_page * SWAP_PAGE_BYTES;
	char size[SIZE_TEXT_BYTES], text[UUID_TEXT_BYTES];

	printf("Setting up swapspace version 1, size = %s (%llu bytes)\n",
	       size_text(bytes, true, size), bytes);
	if (label)
		printf("LABEL=%s, ", header->label);
	else
		printf("no label, ");
	printf("UUID=%s\n", uuid_text(header->uuid, text));
}

static void
options_read(int argc, char **argv)
{
	int c;

	while ((c = cmd_option(argc, argv, "fhqL:U:p:v:", long_options)) != -1) {
		if (c == 'f')
			force = true;
		else if (c == 'q')
			quiet = true;
		else if (c == 'L')
			label = optarg;
		else if (c == 'U')
			uuid = optarg;
		else if (c == 'p' && cmd_number(optarg) != SWAP_PAGE_BYTES)
			errx(1, "a page size of %s is not supported: pages have %d bytes", optarg,
			     SWAP_PAGE_BYTES);
		else if (c == 'v' && cmd_number(optarg) != 1)
			errx(1, "swapspace version %s is not supported", optarg);
		else if (c != 'p' && c != 'v')
			cmd_usage(USAGE);
	}
	if (argc - optind < 1 || argc - optind > 2)
		cmd_usage(USAGE);
}

int
main(int argc, char **argv)
{
	struct swap_header header = {.version = 1};
	struct stat st;
	int fd;

	options_read(argc, argv);
	path = argv[optind];
	uuid_make(header.uuid);
	fd = area_open(&st);
	header.last_page = (uint32_t)pages_count(fd, &st, argv[optind + 1]) - 1;
	permissions_check(&st);
	label_set(&header);
	header_write(fd, &header);
	if (!quiet)
		tell(&header);
	return cmd_finish(0);
}
