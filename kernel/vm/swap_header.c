#include "vm/swap_header.h"

#include "lib/compiler.h"
#include "lib/string.h"

const char *
swap_header_read(const u8 page[SWAP_PAGE_BYTES], u64 nr_pages, struct swap_header *header)
{
	if (memcmp(page + SWAP_MAGIC_OFFSET, SWAP_MAGIC, SWAP_MAGIC_BYTES) != 0)
		return "no swap for pages of 4 KiB is there";
	memcpy(header, page + SWAP_HEADER_OFFSET, sizeof(*header));
	if (header->version != SWAP_VERSION)
		return "the header is of another version";
	if (header->last_page == 0)
		return "the header says that there is no page";
	if (header->last_page >= nr_pages)
		return "the header says that there are more pages";
	if (header->nr_bad > SWAP_BAD_PAGES_MAX || header->nr_bad >= header->last_page)
		return "the header says that there are too many bad pages";
	for (u32 i = 0; i < header->nr_bad; i++) {
		u32 bad = swap_header_bad_page(page, i);

		if (bad == 0 || bad > header->last_page)
			return "a bad page is none of the area's";
	}
	return NULL;
}

u32
swap_header_bad_page(const u8 page[SWAP_PAGE_BYTES], u32 n)
{
	u32 bad;

	memcpy(&bad, page + SWAP_BAD_OFFSET + 4UL * n, sizeof(bad));
	return bad;
}
