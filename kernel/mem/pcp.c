/*
 * Per-CPU lists of single pages. Most allocations and frees touch only the list of their
 * own hart, with interrupts off and no lock; every `batch` of them the zone is asked once.
 */

#include "core/cpu.h"
#include "mem/zone.h"

static void
pcp_refill(struct zone *zone, struct page_list_cpu *pcp, u64 reserve)
{
	spin_lock(&zone->lock);
	for (u32 i = 0; i < pcp->batch && zone->nr_free > reserve; i++) {
		struct page *page = buddy_alloc_locked(zone, 0);

		if (!page)
			break;
		page_set(page, PG_pcp);
		list_add_tail(&page->lru, &pcp->pages);
		pcp->nr++;
	}
	spin_unlock(&zone->lock);
}

static void
pcp_return(struct zone *zone, struct page_list_cpu *pcp, u32 nr)
{
	spin_lock(&zone->lock);
	while (nr-- > 0) {
		struct page *page = list_last_entry(&pcp->pages, struct page, lru);

		list_del(&page->lru);
		page_clear(page, PG_pcp);
		pcp->nr--;
		buddy_free_locked(zone, page, 0);
	}
	spin_unlock(&zone->lock);
}

struct page *
pcp_alloc(struct zone *zone, u64 reserve)
{
	u64 flags = irq_save();
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];
	struct page *page = NULL;

	if (unlikely(!pcp->nr))
		pcp_refill(zone, pcp, reserve);
	if (likely(pcp->nr)) {
		page = list_first_entry(&pcp->pages, struct page, lru);
		list_del(&page->lru);
		page->flags = 0;
		pcp->nr--;
	}
	irq_restore(flags);
	return page;
}

void
pcp_free(struct zone *zone, struct page *page)
{
	u64 flags = irq_save();
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];

	page->flags = 1U << PG_pcp;
	list_add(&page->lru, &pcp->pages);
	if (unlikely(++pcp->nr > pcp->high))
		pcp_return(zone, pcp, pcp->batch);
	irq_restore(flags);
}

void
pcp_drain(struct zone *zone)
{
	u64 flags = irq_save();
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];

	pcp_return(zone, pcp, pcp->nr);
	irq_restore(flags);
}
