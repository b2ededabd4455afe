/*
 * Allocation policy: which zone, down to which watermark, and what to do when there is
 * nothing. The zones themselves (mem/zone.h) only know how to give and take frames.
 */

#include "mem/page_alloc.h"

#include "core/cpu.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/fault_inject.h"
#include "mem/kmap.h"
#include "mem/zone.h"

#define RECLAIM_ROUNDS 16

u64 (*page_reclaim_hook)(gfp_t gfp, unsigned order);
void (*page_lru_release_hook)(struct page *page);

/* Zones that may serve gfp, best first, as indexes into zones[]. */
static int
highest_zone(gfp_t gfp)
{
	if (gfp & GFP_BIT_DMA)
		return ZONE_DMA;
	return gfp & GFP_BIT_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

/* Pages that this caller must leave in the zone. */
static u64
zone_reserve(const struct zone *zone, gfp_t gfp)
{
	if (gfp & GFP_MEMALLOC)
		return 0;
	if (gfp & GFP_BIT_HIGH)
		return zone->watermark_min / 2;
	return zone->watermark_min;
}

static struct page *
zone_alloc(struct zone *zone, gfp_t gfp, unsigned order)
{
	u64 reserve = zone_reserve(zone, gfp);
	struct page *page = NULL;
	u64 flags;

	if (likely(order == 0))
		return pcp_alloc(zone, reserve);
	flags = spin_lock_irqsave(&zone->lock);
	if (zone->nr_free >= reserve + (1UL << order))
		page = buddy_alloc_locked(zone, order);
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

static struct page *
zones_alloc(gfp_t gfp, unsigned order)
{
	for (int i = highest_zone(gfp); i >= 0; i--) {
		struct page *page;

		if (zones[i].nr_managed == 0)
			continue;
		page = zone_alloc(&zones[i], gfp, order);
		if (likely(page))
			return page;
	}
	return NULL;
}

static void
page_prepare(struct page *page, gfp_t gfp, unsigned order)
{
	page->flags = 0;
	page->owner = 0;
	page->private = 0;
	page->mapcount = (atomic_t)ATOMIC_INIT(0);
	atomic_set(&page->refcount, 1);
	if (unlikely(order)) {
		page->order = order;
		page->flags = 1U << PG_head;
		for (u64 i = 1; i < 1UL << order; i++) {
			page[i].flags = 1U << PG_tail;
			page[i].private = i;
		}
	}
	if (gfp & GFP_ZERO)
		for (u64 i = 0; i < 1UL << order; i++)
			page_zero_contents(page + i);
}

static struct page *
alloc_slow(gfp_t gfp, unsigned order)
{
	struct page *page = NULL;

	for (int i = 0; i < RECLAIM_ROUNDS && !page; i++) {
		if (!(gfp & GFP_BIT_RECLAIM) || !page_reclaim_hook)
			break;
		if (page_reclaim_hook(gfp, order) == 0 || gfp & GFP_NORETRY)
			i = RECLAIM_ROUNDS;
		page = zones_alloc(gfp, order);
	}
	if (!page && !(gfp & GFP_NOWARN))
		printk(LOG_DEBUG, "page allocation failed: order %u, gfp %#x, in %s", order, gfp,
		       current_thread_info->name);
	return page;
}

struct page *
pages_alloc(gfp_t gfp, unsigned order)
{
	struct page *page;

	assert(order <= MAX_ORDER);
#ifdef DEBUG
	if (gfp & GFP_BIT_RECLAIM)
		might_sleep();
#endif
	if (fault_page_alloc(gfp, order))
		return NULL;
	page = zones_alloc(gfp, order);
	if (unlikely(!page))
		page = alloc_slow(gfp, order);
	if (likely(page))
		page_prepare(page, gfp, order);
	return page;
}

struct page *
page_alloc_user(gfp_t gfp, u64 uva)
{
	(void)uva;
	return pages_alloc(gfp, 0);
}

/* => no owner is left */
static void
page_release(struct page *page, unsigned order)
{
	struct zone *zone = &zones[page->zone];
	u64 flags;

	if (unlikely(page_test(page, PG_lru)))
		page_lru_release_hook(page);
	if (unlikely(page->flags & ((1U << PG_reserved) | (1U << PG_buddy) | (1U << PG_pcp) |
				    (1U << PG_slab) | (1U << PG_locked) | (1U << PG_tail))))
		panic("page %lu freed with flags %#x", page_to_pfn(page), page->flags);
	assert(page_mapcount(page) == 0);
	if (likely(order == 0)) {
		pcp_free(zone, page);
		return;
	}
	for (u64 i = 0; i < 1UL << order; i++)
		page[i].flags = 0;
	flags = spin_lock_irqsave(&zone->lock);
	buddy_free_locked(zone, page, order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void
page_put(struct page *page)
{
	s32 now = atomic_dec(&page->refcount);

	assert(now >= 0);
	if (now == 0)
		page_release(page, page_test(page, PG_head) ? page->order : 0);
}

void
pages_free(struct page *page, unsigned order)
{
	s32 now = atomic_dec(&page->refcount);

	if (unlikely(now != 0))
		panic("page %lu freed with %d owners left", page_to_pfn(page), now);
	assert(order == (page_test(page, PG_head) ? page->order : 0));
	page_release(page, order);
}

void *
pages_alloc_kva(gfp_t gfp, unsigned order)
{
	struct page *page;

	assert(!(gfp & GFP_BIT_HIGHMEM));
	page = pages_alloc(gfp, order);
	return page ? page_to_kva(page) : NULL;
}

void
pages_free_kva(void *kva, unsigned order)
{
	pages_free(kva_to_page(kva), order);
}

u64
nr_free_pages(void)
{
	u64 nr = 0;

	for (int i = 0; i < NR_ZONES; i++) {
		nr += READ_ONCE(zones[i].nr_free);
		for (u32 cpu = 0; cpu < nr_cpus; cpu++)
			nr += READ_ONCE(zones[i].pcp[cpu].nr);
	}
	return nr;
}

u64
nr_total_pages(void)
{
	u64 nr = 0;

	for (int i = 0; i < NR_ZONES; i++)
		nr += zones[i].nr_managed;
	return nr;
}

void
page_copy_contents(struct page *dst, struct page *src)
{
	void *to = kmap_local_page(dst);
	void *from = kmap_local_page(src);

	page_copy(to, from);
	kunmap_local(from);
	kunmap_local(to);
}

void
page_zero_contents(struct page *page)
{
	void *kva = kmap_local_page(page);

	page_zero(kva);
	kunmap_local(kva);
}
