#include "hosttest.h"
#include "lib/errno.h"
#include "vm/swap_header.h"

#include <string.h>

static void
header_make(u8 *page, u32 version, u32 last_page, u32 nr_bad)
{
	struct swap_header header = {
		.version = version,
		.last_page = last_page,
		.nr_bad = nr_bad,
		.label = "label",
	};

	memset(page, 0, SWAP_PAGE_BYTES);
	memcpy(page + SWAP_HEADER_OFFSET, &header, sizeof(header));
	memcpy(page + SWAP_MAGIC_OFFSET, SWAP_MAGIC, SWAP_MAGIC_BYTES);
}

static void
bad_set(u8 *page, u32 n, u32 bad)
{
	memcpy(page + SWAP_BAD_OFFSET + 4 * n, &bad, 4);
}

HOSTTEST(swap_header_good)
{
	u8 page[SWAP_PAGE_BYTES];
	struct swap_header header;

	header_make(page, 1, 99, 2);
	bad_set(page, 0, 7);
	bad_set(page, 1, 99);
	CHECK(swap_header_read(page, 100, &header) == NULL);
	CHECK_EQ(header.last_page, 99);
	CHECK_EQ(header.nr_bad, 2);
	CHECK_STR(header.label, "label");
	CHECK_EQ(swap_header_bad_page(page, 1), 99);
}

HOSTTEST(swap_header_refused)
{
	u8 page[SWAP_PAGE_BYTES];
	struct swap_header header;

	header_make(page, 1, 99, 0);
	page[SWAP_PAGE_BYTES - 1] = 'X';
	CHECK(swap_header_read(page, 100, &header) != NULL);
	header_make(page, 2, 99, 0);
	CHECK(swap_header_read(page, 100, &header) != NULL);
	header_make(page, 1, 0, 0);
	CHECK(swap_header_read(page, 100, &header) != NULL);
	header_make(page, 1, 99, 0);
	CHECK(swap_header_read(page, 1, &header) != NULL);
	/* The device is smaller than the header says. */
	CHECK(swap_header_read(page, 99, &header) != NULL);
	header_make(page, 1, 2000, SWAP_BAD_PAGES_MAX + 1);
	CHECK(swap_header_read(page, 2001, &header) != NULL);
	header_make(page, 1, 99, 1);
	CHECK(swap_header_read(page, 100, &header) != NULL);
	bad_set(page, 0, 100);
	CHECK(swap_header_read(page, 100, &header) != NULL);
}

HOSTTEST(swap_header_hostile)
{
	u8 page[SWAP_PAGE_BYTES];
	struct swap_header header;

	for (int i = 0; i < 20000; i++) {
		header_make(page, 1, rnd_scaled(), rnd_scaled());
		for (unsigned at = SWAP_BAD_OFFSET; at < SWAP_MAGIC_OFFSET; at++)
			page[at] = rnd_one_in(2) ? 0 : rnd();
		if (swap_header_read(page, 1 + rnd_below(1000), &header) == NULL)
			CHECK(header.last_page > 0 && header.nr_bad <= SWAP_BAD_PAGES_MAX);
	}
}
