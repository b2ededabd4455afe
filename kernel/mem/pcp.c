/*
 * Per-CPU lists of single pages. Most allocations and frees touch only the list of their
 * own hart, with interrupts off and no lock. A list is two stacks, as Bonwick's magazines:
 *
 *	             +--------+        +--------+
 *	alloc, free  |  hot   | -full->|  cold  | --> buddy, all of it
 *	<----------> |        |<-empty-|        |
 *	             +--------+        +--------+
 *	                  ^---------------------------- buddy, a batch when both are empty
 *
 * So the pages that go back are those not used for longest, and the zone's lock is taken once for a
 * magazine of frees or a batch of allocations, however the two alternate.
 *
 * The number of pages on the hot stack is not stored, for it would be one more store in each
 * allocation and each release. It is what came less what went:
 *
 *	nr_hot = nr_freed - nr_allocated + magazine - limit
 *
 * where limit changes in the slow paths only: the stack is full when nr_freed - nr_allocated
 * exceeds limit.
 *
 * While a zone has no more than its lowest watermark, lists of it are of size 0: a page that comes out of
 * the reserve goes back there when it is freed, and not to whoever asks next on this hart.
 */

#include "mem/pcp.h"

#include "core/panic.h"

/* Half of Linux's 63, for machines that are smaller. */
#define PCP_BATCH_MAX 32
/* Batches in each of the two stacks. */
#define MAGAZINE_BATCHES 3

static cpumask_t drain_wanted; /* atomic: harts that were asked and have not drained yet */
static u32 nr_drains[NR_CPUS]; /* that each hart was asked for, and has done */

/* A batch is about 1/4096 of the zone, so that small zones keep little back. */
void
pcp_set_sizes(struct zone *zone)
{
	u32 batch = CLAMP(zone->nr_managed / 4096, 4UL, (u64)PCP_BATCH_MAX);

	for (unsigned i = 0; i < NR_CPUS; i++)
		WRITE_ONCE(zone->pcp[i].batch, batch);
}

/* The hot stack holds nr pages. */
static void
hot_set_nr(struct page_list_cpu *pcp, u32 nr)
{
	pcp->limit = (s64)(pcp->nr_freed - pcp->nr_allocated) + pcp->magazine - nr;
}

static bool
zone_is_short(const struct zone *zone)
{
	return READ_ONCE(zone->nr_free) <= READ_ONCE(zone->watermark_min);
}

/* => the hot stack is empty */
static void
magazine_choose(struct page_list_cpu *pcp, bool is_short)
{
	pcp->magazine = is_short ? 0 : READ_ONCE(pcp->batch) * MAGAZINE_BATCHES;
}

/* All pages of a block onto the hot stack, so that the first comes out first. */
static void
block_push(struct page_list_cpu *pcp, struct page *block, u64 nr)
{
	for (struct page *page = block + nr; page-- > block;) {
		page->flags = 1U << PG_pcp;
		page->next_free = pcp->hot;
		pcp->hot = page;
	}
}

/*
 * The smallest free blocks there are, whole, until it is a batch: of what only this caller may have, one page.
 * => pages
 */
static u32
hot_fill(struct zone *zone, struct page_list_cpu *pcp, u64 reserve)
{
	u64 keep = MAX(reserve, zone->watermark_min);
	u32 nr = 0, batch = pcp->magazine ? READ_ONCE(pcp->batch) : 1;

	spin_lock(&zone->lock);
	pcp->nr_locked++;
	while (nr < batch && zone->nr_free > (nr ? keep : reserve)) {
		u64 most = MAX(MIN((s64)(batch - nr), (s64)(zone->nr_free - keep)), 1L);
		u64 got;
		struct page *block = buddy_alloc_upto_locked(zone, most, &got);

		if (!block)
			break;
		block_push(pcp, block, got);
		nr += got;
	}
	spin_unlock(&zone->lock);
	return nr;
}

/* => zone->lock held */
static void
stack_return_locked(struct zone *zone, struct page **stack)
{
	while (*stack) {
		struct page *page = *stack;

		*stack = page->next_free;
		page->flags = 0;
		buddy_free_locked(zone, page, 0);
	}
}

static void
cold_return(struct zone *zone, struct page_list_cpu *pcp)
{
	if (!pcp->cold)
		return;
	spin_lock(&zone->lock);
	pcp->nr_locked++;
	stack_return_locked(zone, &pcp->cold);
	spin_unlock(&zone->lock);
	pcp->nr_cold = 0;
}

struct page *
pcp_refill(struct zone *zone, u64 reserve)
{
	struct page_list_cpu *pcp = pcp_mine(zone);
	bool is_short = zone_is_short(zone);

	if (is_short)
		cold_return(zone, pcp);
	magazine_choose(pcp, is_short);
	if (pcp->cold) {
		pcp->hot = pcp->cold;
		hot_set_nr(pcp, pcp->nr_cold);
		pcp->cold = NULL;
		pcp->nr_cold = 0;
	} else {
		hot_set_nr(pcp, hot_fill(zone, pcp, reserve));
	}
	return pcp_pop(pcp);
}

void
pcp_exchange(struct zone *zone)
{
	struct page_list_cpu *pcp = pcp_mine(zone);
	bool is_short = zone_is_short(zone);

	cold_return(zone, pcp);
	pcp->cold = pcp->hot;
	pcp->nr_cold = pcp_nr_hot(pcp);
	pcp->hot = NULL;
	if (is_short)
		cold_return(zone, pcp);
	magazine_choose(pcp, is_short);
	hot_set_nr(pcp, 0);
}

void
pcp_drain(struct zone *zone)
{
	u64 flags = irq_save();
	struct page_list_cpu *pcp = pcp_mine(zone);

	if (pcp->hot || pcp->cold) {
		spin_lock(&zone->lock);
		pcp->nr_locked++;
		stack_return_locked(zone, &pcp->hot);
		stack_return_locked(zone, &pcp->cold);
		spin_unlock(&zone->lock);
		pcp->nr_cold = 0;
		hot_set_nr(pcp, 0);
	}
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
	__atomic_fetch_and(&drain_wanted, ~me, __ATOMIC_SEQ_CST);
	drain_this_hart();
	__atomic_fetch_add(&nr_drains[cpu_id()], 1, __ATOMIC_RELEASE);
}

static bool
hart_has_pages(u32 cpu)
{
	for (unsigned i = 0; i < NR_ZONES; i++)
		if (pcp_nr(&zones[i].pcp[cpu]) > 0)
			return true;
	return false;
}

/*
 * Each hart that has pages is asked, and waited for until it has drained once: not until nobody wants it to
 * any more, for where many look for memory somebody always does. A hart that is asked already gets no
 * second interrupt.
 */
void
pcp_drain_all(void)
{
	cpumask_t others = 0, asked;
	u32 seen[NR_CPUS];

	might_sleep();
	drain_this_hart();
	for (u32 i = 0; i < nr_cpus; i++) {
		seen[i] = __atomic_load_n(&nr_drains[i], __ATOMIC_ACQUIRE);
		if (i != cpu_id() && cpus[i].online && hart_has_pages(i))
			others |= 1U << i;
	}
	asked = __atomic_fetch_or(&drain_wanted, others, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < nr_cpus; i++)
		if (others & ~asked & (1U << i))
			cpu_send_ipi(i);
	for (u32 i = 0; i < nr_cpus; i++)
		while (others & (1U << i) &&
		       __atomic_load_n(&nr_drains[i], __ATOMIC_ACQUIRE) == seen[i] &&
		       !panic_in_progress())
			barrier();
}

static u64
stack_check(const struct zone *zone, const struct page *page)
{
	u64 nr = 0;

	for (; page; page = page->next_free, nr++) {
		assert(page->flags == 1U << PG_pcp);
		assert(page_refcount(page) == 0);
		assert(page->zone == zone->index);
	}
	return nr;
}

void
pcp_check(struct zone *zone)
{
	const struct page_list_cpu *pcp = pcp_mine(zone);

	assert(stack_check(zone, pcp->hot) == pcp_nr_hot(pcp));
	assert(stack_check(zone, pcp->cold) == pcp->nr_cold);
	assert(pcp_nr_hot(pcp) <= pcp->magazine && pcp->nr_cold <= pcp->magazine + 1);
}
