/* Zones, windows for high pages, pages by the number, lists of other harts. */

#include "core/cpu.h"
#include "ktest/ktest.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/pcp.h"
#include "riscv/irqflags.h"

KTEST(zone_lists_have_memory_and_watermarks)
{
	for (gfp_t gfp = 0; gfp <= GFP_ZONE_MASK; gfp++)
		KTEST_CHECK(zonelists[gfp].zones[0] && zonelists[gfp].zones[0]->nr_managed);
	for (unsigned i = 0; i < NR_ZONES; i++) {
		const struct zone *zone = &zones[i];

		KTEST_CHECK(zone->watermark_min <= zone->watermark_low);
		KTEST_CHECK(zone->watermark_low <= zone->watermark_high);
		KTEST_CHECK(zone->lowmem_reserve[i] == 0);
	}
}

/* Also one that got its first memory after the boot, from the image. */
KTEST(zone_lists_have_all_zones)
{
	const struct zonelist *list = &zonelists[GFP_BIT_HIGHMEM];
	unsigned nr = 0;

	for (int i = NR_ZONES - 1; i >= 0; i--)
		if (zones[i].nr_managed)
			KTEST_CHECK(list->zones[nr++] == &zones[i]);
	KTEST_CHECK(!list->zones[nr]);
}

KTEST(zone_user_pages_prefer_high_memory)
{
	struct page *user = page_alloc(GFP_HIGHUSER);
	struct page *kernel = page_alloc(GFP_KERNEL);
	struct page *dma = page_alloc(GFP_KERNEL | GFP_DMA);

	KTEST_REQUIRE(user && kernel && dma);
	KTEST_CHECK(!zones[ZONE_HIGHMEM].nr_managed || user->zone == ZONE_HIGHMEM);
	KTEST_CHECK(kernel->zone != ZONE_HIGHMEM && page_in_directmap(kernel));
	KTEST_CHECK(!zones[ZONE_DMA].nr_managed || dma->zone == ZONE_DMA);
	page_put(user);
	page_put(kernel);
	page_put(dma);
}

/* All that user pages may have: while it is gone the lower zones keep their reserves. */
static u64
take_all_user_pages(struct list_head *taken, u64 *nr_by_zone)
{
	struct page *page;
	u64 nr = 0;

	while ((page = page_alloc(GFP_NOWAIT | GFP_BIT_HIGHMEM | GFP_MOVABLE | GFP_NOWARN))) {
		list_add(&page->lru, taken);
		nr_by_zone[page->zone]++;
		nr++;
	}
	return nr;
}

static void
put_all(struct list_head *taken)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, taken, lru) {
		list_del(&page->lru);
		page_put(page);
	}
}

/* When the best zone is empty the next one serves, and the next, but for what is reserved there. */
KTEST(zone_falls_back_and_keeps_reserves)
{
	const struct zonelist *list = &zonelists[GFP_BIT_HIGHMEM];
	u64 nr_by_zone[NR_ZONES] = {0}, most[NR_ZONES] = {0}, reserve[NR_ZONES] = {0};
	LIST_HEAD(taken);

	for (unsigned i = 0; list->zones[i]; i++) {
		const struct zone *zone = list->zones[i];
		u64 keep = zone->watermark_min + zone->lowmem_reserve[list->zones[0]->index];

		reserve[zone->index] = keep;
		most[zone->index] = zone->nr_free - MIN(zone->nr_free, keep);
	}
	KTEST_CHECK(take_all_user_pages(&taken, nr_by_zone) > 0);
	for (unsigned i = 0; list->zones[i]; i++) {
		const struct zone *zone = list->zones[i];
		unsigned index = zone->index;

		KTEST_CHECK(most[index] < 256 || nr_by_zone[index] >= most[index] - 256);
		KTEST_CHECK(most[index] == 0 || zone->nr_free + 64 >= reserve[index]);
	}
	put_all(&taken);
}

static u64 nr_low_calls;
static u64 most_above_low; /* of any low zone, when the hook was called first */

static void
note_low(void)
{
	if (nr_low_calls++ > 0)
		return;
	for (unsigned i = 0; i < ZONE_HIGHMEM; i++) {
		u64 nr_free = zones[i].nr_free, low = zones[i].watermark_low;

		most_above_low = MAX(most_above_low, nr_free - MIN(nr_free, low));
	}
}

/* Whoever finds no zone above low has the reclaimer woken, long before there is nothing left. */
KTEST(zone_at_low_wakes_the_reclaimer)
{
	void (*usual)(void) = page_low_hook;
	struct page *page;
	LIST_HEAD(taken);

	KTEST_REQUIRE(usual);
	nr_low_calls = most_above_low = 0;
	page_low_hook = note_low;
	while ((page = page_alloc(GFP_NOWAIT | GFP_NOWARN)))
		list_add(&page->lru, &taken);
	page_low_hook = usual;
	put_all(&taken);
	KTEST_CHECK(nr_low_calls > 0);
	KTEST_CHECK(most_above_low <= MAX_ORDER_PAGES);
}

/* 1/ratio of what lies above: so much of NORMAL is there for the kernel when programs have the rest. */
KTEST(zone_reserves_follow_their_ratios)
{
	const struct zone *high = &zones[ZONE_HIGHMEM];
	u64 above = high->nr_managed;

	for (int i = ZONE_NORMAL; i >= 0; i--) {
		u64 ratio = lowmem_reserve_ratio(i);

		KTEST_CHECK(zones[i].lowmem_reserve[ZONE_HIGHMEM] == (ratio ? above / ratio : 0));
		above += zones[i].nr_managed;
	}
}

KTEST(zone_min_free_kbytes_moves_the_watermarks)
{
	u64 before = min_free_kbytes(), low = zones[ZONE_NORMAL].watermark_low;

	KTEST_CHECK(min_free_kbytes_set(before * 2) == 0);
	KTEST_CHECK(zones[ZONE_NORMAL].watermark_low > low);
	KTEST_CHECK(min_free_kbytes_set(1UL << 40) < 0);
	KTEST_CHECK(min_free_kbytes_set(before) == 0);
	KTEST_CHECK(zones[ZONE_NORMAL].watermark_low == low);
}

KTEST(kmap_windows_nest)
{
	enum { NR = 6 };
	struct page *pages[NR];
	u8 *kva[NR];

	for (int i = 0; i < NR; i++) {
		pages[i] = page_alloc(GFP_HIGHUSER);
		KTEST_REQUIRE(pages[i]);
	}
	for (int i = 0; i < NR; i++) {
		kva[i] = kmap_local_page(pages[i]);
		memset(kva[i], i, PAGE_SIZE);
	}
	for (int i = NR; i-- > 0;) {
		KTEST_CHECK(!memchr_inv(kva[i], i, PAGE_SIZE));
		kunmap_local(kva[i] + i);
	}
	for (int i = 0; i < NR; i++) {
		u8 *again = kmap_local_page(pages[i]);

		KTEST_CHECK(!memchr_inv(again, i, PAGE_SIZE));
		kunmap_local(again);
	}
	for (int i = 0; i < NR; i++) {
		page_put(pages[i]);
	}
}

KTEST(pages_exact_and_contiguous)
{
	struct page *exact = pages_alloc_exact(GFP_KERNEL | GFP_ZERO, 5);
	struct page *contig = pages_alloc_contig(GFP_KERNEL, 3 * MAX_ORDER_PAGES / 2, 2048);

	KTEST_REQUIRE(exact && contig);
	for (u64 i = 0; i < 5; i++)
		KTEST_CHECK(page_refcount(exact + i) == 1);
	KTEST_CHECK(page_to_pfn(contig) % 2048 == 0);
	KTEST_CHECK(page_refcount(contig + 3 * MAX_ORDER_PAGES / 2 - 1) == 1);
	pages_free_exact(exact, 5);
	pages_free_exact(contig, 3 * MAX_ORDER_PAGES / 2);
}

/* What is taken is what was asked for: the rest of the block that it came from is free. */
KTEST(pages_exact_take_no_more)
{
	enum { NR = 64, NR_PAGES = 5 };
	u64 before = nr_free_pages();
	struct page *exact[NR];

	for (int i = 0; i < NR; i++) {
		exact[i] = pages_alloc_exact(GFP_KERNEL, NR_PAGES);
		KTEST_REQUIRE(exact[i]);
	}
	KTEST_CHECK(nr_free_pages() + NR * NR_PAGES + 64 >= before);
	for (int i = 0; i < NR; i++)
		pages_free_exact(exact[i], NR_PAGES);
	KTEST_CHECK(nr_free_pages() + 64 >= before);
}

/* An empty list takes a batch from the zone, under its lock once. Interrupts off: the list is ours alone. */
KTEST(pcp_refills_by_the_batch)
{
	struct zone *zone = zonelists[GFP_KERNEL & GFP_ZONE_MASK].zones[0];
	struct page_list_cpu *pcp;
	u64 flags, nr_locked;
	u32 nr = 0, batch;
	LIST_HEAD(taken);

	flags = irq_save();
	pcp = pcp_mine(zone);
	batch = pcp->batch;
	pcp_drain(zone);
	nr_locked = pcp->nr_locked;
	for (struct page *page; nr < batch && (page = page_alloc(GFP_ATOMIC)); nr++)
		list_add(&page->lru, &taken);
	nr_locked = pcp->nr_locked - nr_locked;
	irq_restore(flags);
	put_all(&taken);
	KTEST_CHECK(batch > 1 && nr == batch);
	KTEST_CHECK(nr_locked == 1);
}

KTEST(pcp_drain_all_empties_every_hart)
{
	struct page *page = page_alloc(GFP_KERNEL);
	u64 nr = 1;

	KTEST_REQUIRE(page);
	page_put(page);
	/* Another thread may have freed something before we look. */
	for (unsigned tries = 0; tries < 20 && nr; tries++) {
		pcp_drain_all();
		nr = 0;
		for (unsigned i = 0; i < NR_ZONES; i++)
			nr += pcp_nr(&zones[i].pcp[cpu_id()]);
	}
	KTEST_CHECK(nr == 0);
}
