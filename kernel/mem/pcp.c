/*
 * Per-CPU lists of single pages. Most allocations and frees touch only the list of their
 * own hart, with interrupts off and no lock; every `batch` of them the zone is asked once.
 *
 *	alloc <--- first [ hot ... cold ] last ---> batch to the buddy when longer than high
 *	free  --->       [             ]      <--- batch from the buddy when empty
 *
 * The number of pages on a list is what went in less what went out:
 *
 *	nr = nr_freed - nr_allocated + refilled - returned
 *
 * and the last two change in the slow paths only, so they are kept as
 * limit = high - refilled + returned: the list is too long when nr_freed - nr_allocated > limit.
 */

#include "mem/pcp.h"

#include "core/panic.h"
#include "lib/bitops.h"

/* Linux's 63, here a little less: about 1/1000 of 128 MiB. */
#define PCP_BATCH_MAX 32
/* Batches that a list may hold. */
#define PCP_HIGH_BATCHES 6

static cpumask_t drain_wanted; /* atomic: harts that were asked and have not drained yet */

void
pcp_init(struct zone *zone)
{
	for (unsigned i = 0; i < NR_CPUS; i++)
		list_init(&zone->pcp[i].pages);
	pcp_set_sizes(zone);
}

/* A batch is about 1/4096 of the zone, so that small zones keep little back. */
void
pcp_set_sizes(struct zone *zone)
{
	u32 batch = CLAMP(zone->nr_managed / 4096, 4UL, (u64)PCP_BATCH_MAX);

	for (unsigned i = 0; i < NR_CPUS; i++) {
		struct page_list_cpu *pcp = &zone->pcp[i];

		pcp->batch = batch;
		pcp->limit += (s64)(batch * PCP_HIGH_BATCHES) - pcp->high;
		pcp->high = batch * PCP_HIGH_BATCHES;
	}
}

struct page *
pcp_refill(struct zone *zone, u64 reserve)
{
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];

	spin_lock(&zone->lock);
	pcp->nr_locked++;
	for (u32 i = 0; i < pcp->batch && zone->nr_free > reserve; i++) {
		struct page *page = buddy_alloc_locked(zone, 0);

		if (!page)
			break;
		page->flags = 1U << PG_pcp;
		list_add_tail(&page->lru, &pcp->pages);
		pcp->limit--;
	}
	spin_unlock(&zone->lock);
	return pcp_pop(pcp);
}

/* The coldest pages of the list. */
static void
pcp_return(struct zone *zone, struct page_list_cpu *pcp, u64 nr)
{
	spin_lock(&zone->lock);
	pcp->nr_locked++;
	for (; nr > 0 && !list_empty(&pcp->pages); nr--) {
		struct page *page = list_last_entry(&pcp->pages, struct page, lru);

		list_del(&page->lru);
		page->flags = 0;
		pcp->limit++;
		buddy_free_locked(zone, page, 0);
	}
	spin_unlock(&zone->lock);
}

void
pcp_shrink(struct zone *zone, struct page_list_cpu *pcp)
{
	pcp_return(zone, pcp, pcp->batch);
}

void
pcp_drain(struct zone *zone)
{
	u64 flags = irq_save();
	struct page_list_cpu *pcp = &zone->pcp[cpu_id()];

	if (!list_empty(&pcp->pages))
		pcp_return(zone, pcp, ~0UL);
	irq_restore(flags);
}

static void
drain_this_hart(void)
{
	for (unsigned i = 0; i < NR_ZONES; i++)
		pcp_drain(&zones[i]);
}

void
pcp_drain_if_asked(void)
{
	cpumask_t me = 1U << cpu_id();

	if (likely(!(READ_ONCE(drain_wanted) & me)))
		return;
	drain_this_hart();
	__atomic_fetch_and(&drain_wanted, ~me, __ATOMIC_SEQ_CST);
}

void
pcp_drain_all(void)
{
	cpumask_t others = 0;

	might_sleep();
	drain_this_hart();
	for (u32 i = 0; i < nr_cpus; i++)
		if (i != cpu_id() && cpus[i].online)
			others |= 1U << i;
	__atomic_fetch_or(&drain_wanted, others, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < nr_cpus; i++)
		if (others & (1U << i))
			cpu_send_ipi(i);
	while (__atomic_load_n(&drain_wanted, __ATOMIC_ACQUIRE) & others && !panic_in_progress())
		barrier();
}

void
pcp_check(struct zone *zone)
{
	const struct page_list_cpu *pcp = &zone->pcp[cpu_id()];
	const struct page *page;
	u64 nr = 0;

	list_for_each_entry(page, &pcp->pages, lru) {
		assert(page->flags == 1U << PG_pcp);
		assert(page_refcount(page) == 0);
		assert(page->zone == zone->index);
		nr++;
	}
	assert(nr == pcp_nr(pcp));
	assert(nr <= pcp->high);
}
