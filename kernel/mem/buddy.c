/*
 * The buddy allocator. Free memory is kept in blocks of 2^order pages, aligned to their
 * size. The buddy of a block is its neighbour in the block twice as large: pfn ^ 2^order.
 * Freeing joins buddies as long as the other half is free and whole; allocating splits
 * the smallest block that is large enough.
 *
 * The first page of a free block has PG_buddy and the block's order; no other page of it
 * has PG_buddy. So one look at the buddy's struct page decides a join.
 *
 * Blocks of the largest order that were never used may have no struct pages yet (zone.c,
 * deferred). They are taken when nothing else is left. A join never looks into one, for
 * blocks of the largest order are not joined.
 */

#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/zone.h"

static void
block_insert(struct zone *zone, struct page *page, unsigned order)
{
	page->order = order;
	page->flags = 1U << PG_buddy;
	list_add(&page->lru, &zone->areas[order].blocks);
	zone->areas[order].nr_blocks++;
}

static void
block_remove(struct zone *zone, struct page *page, unsigned order)
{
	list_del(&page->lru);
	page->flags = 0;
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

void
buddy_add_max_locked(struct zone *zone, struct page *page)
{
	block_insert(zone, page, MAX_ORDER);
}

/* Give back what of a block of order `from` lies behind its first part of order `to`. */
static void
block_split(struct zone *zone, struct page *page, unsigned from, unsigned to)
{
	while (from > to) {
		from--;
		block_insert(zone, page + (1UL << from), from);
	}
}

/* => the smallest order from `order` on of which there is a block, or MAX_ORDER + 1 */
static unsigned
order_find(struct zone *zone, unsigned order)
{
	while (list_empty(&zone->areas[order].blocks)) {
		if (unlikely(order == MAX_ORDER))
			return zone_grow_locked(zone) ? MAX_ORDER : MAX_ORDER + 1;
		order++;
	}
	return order;
}

/* The first 2^order pages of a block of order `from`. */
static struct page *
block_take(struct zone *zone, unsigned from, unsigned order)
{
	struct page *page = list_first_entry(&zone->areas[from].blocks, struct page, lru);

	block_remove(zone, page, from);
	block_split(zone, page, from, order);
	zone->nr_free -= 1UL << order;
	return page;
}

struct page *
buddy_alloc_locked(struct zone *zone, unsigned order)
{
	unsigned from = order_find(zone, order);

	return likely(from <= MAX_ORDER) ? block_take(zone, from, order) : NULL;
}

struct page *
buddy_alloc_upto_locked(struct zone *zone, u64 nr_most, u64 *nr_got)
{
	unsigned from = order_find(zone, 0), order = from;

	if (from > MAX_ORDER)
		return NULL;
	while (1UL << order > nr_most)
		order--;
	*nr_got = 1UL << order;
	return block_take(zone, from, order);
}

struct page *
buddy_block_of_locked(struct zone *zone, u64 pfn, unsigned *order)
{
	for (unsigned at = 0; at <= MAX_ORDER; at++) {
		u64 first = ALIGN_DOWN(pfn, 1UL << at);
		struct page *page = pfn_to_page(first);

		if (first < zone->start_pfn)
			return NULL;
		if (!page_test(page, PG_buddy))
			continue;
		*order = page->order;
		return page->order >= at ? page : NULL;
	}
	return NULL;
}

/* Put the frames [start, end) back as the largest blocks that fit. */
static void
blocks_insert(struct zone *zone, u64 start, u64 end)
{
	while (start < end) {
		unsigned order = MAX_ORDER;

		while (start & ((1UL << order) - 1) || start + (1UL << order) > end)
			order--;
		block_insert(zone, pfn_to_page(start), order);
		start += 1UL << order;
	}
}

void
buddy_take_range_locked(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	u64 pfn = start_pfn;

	while (pfn < end_pfn) {
		unsigned order;
		struct page *block = buddy_block_of_locked(zone, pfn, &order);
		u64 first, end;

		assert(block);
		first = page_to_pfn(block);
		end = first + (1UL << order);
		block_remove(zone, block, order);
		if (first < start_pfn)
			blocks_insert(zone, first, start_pfn);
		if (end > end_pfn)
			blocks_insert(zone, end_pfn, end);
		pfn = end;
	}
	zone->nr_free -= end_pfn - start_pfn;
}
