#pragma once

/*
 * The header of a swap area, in its first page: version 1 of Linux's, as every mkswap writes it.
 *
 *	0	boot block, not ours
 *	1024	version, last page, number of bad pages, UUID, label
 *	1536	numbers of the bad pages
 *	4086	"SWAPSPACE2"
 *
 * Pure; programs use it, too.
 */

#include "lib/types.h"

#define SWAP_PAGE_BYTES	    4096
#define SWAP_HEADER_OFFSET  1024
#define SWAP_BAD_OFFSET	    1536
#define SWAP_MAGIC	    "SWAPSPACE2"
#define SWAP_MAGIC_BYTES    10
#define SWAP_MAGIC_OFFSET   (SWAP_PAGE_BYTES - SWAP_MAGIC_BYTES)
#define SWAP_VERSION	    1
#define SWAP_BAD_PAGES_MAX  ((SWAP_MAGIC_OFFSET - SWAP_BAD_OFFSET) / 4)
#define SWAP_LABEL_BYTES    16
#define SWAP_NR_PAGES_LEAST 10 /* what mkswap asks for at least */

struct swap_header {
	u32 version;
	u32 last_page; /* the area has one more, this header included */
	u32 nr_bad;
	u8 uuid[16];
	char label[SWAP_LABEL_BYTES];
};

/*
 * Check the header in page, of an area whose device or file has nr_pages. => NULL and *header; or why it cannot be
 * used: there is none, it makes no sense, or is of an area with more pages than are there
 */
const char *swap_header_read(const u8 page[SWAP_PAGE_BYTES], u64 nr_pages,
			     struct swap_header *header);

/* The n-th bad page of a header that was checked; it is neither 0 nor beyond the last. */
u32 swap_header_bad_page(const u8 page[SWAP_PAGE_BYTES], u32 n);
