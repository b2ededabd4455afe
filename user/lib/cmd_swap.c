/* What swapon, swapoff and mkswap share (cmd_swap.h). */

#include <cmd_swap.h>

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_OF_USE 5

void
octal_unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		bool octal = text[0] == '\\';

		for (int i = 1; octal && i <= 3; i++)
			octal = text[i] >= '0' && text[i] <= '7';
		if (octal) {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static bool
kib_parse(const char *word, unsigned long long *bytes)
{
	char *end;

	*bytes = strtoull(word, &end, 10) << 10;
	return end != word && !*end;
}

/* The words stay in the line. */
static bool
use_parse(char *line, struct swap_use *use)
{
	char *words[WORDS_OF_USE], *rest, *word, *end;
	int nr = 0;

	for (word = strtok_r(line, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (nr == WORDS_OF_USE)
			return false;
		words[nr++] = word;
	}
	if (nr < WORDS_OF_USE || !kib_parse(words[2], &use->bytes) ||
	    !kib_parse(words[3], &use->used_bytes))
		return false;
	use->name = words[0];
	use->type = words[1];
	use->priority = (int)strtol(words[4], &end, 10);
	octal_unescape(use->name);
	return !*end;
}

void
swap_uses_read(struct swap_uses *uses)
{
	char *text = cmd_read_file("/proc/swaps"), *line, *rest;
	size_t nr_lines = 1;

	if (!text)
		err(1, "/proc/swaps");
	for (line = text; (line = strchr(line, '\n')); line++)
		nr_lines++;
	*uses = (struct swap_uses){.list = calloc(nr_lines, sizeof(*uses->list))};
	if (!uses->list)
		err(1, "calloc");
	strtok_r(text, "\n", &rest); /* the names of the columns */
	while ((line = strtok_r(NULL, "\n", &rest))) {
		if (use_parse(line, &uses->list[uses->nr])) {
			uses->nr++;
			continue;
		}
		warnx("/proc/swaps: a line cannot be understood: %s ...", line);
		uses->nr_unreadable++;
	}
}

bool
swap_header_read(const char *path, struct swap_header *header)
{
	static char page[SWAP_PAGE_BYTES];
	int fd = open(path, O_RDONLY);
	bool good =
		fd >= 0 && pread(fd, page, sizeof(page), 0) == (ssize_t)sizeof(page) &&
		memcmp(page + sizeof(page) - SWAP_MAGIC_BYTES, SWAP_MAGIC, SWAP_MAGIC_BYTES) == 0;

	if (fd >= 0)
		close(fd);
	if (good)
		memcpy(header, page + SWAP_HEADER_OFFSET, sizeof(*header));
	return good;
}

bool
uuid_parse(const char *text, uint8_t *uuid)
{
	static const char digits[] = "0123456789abcdef";
	unsigned nr = 0;

	for (; *text; text++) {
		const char *at = strchr(digits, *text | 0x20);

		if (*text == '-')
			continue;
		if (!at || nr == 2 * UUID_BYTES)
			return false;
		uuid[nr / 2] = (uint8_t)(uuid[nr / 2] << 4 | (at - digits));
		nr++;
	}
	return nr == 2 * UUID_BYTES;
}

const char *
uuid_text(const uint8_t *uuid, char *buf)
{
	char *at = buf;

	for (int i = 0; i < UUID_BYTES; i++)
		at += sprintf(at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			      uuid[i]);
	return buf;
}

/* The first disk of /proc/partitions whose header has this label or, with NULL, this UUID. => NULL: none */
static char *
disk_find(const char *label, const uint8_t *uuid)
{
	char *text = cmd_read_file("/proc/partitions"), *line, *rest, *path = NULL;
	struct swap_header header;

	if (!text)
		err(1, "/proc/partitions");
	for (line = strtok_r(text, "\n", &rest); line && !path;
	     line = strtok_r(NULL, "\n", &rest)) {
		char name[32];

		if (sscanf(line, " %*u %*u %*u %31s", name) != 1)
			continue;
		path = cmd_join("/dev", name);
		if (swap_header_read(path, &header) &&
		    (label ? strncmp(header.label, label, SWAP_LABEL_BYTES) == 0
			   : memcmp(header.uuid, uuid, UUID_BYTES) == 0))
			continue;
		free(path);
		path = NULL;
	}
	free(text);
	return path;
}

const char *
swap_find(const char *name)
{
	uint8_t uuid[UUID_BYTES];
	char *path = NULL;

	if (strncmp(name, "LABEL=", 6) == 0)
		path = disk_find(name + 6, NULL);
	else if (strncmp(name, "UUID=", 5) != 0)
		return name;
	else if (uuid_parse(name + 5, uuid))
		path = disk_find(NULL, uuid);
	if (!path)
		warnx("cannot find the device for %s", name);
	return path;
}

const char *
swap_name(int option, const char *value)
{
	char *name;

	if (asprintf(&name, "%s=%s", option == 'L' ? "LABEL" : "UUID", value) < 0)
		err(1, "asprintf");
	return name;
}

const char *
size_text(unsigned long long bytes, bool long_unit, char *buf)
{
	static const char units[] = "BKMGTPE";
	int unit = 0;
	unsigned long long tenths;
	char *at;

	while (unit < 6 && bytes >> (10 * (unit + 1)))
		unit++;
	/* of a unit of 2^60 the tenths would not fit into 64 bits */
	tenths = unit == 0 ? bytes * 10 : ((bytes >> (10 * (unit - 1))) * 10 + 512) >> 10;
	at = buf + sprintf(buf, "%llu", tenths / 10);
	if (tenths % 10)
		at += sprintf(at, ".%llu", tenths % 10);
	sprintf(at, "%s%c%s", long_unit ? " " : "", units[unit], long_unit && unit ? "iB" : "");
	return buf;
}
