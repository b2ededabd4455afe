/* Write the header of a swap area, as Linux wants it (version 1). */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES    4096
#define HEADER_OFFSET 1024
#define MAGIC	      "SWAPSPACE2"
#define MAGIC_BYTES   10
#define PAGES_LEAST   10

struct header {
	uint32_t version, last_page, nr_bad;
	uint8_t uuid[16];
	char label[16];
};

static uint64_t
size_of(int fd, const char *path)
{
	struct stat st;
	uint64_t bytes;

	if (fstat(fd, &st) < 0)
		err(1, "%s", path);
	if (S_ISREG(st.st_mode))
		return st.st_size;
	if (!S_ISBLK(st.st_mode))
		errx(1, "%s: neither a device nor a file", path);
	if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		err(1, "%s", path);
	return bytes;
}

/* Version 4 of RFC 4122: random. */
static void
uuid_make(uint8_t *uuid)
{
	if (getrandom(uuid, 16, 0) != 16)
		err(1, "getrandom");
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

/* The text of a UUID, with or without dashes. */
static void
uuid_parse(uint8_t *uuid, const char *text)
{
	unsigned nr = 0;

	for (; *text; text++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, *text | 0x20);

		if (*text == '-')
			continue;
		if (!at || nr == 32)
			errx(1, "not a UUID");
		uuid[nr / 2] = uuid[nr / 2] << 4 | (uint8_t)(at - digits);
		nr++;
	}
	if (nr != 32)
		errx(1, "not a UUID");
}

static void
uuid_print(const uint8_t *uuid)
{
	for (int i = 0; i < 16; i++)
		printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

int
main(int argc, char **argv)
{
	static char page[PAGE_BYTES];
	struct header header = {.version = 1};
	const char *label = NULL, *uuid = NULL;
	uint64_t nr_pages;
	int c, fd;

	while ((c = getopt(argc, argv, "L:U:")) != -1) {
		if (c == '?')
			cmd_usage("[-L LABEL] [-U UUID] DEVICE|FILE");
		*(c == 'L' ? &label : &uuid) = optarg;
	}
	if (optind + 1 != argc)
		cmd_usage("[-L LABEL] [-U UUID] DEVICE|FILE");
	fd = open(argv[optind], O_RDWR);
	if (fd < 0)
		err(1, "%s", argv[optind]);
	nr_pages = size_of(fd, argv[optind]) / PAGE_BYTES;
	if (nr_pages < PAGES_LEAST)
		errx(1, "%s: too small, swap needs %d KiB", argv[optind],
		     PAGES_LEAST * PAGE_BYTES / 1024);
	if (nr_pages > UINT32_MAX)
		nr_pages = UINT32_MAX;
	header.last_page = nr_pages - 1;
	if (label)
		memcpy(header.label, label, strnlen(label, sizeof(header.label)));
	if (uuid)
		uuid_parse(header.uuid, uuid);
	else
		uuid_make(header.uuid);
	memcpy(page + HEADER_OFFSET, &header, sizeof(header));
	memcpy(page + PAGE_BYTES - MAGIC_BYTES, MAGIC, MAGIC_BYTES);
	if (pwrite(fd, page, PAGE_BYTES, 0) != PAGE_BYTES || fsync(fd) < 0)
		err(1, "%s", argv[optind]);
	printf("%s: swap of %llu KiB, %s%s%sUUID=", argv[optind],
	       (unsigned long long)(nr_pages - 1) * PAGE_BYTES / 1024, label ? "LABEL=" : "",
	       label ? label : "", label ? ", " : "");
	uuid_print(header.uuid);
	printf("\n");
	return cmd_finish(0);
}
