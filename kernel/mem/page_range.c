/*
 * Pages by the number: many at once, contiguous ones whose number is no power of two, and stretches
 * larger than the largest block.
 *
 * For the last, every aligned place is tried in turn, each under the zone's lock for as long as
 * its frames are looked at. Per-CPU lists and pools of colours are emptied first, so that a page that
 * is free is in the buddy.
 */

#include "core/cpu.h"
#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/early.h"
#include "mem/fault_inject.h"
#include "mem/kmap.h"
#include "mem/page_color.h"
#include "mem/page_slow.h"
#include "mem/pcp.h"

/* => the order of the smallest block that has so many pages */
static unsigned
order_of(u64 nr_pages)
{
	unsigned order = 0;

	while (1UL << order < nr_pages)
		order++;
	return order;
}

u64
pages_alloc_bulk(gfp_t gfp, u64 nr, struct page **pages)
{
	struct zone *zone = zonelists[gfp & GFP_ZONE_MASK].zones[0];
	u64 reserve = zone->watermark_low + zone->lowmem_reserve[zone->index];
	u64 flags, done = 0;

	page_alloc_check_context(gfp);
	if (fault_page_alloc(gfp, 0))
		return 0;
	flags = irq_save();
	while (done < nr) {
		struct page *page = pcp_pop(pcp_mine(zone));

		if (!page)
			page = pcp_refill(zone, reserve);
		if (!page)
			break;
		pages[done++] = page;
	}
	irq_restore(flags);
	for (u64 i = 0; i < done; i++) {
		page_prepare(pages[i]);
		if (gfp & GFP_ZERO)
			page_zero_contents(pages[i]);
	}
	if (done == 0 && nr > 0) {
		pages[0] = page_alloc(gfp);
		done = pages[0] != NULL;
	}
	return done;
}

/* Frames that nobody has become single pages. */
static void
frames_prepare(struct page *page, u64 nr_pages, gfp_t gfp)
{
	for (u64 i = 0; i < nr_pages; i++) {
		page_prepare(page + i);
		if (gfp & GFP_ZERO)
			page_zero_contents(page + i);
	}
}

struct page *
pages_alloc_exact(gfp_t gfp, u64 nr_pages)
{
	unsigned order = order_of(nr_pages);
	struct page *page;

	if (nr_pages == 0 || order > MAX_ORDER)
		return NULL;
	page = pages_alloc(gfp & ~(GFP_COMP | GFP_ZERO), order);
	if (!page)
		return NULL;
	frames_prepare(page, 1UL << order, 0);
	for (u64 i = nr_pages; i < 1UL << order; i++)
		page_put(page + i);
	for (u64 i = 0; i < nr_pages && gfp & GFP_ZERO; i++)
		page_zero_contents(page + i);
	return page;
}

void
pages_free_exact(struct page *page, u64 nr_pages)
{
	for (u64 i = 0; i < nr_pages; i++)
		pages_free(page + i, 0);
}

/* => zone->lock held; are they all in free blocks? Blocks without struct pages get them. */
static bool
range_is_free_locked(struct zone *zone, u64 pfn, u64 end)
{
	while (pfn < end) {
		struct page *block;
		unsigned order;

		zone_undefer_locked(zone, pfn);
		if (!pfn_to_online_page(pfn))
			return false;
		block = buddy_block_of_locked(zone, pfn, &order);
		if (!block)
			return false;
		pfn = page_to_pfn(block) + (1UL << order);
	}
	return true;
}

/* `reserve` pages stay in the zone. => false: not all of them are free */
static bool
range_take(struct zone *zone, u64 pfn, u64 nr_pages, u64 reserve)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	bool is_free = zone->nr_free >= reserve + nr_pages &&
		       range_is_free_locked(zone, pfn, pfn + nr_pages);

	if (is_free) {
		buddy_take_range_locked(zone, pfn, pfn + nr_pages);
		zone->nr_allocated += nr_pages;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return is_free;
}

static struct page *
zone_alloc_contig(struct zone *zone, u64 nr_pages, u64 align_pages, u64 reserve)
{
	for (u64 pfn = ALIGN_UP(zone->start_pfn, align_pages); pfn + nr_pages <= zone->end_pfn;
	     pfn += align_pages)
		if (range_take(zone, pfn, nr_pages, reserve))
			return pfn_to_page(pfn);
	return NULL;
}

struct page *
pages_alloc_contig(gfp_t gfp, u64 nr_pages, u64 align_pages)
{
	const struct zonelist *list = &zonelists[gfp & GFP_ZONE_MASK];

	assert(IS_POWER_OF_2(align_pages));
	if (nr_pages == 0 || fault_page_alloc(gfp, order_of(nr_pages)))
		return NULL;
	page_color_drain();
	pcp_drain_all();
	for (unsigned i = 0; list->zones[i]; i++) {
		struct zone *zone = list->zones[i];
		struct page *page = zone_alloc_contig(zone, nr_pages, align_pages,
						      zone_reserve(zone, list->zones[0], gfp));

		if (!page)
			continue;
		frames_prepare(page, nr_pages, gfp);
		return page;
	}
	return NULL;
}

bool
pfn_is_ram(u64 pfn)
{
	for (unsigned i = 0; i < nr_ram_regions; i++)
		if (pfn >= ram_regions[i].pa >> PAGE_SHIFT &&
		    pfn < (ram_regions[i].pa + ram_regions[i].size) >> PAGE_SHIFT)
			return true;
	return false;
}

struct page *
pfn_to_online_page(u64 pfn)
{
	const struct mem_region *reserved;

	if (!pfn_is_ram(pfn) || pfn_deferred(pfn))
		return NULL;
	reserved = early_region_of(pfn << PAGE_SHIFT);
	return reserved && reserved->kind == EARLY_STRUCT_PAGES ? NULL : pfn_to_page(pfn);
}
