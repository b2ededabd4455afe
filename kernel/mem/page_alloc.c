/*
 * Allocation policy: which zone, down to which watermark, and what to do when there is
 * nothing. The zones themselves (mem/zone.h) only know how to give and take frames.
 *
 *	1  the hart's own list of the best zone (no lock, no watermark)
 *	2  every zone of the list, down to its high watermark, then to low: so that all are used as
 *	   they are reclaimed, which is down to which has the oldest pages
 *	   ... none: the thread that reclaims is woken
 *	3  every zone, down to min or as much further as gfp says
 *	4  may sleep: once, what other harts keep on their lists, then 3 again
 *	5  may sleep: reclaim, then 3 again, and so on while something is freed
 *	6  GFP_KERNEL, small: let somebody be killed (mem/page_oom.h), then 3 again
 */

#include "mem/page_alloc.h"

#include "core/cpu.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/fault_inject.h"
#include "mem/kasan.h"
#include "mem/kmap.h"
#include "mem/page_color.h"
#include "mem/page_oom.h"
#include "mem/page_slow.h"
#include "mem/pcp.h"
#include "mem/vmstat.h"

#define RECLAIM_ROUNDS	   16
#define OOM_ROUNDS_RECLAIM 32

u64 (*page_reclaim_hook)(gfp_t gfp, unsigned order);
void (*page_low_hook)(void);
void (*page_lru_release_hook)(struct page *page);

enum mark { MARK_HIGH, MARK_LOW, MARK_MIN };

u64
zone_reserve(const struct zone *zone, const struct zone *best, gfp_t gfp)
{
	u64 pages = zone->watermark_min;

	if (gfp & GFP_MEMALLOC)
		return 0;
	if (gfp & GFP_BIT_HIGH) {
		pages -= pages / 2;
		if (!(gfp & GFP_BIT_RECLAIM))
			pages -= pages / 4;
	}
	return pages + zone->lowmem_reserve[best->index];
}

/* The same, unless another zone is to be asked, or kswapd to be woken, before more is taken. */
static u64
zone_reserve_at(const struct zone *zone, const struct zone *best, gfp_t gfp, enum mark mark)
{
	if (mark == MARK_MIN || gfp & GFP_MEMALLOC)
		return zone_reserve(zone, best, gfp);
	return (mark == MARK_HIGH ? zone->watermark_high : zone->watermark_low) +
	       zone->lowmem_reserve[best->index];
}

/* What the hart's list has may have come out of a reserve, so it is not given where the zone would not give. */
static struct page *
zone_alloc(struct zone *zone, unsigned order, u64 reserve)
{
	u64 flags = irq_save();
	struct page *page = NULL;

	if (order == 0 && (reserve == 0 || READ_ONCE(zone->nr_free) > reserve)) {
		page = pcp_pop(pcp_mine(zone));
		if (!page)
			page = pcp_refill(zone, reserve);
	} else if (order > 0) {
		spin_lock(&zone->lock);
		if (zone->nr_free >= reserve + (1UL << order))
			page = buddy_alloc_locked(zone, order);
		if (page)
			zone->nr_allocated += 1UL << order;
		spin_unlock(&zone->lock);
	}
	irq_restore(flags);
	return page;
}

static struct page *
zonelist_alloc(gfp_t gfp, unsigned order, enum mark mark)
{
	const struct zonelist *list = &zonelists[gfp & GFP_ZONE_MASK];

	for (unsigned i = 0; list->zones[i]; i++) {
		struct zone *zone = list->zones[i];
		struct page *page =
			zone_alloc(zone, order, zone_reserve_at(zone, list->zones[0], gfp, mark));

		if (likely(page))
			return page;
	}
	return NULL;
}

/* Steps 4 and 5. */
static struct page *
alloc_reclaim(gfp_t gfp, unsigned order)
{
	struct page *page;

	page_color_drain();
	pcp_drain_all();
	page = zonelist_alloc(gfp, order, MARK_MIN);
	for (int i = 0; i < RECLAIM_ROUNDS && !page && page_reclaim_hook; i++) {
		if (page_reclaim_hook(gfp, order) == 0 || gfp & GFP_NORETRY)
			i = RECLAIM_ROUNDS;
		page = zonelist_alloc(gfp, order, MARK_MIN);
	}
	return page;
}

/*
 * Step 6. A thread that was killed meanwhile tries once more, with the reserves. Whoever decides on a
 * kill reclaims before that, for all who wait; each of them does so for himself only now and then,
 * for with many of them that would be all that happens.
 */
static struct page *
alloc_patient(gfp_t gfp, unsigned order)
{
	struct page *page = alloc_reclaim(page_oom_gfp(gfp), order);
	struct page_oom oom = {0};

	while (!page && page_oom_retry(&oom, gfp, order)) {
		page = zonelist_alloc(page_oom_gfp(gfp), order, MARK_MIN);
		if (!page && oom.nr_rounds % OOM_ROUNDS_RECLAIM == 0)
			page = alloc_reclaim(page_oom_gfp(gfp), order);
	}
	return page;
}

struct page *
pages_try_alloc(gfp_t gfp, unsigned order)
{
	struct page *first = zonelist_alloc(gfp, order, MARK_LOW);

	for (u64 i = 0; first && i < 1UL << order; i++)
		page_prepare(first + i);
	return first;
}

bool
page_alloc_possible(gfp_t gfp, unsigned order)
{
	const struct zonelist *list = &zonelists[gfp & GFP_ZONE_MASK];

	for (unsigned i = 0; list->zones[i]; i++) {
		struct zone *zone = list->zones[i];
		u64 reserve = zone_reserve(zone, list->zones[0], gfp);

		if (READ_ONCE(zone->nr_free) < reserve + (1UL << order))
			continue;
		for (unsigned o = order; o <= MAX_ORDER; o++)
			if (zone_nr_blocks(zone, o))
				return true;
	}
	return false;
}

static struct page *
alloc_slow(gfp_t gfp, unsigned order)
{
	struct page *page = zonelist_alloc(gfp, order, MARK_HIGH);

	if (unlikely(!page))
		page = zonelist_alloc(gfp, order, MARK_LOW);
	if (unlikely(!page)) {
		if (page_low_hook)
			page_low_hook();
		page = zonelist_alloc(gfp, order, MARK_MIN);
	}
	if (unlikely(!page && gfp & GFP_BIT_RECLAIM))
		page = alloc_patient(gfp, order);
	if (unlikely(!page && !(gfp & GFP_NOWARN)))
		printk(LOG_DEBUG, "page allocation failed: order %u, gfp %#x, in %s", order, gfp,
		       current_thread_info->name);
	return page;
}

static void
block_prepare(struct page *page, gfp_t gfp, unsigned order)
{
	kasan_page_alloc(page, order);
	page_prepare(page);
	page->order = order;
	page->flags = 1U << PG_head;
	for (u64 i = 1; i < 1UL << order && gfp & GFP_COMP; i++) {
		page[i].flags = 1U << PG_tail;
		page[i].private = i;
	}
	for (u64 i = 0; i < 1UL << order && gfp & GFP_ZERO; i++)
		page_zero_contents(page + i);
}

struct page *
page_alloc_slow(gfp_t gfp)
{
	struct page *page = alloc_slow(gfp, 0);

	if (likely(page))
		page_prepare(page);
	return page;
}

struct page *
page_alloc_special(gfp_t gfp)
{
	struct zone *zone = zonelists[gfp & GFP_ZONE_MASK].zones[0];
	struct page *page;
	u64 flags;

	if (fault_page_alloc(gfp, 0))
		return NULL;
	flags = irq_save();
	page = pcp_pop(pcp_mine(zone));
	irq_restore(flags);
	if (likely(page))
		page_prepare(page);
	else
		page = page_alloc_slow(gfp);
	if (page && gfp & GFP_ZERO)
		page_zero_contents(page);
	return page;
}

struct page *
pages_alloc(gfp_t gfp, unsigned order)
{
	struct page *page;

	if (order == 0)
		return page_alloc(gfp);
	assert(order <= MAX_ORDER);
	page_alloc_check_context(gfp);
	if (fault_page_alloc(gfp, order))
		return NULL;
	page = alloc_slow(gfp, order);
	if (likely(page))
		block_prepare(page, gfp, order);
	return page;
}

static NOINLINE struct page *
alloc_colored(gfp_t gfp, u64 at)
{
	struct page *page;

	page_alloc_check_context(gfp);
	if (fault_page_alloc(gfp, 0))
		return NULL;
	page = page_color_alloc(gfp, at);
	if (page)
		return page;
	page = page_alloc_slow(gfp);
	if (page && gfp & GFP_ZERO)
		page_zero_contents(page);
	return page;
}

struct page *
page_alloc_user(gfp_t gfp, u64 at)
{
	if (likely(!page_color_mask))
		return page_alloc(gfp);
	return alloc_colored(gfp, at);
}

/* A block of order > 0 without owners. */
static void
block_release(struct page *page, unsigned order)
{
	struct zone *zone = zone_of(page);
	u64 flags;

	if (page_test(page + 1, PG_tail))
		for (u64 i = 1; i < 1UL << order; i++)
			page[i].flags = 0;
	page->flags = 0;
	kasan_page_free(page, order);
	flags = spin_lock_irqsave(&zone->lock);
	buddy_free_locked(zone, page, order);
	zone->nr_freed += 1UL << order;
	spin_unlock_irqrestore(&zone->lock, flags);
}

void
page_release_full(struct zone *zone, u64 flags)
{
	pcp_exchange(zone);
	irq_restore(flags);
}

static void
page_release_one(struct page *page)
{
	struct zone *zone = zone_of(page);
	u64 flags = irq_save();

	if (!pcp_push(pcp_mine(zone), page))
		pcp_exchange(zone);
	irq_restore(flags);
}

void
page_release_slow(struct page *page)
{
	if (page_test(page, PG_lru))
		page_lru_release_hook(page);
	if (page->flags & PAGE_FLAGS_IN_USE || page_mapcount(page))
		panic("page %lu freed with flags %#x, mapped %d times", page_to_pfn(page),
		      page->flags, page_mapcount(page));
	if (page_test(page, PG_head))
		block_release(page, page->order);
	else
		page_release_one(page);
}

void
page_put_check(struct page *page, u64 old)
{
	s32 was = (s32)old;

	assert(was > 0);
	if (was == 1)
		page_release_slow(page);
}

void
pages_free(struct page *page, unsigned order)
{
	s32 was = page_refcount(page);

	if (unlikely(was != 1))
		panic("page %lu freed with %d owners left", page_to_pfn(page), was - 1);
	assert(order == (page_test(page, PG_head) ? page->order : 0));
	page_put(page);
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

	for (int i = 0; i < NR_ZONES; i++)
		nr += zone_nr_free_all(&zones[i]);
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

static NOINLINE void
page_copy_kmapped(struct page *dst, struct page *src)
{
	void *to = kmap_local_page(dst);
	void *from = kmap_local_page(src);

	page_copy(to, from);
	kunmap_local(from);
	kunmap_local(to);
}

void
page_copy_contents(struct page *dst, struct page *src)
{
	if (likely(page_in_directmap(dst) && page_in_directmap(src)))
		page_copy(page_to_kva(dst), page_to_kva(src));
	else
		page_copy_kmapped(dst, src);
}

void
page_zero_contents(struct page *page)
{
	void *kva = kmap_local_page(page);

	page_zero(kva);
	kunmap_local(kva);
}
