/* Allocation of frames through zones[], watermarks and per-CPU lists. */
#include "hosttest.h"
#include "mem/env.h"
#include "mem/kmap.h"

#include <string.h>

#define START_PFN 0x80000
#define NR_PAGES  4096
#define MAX_HELD  2000

struct held {
	struct page *page;
	unsigned order;
	u8 pattern;
};

static struct held held[MAX_HELD];
static u64 nr_held, nr_held_pages;

static void
boot(void)
{
	env_zones_create(START_PFN, NR_PAGES, START_PFN + 512, START_PFN + NR_PAGES);
	CHECK_EQ(nr_free_pages(), NR_PAGES);
	CHECK_EQ(nr_total_pages(), NR_PAGES);
}

static void
check_filled(const struct held *item)
{
	const u8 *p = page_to_kva(item->page);

	for (u64 i = 0; i < (u64)PAGE_SIZE << item->order; i += 509)
		CHECK_EQ(p[i], item->pattern);
}

static void
alloc_some(gfp_t gfp, unsigned order)
{
	struct page *page = pages_alloc(gfp, order);

	if (!page)
		return;
	CHECK_EQ(page_refcount(page), 1);
	CHECK_EQ(page_mapcount(page), 0);
	CHECK_EQ(page_to_pfn(page) % (1UL << order), 0);
	CHECK(!(gfp & GFP_BIT_DMA) || page_to_pfn(page) < START_PFN + 512);
	if (gfp & GFP_ZERO) {
		const u8 *p = page_to_kva(page);

		for (u64 i = 0; i < (u64)PAGE_SIZE << order; i++)
			CHECK_EQ(p[i], 0);
	}

	struct held *item = &held[nr_held++];

	*item = (struct held){page, order, (u8)rnd()};
	memset(page_to_kva(page), item->pattern, (size_t)PAGE_SIZE << order);
	nr_held_pages += 1UL << order;
}

static void
free_some(u64 which)
{
	struct held *item = &held[which];

	check_filled(item);
	if (rnd_one_in(2)) {
		pages_free(item->page, item->order);
	} else {
		page_get(item->page);
		page_put(item->page);
		page_put(item->page);
	}
	nr_held_pages -= 1UL << item->order;
	*item = held[--nr_held];
}

HOSTTEST(pages_model)
{
	boot();
	for (int step = 0; step < 20000; step++) {
		unsigned order = rnd_one_in(3) ? (unsigned)rnd_below(5) : 0;
		gfp_t gfp = (rnd_one_in(4) ? GFP_ZERO : 0) | (rnd_one_in(6) ? GFP_BIT_DMA : 0);
		bool grow = step / 2000 % 2 == 0;

		env_set_cpu((u32)rnd_below(NR_CPUS));
		if (nr_held < MAX_HELD && (nr_held == 0 || rnd_below(10) < (grow ? 7 : 3)))
			alloc_some(gfp, order);
		else
			free_some(rnd_below(nr_held));
		CHECK_EQ(nr_free_pages(), NR_PAGES - nr_held_pages);
		env_check_idle();
		if (step % 256 == 0)
			for (int i = 0; i < NR_ZONES; i++)
				zone_check(&zones[i]);
	}
	while (nr_held != 0)
		free_some(0);
	env_drain_all();
	for (int i = 0; i < NR_ZONES; i++) {
		zone_check(&zones[i]);
		CHECK_EQ(zones[i].nr_free, zones[i].nr_managed);
	}
}

HOSTTEST(pages_exhaust_and_watermarks)
{
	u64 nr = 0, normal_free;

	boot();
	zones[ZONE_NORMAL].watermark_min = zones[ZONE_NORMAL].watermark_low = 100;
	zones[ZONE_NORMAL].watermark_high = 100;
	for (; nr < NR_PAGES; nr++) {
		struct page *page = pages_alloc(GFP_NOWAIT | GFP_NOWARN, 1);

		if (!page)
			break;
	}
	/* The fallback zone has no watermark and is empty; the other keeps its own. */
	normal_free = zones[ZONE_NORMAL].nr_free;
	CHECK(zones[ZONE_DMA].nr_free < 2);
	CHECK(normal_free >= 100 && normal_free <= 102);
	CHECK(pages_alloc(GFP_ATOMIC | GFP_NOWARN, 1));
	while (pages_alloc(GFP_ATOMIC | GFP_NOWARN, 0))
		;
	/* Half of min, and of that another quarter for who cannot sleep. */
	CHECK_EQ(zones[ZONE_NORMAL].nr_free, 38);
	while (pages_alloc(GFP_MEMALLOC | GFP_NOWARN, 0))
		;
	CHECK_EQ(zones[ZONE_NORMAL].nr_free, 0);
	env_check_idle();
}

/* Pages of the zone that are left when as many as possible were taken and the other has `other`. */
static void
take_until(struct zone *zone, u64 nr_left, const struct zone *other, u64 nr_other)
{
	while (zone->nr_free > nr_left + 1) {
		CHECK(pages_alloc(GFP_NOWAIT, 1));
		CHECK(other->nr_free == nr_other);
	}
}

/* What a zone has above its high watermark is taken first, in all zones, then what they have above low. */
HOSTTEST(pages_come_from_where_more_than_high_is_free)
{
	struct zone *normal = &zones[ZONE_NORMAL], *dma = &zones[ZONE_DMA];

	boot();
	normal->watermark_high = 300;
	normal->watermark_low = 100;
	dma->watermark_high = dma->nr_free - 200;
	dma->watermark_low = dma->watermark_high - 100;
	take_until(normal, 300, dma, dma->nr_free);
	take_until(dma, dma->watermark_high, normal, normal->nr_free);
	take_until(normal, 100, dma, dma->nr_free);
	take_until(dma, dma->watermark_low, normal, normal->nr_free);
	env_check_idle();
}

static unsigned reclaim_calls;
static struct page *reclaimable;

static u64
reclaim(gfp_t gfp, unsigned order)
{
	(void)gfp;
	(void)order;
	CHECK(host_irq_enabled);
	env_check_idle();
	if (++reclaim_calls < 3)
		return 1;
	pages_free(reclaimable, 4);
	return 16;
}

HOSTTEST(pages_reclaim_hook)
{
	struct page *page;

	boot();
	while ((page = pages_alloc(GFP_NOWAIT | GFP_NOWARN, 4)) != NULL)
		reclaimable = page;
	CHECK_EQ(reclaim_calls, 0);
	page_reclaim_hook = reclaim;
	CHECK(pages_alloc(GFP_KERNEL, 4));
	CHECK_EQ(reclaim_calls, 3);
	page_reclaim_hook = NULL;
	CHECK(!pages_alloc(GFP_KERNEL | GFP_NOWARN, 4));
}

HOSTTEST(pages_misuse_panics)
{
	struct page *page, *big;

	boot();
	page = page_alloc(GFP_KERNEL);
	pages_free(page, 0);
	CHECK(page_test(page, PG_pcp));
	EXPECT_PANIC(pages_free(page, 0));
	EXPECT_PANIC(page_put(page));
	EXPECT_PANIC(page_get(page));
	big = pages_alloc(GFP_KERNEL | GFP_COMP, 2);
	CHECK(page_test(big, PG_head) && page_test(big + 3, PG_tail));
	page_get(big);
	EXPECT_PANIC(pages_free(big, 2));
	page_put(big);
	page_put(big);
	CHECK_EQ(big[3].flags, 0);
	big = pages_alloc(GFP_KERNEL, 2);
	EXPECT_PANIC(pages_free(big, 1));
	page = page_alloc(GFP_KERNEL);
	page_get(page);
	EXPECT_PANIC(pages_free(page, 0));
	page = page_alloc(GFP_KERNEL);
	page_set(page, PG_locked);
	EXPECT_PANIC(page_put(page));
}

HOSTTEST(pages_contents)
{
	struct page *a, *b;

	boot();
	a = page_alloc(GFP_KERNEL);
	b = page_alloc(GFP_KERNEL);
	memset(page_to_kva(a), 0x17, PAGE_SIZE);
	page_copy_contents(b, a);
	CHECK(memcmp(page_to_kva(a), page_to_kva(b), PAGE_SIZE) == 0);
	page_zero_contents(a);
	CHECK_EQ(*(u8 *)page_to_kva(a), 0);
	CHECK(kva_to_page(page_to_kva(a)) == a && pa_to_page(page_to_pa(b)) == b);
	CHECK(page_alloc_kva(GFP_KERNEL) != NULL);
}
