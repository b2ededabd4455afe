#pragma once

/* What mem/page_fast.c leaves to mem/page_alloc.c. */

#include "core/spinlock.h"
#include "mem/page_alloc.h"

/* A page with one of these cannot be freed at all, */
#define PAGE_FLAGS_IN_USE                                                                      \
	(1U << PG_reserved | 1U << PG_buddy | 1U << PG_pcp | 1U << PG_slab | 1U << PG_locked | \
	 1U << PG_tail | 1U << PG_table)
/* and with one of these not in the shortest way. */
#define PAGE_FLAGS_SLOW (PAGE_FLAGS_IN_USE | 1U << PG_lru | 1U << PG_head)

struct zone;

/* Debug builds: may this caller sleep, when it says that it may? */
static inline void
page_alloc_check_context(gfp_t gfp)
{
#ifdef DEBUG
	if (gfp & GFP_BIT_RECLAIM)
		might_sleep();
#else
	(void)gfp;
#endif
}

/* Pages that this caller must leave in the zone, where `best` is the zone that it would rather have. */
u64 zone_reserve(const struct zone *zone, const struct zone *best, gfp_t gfp);

/*
 * 2^order contiguous frames, each a page of its own, of what is above the low watermarks: for who can do
 * without, so kswapd is not woken, and it is no request that fault injection counts. Any context.
 */
struct page *pages_try_alloc(gfp_t gfp, unsigned order);

/* page_alloc() with GFP_ZERO, or while failures are injected. */
struct page *page_alloc_special(gfp_t gfp);
/* ... when the hart's list is empty. */
struct page *page_alloc_slow(gfp_t gfp);

/* => no owner is left, and the page has one of PAGE_FLAGS_SLOW */
void page_release_slow(struct page *page);
/* => interrupts are off, flags says how they were; the hart's list is too long */
void page_release_full(struct zone *zone, u64 flags);
/* The counts were not 1 and 0 before a page_put(): others own the page, or this is a bug. */
void page_put_check(struct page *page, u64 old);
