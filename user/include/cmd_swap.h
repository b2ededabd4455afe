/* What swapon, swapoff and mkswap share: the header of a swap area, its names, and /proc/swaps. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SWAP_PAGE_BYTES	   4096
#define SWAP_HEADER_OFFSET 1024
#define SWAP_MAGIC	   "SWAPSPACE2" /* the last bytes of the first page */
#define SWAP_MAGIC_BYTES   10
#define SWAP_LABEL_BYTES   16 /* the last is 0 */
#define UUID_BYTES	   16
#define UUID_TEXT_BYTES	   37

/* What is at SWAP_HEADER_OFFSET: Linux's header, version 1. A list of bad pages follows. */
struct swap_header {
	uint32_t version, last_page, nr_bad;
	uint8_t uuid[UUID_BYTES];
	char label[SWAP_LABEL_BYTES];
};

/* An area in use. The name is as it was before the kernel wrote blanks as octal numbers. */
struct swap_use {
	char *name, *type;
	unsigned long long bytes, used_bytes;
	int priority;
};

struct swap_uses {
	struct swap_use *list;
	int nr, nr_unreadable;
};

/* All lines of /proc/swaps. One that cannot be understood is told and counted; without the file it exits. */
void swap_uses_read(struct swap_uses *uses);

/* => false: there is no header, or it cannot be read */
bool swap_header_read(const char *path, struct swap_header *header);

/* The path of what LABEL=x or UUID=x names, which is looked for on all disks; any other name is a path itself.
 * => NULL, with a message: no disk has it */
const char *swap_find(const char *name);

/* The name for swap_find() of what option -L or -U is given. It exits when memory is out. */
const char *swap_name(int option, const char *value);

/* => false: not a UUID, which has 32 digits and perhaps dashes */
bool uuid_parse(const char *text, uint8_t *uuid);
const char *uuid_text(const uint8_t *uuid, char *buf);

/* \ooo becomes the byte, in place. */
void octal_unescape(char *text);

/* "1.5M", or with long_unit "1.5 MiB", rounded; buf has SIZE_TEXT_BYTES. */
#define SIZE_TEXT_BYTES 24
const char *size_text(unsigned long long bytes, bool long_unit, char *buf);
