/*
 * A zone of up to 511 pages at any place: the first four bytes say where and how large, each further one
 * allocates or frees a block. The whole zone is checked after each.
 */
#include "hosttest.h"
#include "mem/env.h"

#define MAX_BLOCKS 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct zone zone;
static struct page *blocks[MAX_BLOCKS];
static u8 orders[MAX_BLOCKS];
static u32 nr_blocks;

static void
fuzz_one(u8 op)
{
	unsigned order = op % 8;

	spin_lock(&zone.lock);
	if (op & 0x80 && nr_blocks < MAX_BLOCKS) {
		struct page *page = buddy_alloc_locked(&zone, order);

		if (page) {
			CHECK_EQ(page_to_pfn(page) % (1UL << order), 0);
			orders[nr_blocks] = (u8)order;
			blocks[nr_blocks++] = page;
		}
	} else if (nr_blocks != 0) {
		u32 which = op % nr_blocks;

		buddy_free_locked(&zone, blocks[which], orders[which]);
		nr_blocks--;
		blocks[which] = blocks[nr_blocks];
		orders[which] = orders[nr_blocks];
	}
	spin_unlock(&zone.lock);
	zone_check(&zone);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	if (bytes < 4)
		return 0;

	u64 start = 0x80000 + data[0] * 16 + data[1] % 16;
	u64 nr_pages = 1 + data[2] + (data[3] & 0xf0);

	/* RAM is never touched; only struct pages count. */
	env_ram_create(start, nr_pages);
	zone_init(&zone, "fuzz", 0, start, start + nr_pages);
	zone_add_range(&zone, start, start + nr_pages);
	nr_blocks = 0;
	for (size_t i = 4; i < bytes; i++)
		fuzz_one(data[i]);
	while (nr_blocks != 0)
		fuzz_one(0);
	CHECK_EQ(zone.nr_free, nr_pages);
	return 0;
}
