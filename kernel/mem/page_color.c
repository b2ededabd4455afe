/*
 * A cache that is indexed by physical addresses has sets * line bytes in each way; two pages whose
 * frame numbers are equal modulo way / 4096 compete for the same sets. There are so many colours.
 * When consecutive virtual pages have consecutive colours, a working set of the cache's size fits
 * into it; with frames at random, some sets get too many pages and others none.
 *
 *	page_color_alloc(at) ---> this hart's list of the colour
 *	                             | empty: N contiguous frames, one of each colour, come from
 *	                             |        the buddy at once
 *	                             | none:  one frame out of a smaller free block
 *	                             v none:  NULL, and any frame will do
 *
 * Frees know nothing of this: pages go to the ordinary lists and join into large blocks in the
 * buddy, from where they come back here. The lists are emptied when memory is short, and when somebody
 * looks for a long stretch. A hart keeps at most a few frames of each colour, for a program that uses
 * only some colours would otherwise leave all the others here.
 *
 * Locking: `lock` of a hart's pool, taken by that hart's threads and by whoever empties it; never in
 * an interrupt. Nothing is locked inside it.
 */

#include "mem/page_color.h"

#include "core/machine.h"
#include "core/printk.h"
#include "lib/bitops.h"
#include "mem/kasan.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/page_slow.h"
#include "mem/pcp.h"
#include "mem/vmstat.h"

/* Frames of each colour, on average, above which a hart keeps no others. */
#define POOL_FRAMES_PER_COLOR 4
/* Free blocks of an order that are looked at for one with the colour. */
#define SCAN_MAX 64

struct color_pool {
	struct spinlock lock;
	u32 nr;		       /* frames in all lists */
	u32 nr_zone[NR_ZONES]; /* of them, those of each zone */
	struct list_head frames[PAGE_COLORS_MAX];
} ALIGNED(64);

u32 page_color_mask;
static u32 color_order; /* 2^color_order colours */
static struct color_pool pools[NR_CPUS];

static u32
page_color(const struct page *page)
{
	return page_to_pfn(page) & page_color_mask;
}

/* => pool->lock held; a page that its owner gives up */
static void
pool_insert_locked(struct color_pool *pool, struct page *page)
{
	kasan_page_free(page, 0);
	atomic_set(&page->refcount, 0);
	page->flags = 1U << PG_pcp;
	list_add(&page->lru, &pool->frames[page_color(page)]);
	pool->nr++;
	pool->nr_zone[page->zone]++;
}

/* => a free frame, or NULL */
static struct page *
pool_take(struct color_pool *pool, u32 color)
{
	struct page *page;

	spin_lock(&pool->lock);
	page = list_first_entry_or_null(&pool->frames[color], struct page, lru);
	if (page) {
		list_del(&page->lru);
		pool->nr--;
		pool->nr_zone[page->zone]--;
	}
	spin_unlock(&pool->lock);
	return page;
}

/* Get one frame of each colour. => that of `color`, or NULL; the others are in the pool, or free */
static struct page *
pool_refill(struct color_pool *pool, gfp_t gfp, u32 color)
{
	u32 nr_colors = page_color_mask + 1, kept = 0;
	struct page *first = pages_try_alloc(gfp & GFP_ZONE_MASK, color_order);

	if (!first)
		return NULL;
	spin_lock(&pool->lock);
	if (pool->nr < POOL_FRAMES_PER_COLOR * nr_colors)
		for (; kept < nr_colors; kept++)
			if (page_color(first + kept) != color)
				pool_insert_locked(pool, first + kept);
	spin_unlock(&pool->lock);
	for (; kept < nr_colors; kept++)
		if (page_color(first + kept) != color)
			page_put(first + kept);
	return first + color;
}

/* => zone->lock held; a free block smaller than all colours that has a frame of this one, or NULL */
static struct page *
block_find_locked(struct zone *zone, u32 color, u64 *pfn)
{
	for (u32 order = 0; order < color_order; order++) {
		struct page *block;
		unsigned seen = 0;

		list_for_each_entry(block, &zone->areas[order].blocks, lru) {
			if (page_color(block) >> order == color >> order) {
				*pfn = page_to_pfn(block) | (color & ((1U << order) - 1));
				return block;
			}
			if (++seen == SCAN_MAX)
				break;
		}
	}
	return NULL;
}

static struct page *
zone_take_color(struct zone *zone, u64 reserve, u32 color)
{
	u64 flags = spin_lock_irqsave(&zone->lock), pfn = 0;
	bool found = zone->nr_free > reserve && block_find_locked(zone, color, &pfn);

	if (found) {
		buddy_take_range_locked(zone, pfn, pfn + 1);
		zone->nr_allocated++;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return found ? pfn_to_page(pfn) : NULL;
}

/* No block with all colours is left. */
static struct page *
zones_take_color(gfp_t gfp, u32 color)
{
	const struct zonelist *list = &zonelists[gfp & GFP_ZONE_MASK];
	struct page *page = NULL;

	for (unsigned i = 0; list->zones[i] && !page; i++) {
		struct zone *zone = list->zones[i];
		u64 reserve = zone->watermark_low + zone->lowmem_reserve[list->zones[0]->index];

		page = zone_take_color(zone, reserve, color);
	}
	return page;
}

struct page *
page_color_alloc(gfp_t gfp, u64 at)
{
	u32 color = (at >> PAGE_SHIFT) & page_color_mask;
	struct color_pool *pool = &pools[cpu_id()];
	struct page *page = NULL;

	if (gfp & GFP_BIT_HIGHMEM)
		page = pool_take(pool, color);
	if (!page && gfp & GFP_BIT_HIGHMEM)
		page = pool_refill(pool, gfp, color);
	if (!page)
		page = zones_take_color(gfp, color);
	vmstat_add(page ? PGCOLOR_HIT : PGCOLOR_MISS, 1);
	if (!page)
		return NULL;
	page_prepare(page);
	if (gfp & GFP_ZERO)
		page_zero_contents(page);
	return page;
}

u64
page_color_nr_kept(u32 cpu, unsigned zone)
{
	return READ_ONCE(pools[cpu].nr_zone[zone]);
}

static void
pool_drain(struct color_pool *pool)
{
	for (u32 color = 0; color <= page_color_mask; color++) {
		struct page *page;

		while ((page = pool_take(pool, color)) != NULL) {
			page_prepare(page);
			page_put(page);
		}
	}
}

void
page_color_drain(void)
{
	for (u32 cpu = 0; cpu < nr_cpus && page_color_mask; cpu++)
		pool_drain(&pools[cpu]);
}

void INIT
page_color_init(void)
{
	u64 nr = bootarg_u64("page_colors", 0);

	if (nr <= 1)
		return;
	if (!IS_POWER_OF_2(nr) || nr > PAGE_COLORS_MAX) {
		pr_warn("page_colors=%lu: not a power of two up to %d, no colouring", nr,
			PAGE_COLORS_MAX);
		return;
	}
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		spin_init(&pools[cpu].lock, "page_color", RANK_ZONE);
		for (u32 color = 0; color < nr; color++)
			list_init(&pools[cpu].frames[color]);
	}
	while (1UL << color_order < nr)
		color_order++;
	page_color_mask = nr - 1;
	pr_info("%lu page colours", nr);
}
