#include "vm/swap_header.h"

#include "lib/compiler.h"
#include "lib/errno.h"
#include "lib/string.h"

int
swap_header_read(const u8 page[SWAP_PAGE_BYTES], u64 nr_pages, struct swap_header *header)
{
	if (memcmp(page + SWAP_MAGIC_OFFSET, SWAP_MAGIC, SWAP_MAGIC_BYTES) != 0)
		return -EINVAL;
	memcpy(header, page + SWAP_HEADER_OFFSET, sizeof(*header));
	if (header->version != SWAP_VERSION || header->last_page == 0 ||
	    header->last_page >= nr_pages)
		return -EINVAL;
	if (header->nr_bad > SWAP_BAD_PAGES_MAX || header->nr_bad >= header->last_page)
		return -EINVAL;
	for (u32 i = 0; i < header->nr_bad; i++) {
		u32 bad = swap_header_bad_page(page, i);

		if (bad == 0 || bad > header->last_page)
			return -EINVAL;
	}
	return 0;
}

u32
swap_header_bad_page(const u8 page[SWAP_PAGE_BYTES], u32 n)
{
	u32 bad;

	memcpy(&bad, page + SWAP_BAD_OFFSET + 4UL * n, sizeof(bad));
	return bad;
}
