/*
 * Pages through the lists of the harts: each byte switches the hart, allocates, frees or drains. The
 * whole zone is checked after each.
 */
#include "hosttest.h"
#include "mem/env.h"
#include "mem/pcp.h"

#define NR_PAGES 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct page *pages[NR_PAGES];
static u64 nr_pages;

static void
fuzz_one(u8 op)
{
	unsigned nr = 1 + op % 32;

	switch (op >> 5) {
	case 0:
		env_set_cpu(op % NR_CPUS);
		break;
	case 1:
		pcp_drain(&zones[ZONE_NORMAL]);
		break;
	case 2:
		nr_pages += pages_alloc_bulk(GFP_NOWAIT, nr, pages + nr_pages);
		break;
	case 3:
	case 4:
		while (nr-- > 0 && (pages[nr_pages] = page_alloc(GFP_NOWAIT)) != NULL)
			nr_pages++;
		break;
	default:
		while (nr-- > 0 && nr_pages != 0)
			page_put(pages[--nr_pages]);
		break;
	}
	zone_check(&zones[ZONE_NORMAL]);
	CHECK_EQ(nr_free_pages(), NR_PAGES - nr_pages);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	env_zones_create(0x80000, NR_PAGES, 0x80000, 0x80000 + NR_PAGES);
	nr_pages = 0;
	for (size_t i = 0; i < bytes; i++)
		if (nr_pages + 32 < NR_PAGES || data[i] >> 5 > 4)
			fuzz_one(data[i]);
	while (nr_pages != 0)
		page_put(pages[--nr_pages]);
	env_drain_all();
	CHECK_EQ(zones[ZONE_NORMAL].nr_free, NR_PAGES);
	return 0;
}
