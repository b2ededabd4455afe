/*
 * The buddy allocator. Free memory is kept in blocks of 2^order pages, aligned to their
 * size. The buddy of a block is its neighbour in the block twice as large: pfn ^ 2^order.
 * Freeing joins buddies as long as the other half is free and whole; allocating splits
 * the smallest block that is large enough.
 *
 * The first page of a free block has PG_buddy and the block's order; no other page of it
 * has PG_buddy. So one look at the buddy's struct page decides a join.
 */

#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/zone.h"

static void
block_insert(struct zone *zone, struct page *page, unsigned order)
{
	page->order = order;
	page_set(page, PG_buddy);
	list_add(&page->lru, &zone->areas[order].blocks);
	zone->areas[order].nr_blocks++;
}

static void
block_remove(struct zone *zone, struct page *page, unsigned order)
{
	list_del(&page->lru);
	page_clear(page, PG_buddy);
	zone->areas[order].nr_blocks--;
}

/* => the free, whole buddy of a block, or NULL */
static struct page *
buddy_of(const struct zone *zone, u64 pfn, unsigned order)
{
	u64 buddy_pfn = pfn ^ (1UL << order);
	struct page *buddy;

	if (buddy_pfn < zone->start_pfn || buddy_pfn + (1UL << order) > zone->end_pfn)
		return NULL;
	buddy = pfn_to_page(buddy_pfn);
	return page_test(buddy, PG_buddy) && buddy->order == order ? buddy : NULL;
}

void
buddy_free_locked(struct zone *zone, struct page *page, unsigned order)
{
	u64 pfn = page_to_pfn(page);

	zone->nr_free += 1UL << order;
	while (order < MAX_ORDER) {
		struct page *buddy = buddy_of(zone, pfn, order);

		if (!buddy)
			break;
		block_remove(zone, buddy, order);
		pfn &= ~(1UL << order);
		order++;
	}
	block_insert(zone, pfn_to_page(pfn), order);
}

struct page *
buddy_alloc_locked(struct zone *zone, unsigned order)
{
	unsigned from = order;
	struct page *page;

	while (from <= MAX_ORDER && list_empty(&zone->areas[from].blocks))
		from++;
	if (from > MAX_ORDER)
		return NULL;
	page = list_first_entry(&zone->areas[from].blocks, struct page, lru);
	block_remove(zone, page, from);
	while (from > order) {
		from--;
		block_insert(zone, page + (1UL << from), from);
	}
	zone->nr_free -= 1UL << order;
	return page;
}
