#pragma once

/* Per-CPU lists of single pages: what page_alloc.c needs of mem/pcp.c. Interrupts are off throughout. */

#include "core/cpu.h"
#include "mem/kmap.h"
#include "mem/zone.h"

/* Pages in the list now; of another hart: about so many. */
static inline u64
pcp_nr(const struct page_list_cpu *pcp)
{
	s64 nr = (s64)(READ_ONCE(pcp->nr_freed) - READ_ONCE(pcp->nr_allocated)) + pcp->high -
		 READ_ONCE(pcp->limit);

	return MAX(nr, 0L);
}

/* => NULL when the list is empty */
static ALWAYS_INLINE struct page *
pcp_pop(struct page_list_cpu *pcp)
{
	struct list_head *first = pcp->pages.next, *second;

	if (unlikely(first == &pcp->pages))
		return NULL;
	second = first->next;
	second->prev = &pcp->pages;
	pcp->pages.next = second;
	pcp->nr_allocated++;
	return container_of(first, struct page, lru);
}

/* A free frame, on no list any more, becomes a page with one owner. */
static ALWAYS_INLINE void
page_prepare(struct page *page, gfp_t gfp)
{
	page->flags = 0;
	page->refcount = (atomic_t)ATOMIC_INIT(1);
	page->mapcount = (atomic_t)ATOMIC_INIT(0);
	page->owner = 0;
	page->private = 0;
	if (gfp & GFP_ZERO)
		page_zero_contents(page);
}

/* Refill the list from the zone, down to `reserve` free pages there. => a page of it, or NULL */
struct page *pcp_refill(struct zone *zone, u64 reserve);

/* The list is longer than it should be: a batch goes back to the buddy. */
void pcp_shrink(struct zone *zone, struct page_list_cpu *pcp);

static ALWAYS_INLINE void
pcp_push(struct zone *zone, struct page *page)
{
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];

	page->flags = 1U << PG_pcp;
	list_add(&page->lru, &pcp->pages);
	pcp->nr_freed++;
	if (unlikely((s64)(pcp->nr_freed - pcp->nr_allocated) > pcp->limit))
		pcp_shrink(zone, pcp);
}

/* Empty lists, and their sizes by that of the zone. */
void pcp_init(struct zone *zone);
void pcp_set_sizes(struct zone *zone);

/* Give back what this hart keeps of one zone. Any context. */
void pcp_drain(struct zone *zone);
/* ... what all harts keep of all zones; they are interrupted. => may sleep, no lock is held */
void pcp_drain_all(void);
/* What a hart does when it is interrupted for that. */
void pcp_drain_if_asked(void);

/* => interrupts off. Walk this hart's list; panics, naming what is wrong. */
void pcp_check(struct zone *zone);
