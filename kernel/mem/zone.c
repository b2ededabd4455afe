#include "mem/zone.h"

#include "core/panic.h"
#include "lib/bitmap.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/pcp.h"

struct zone zones[NR_ZONES];

void
zone_init(struct zone *zone, const char *name, u8 index, u64 start_pfn, u64 end_pfn)
{
	memset(zone, 0, sizeof(*zone));
	spin_init(&zone->lock, name, RANK_ZONE);
	zone->name = name;
	zone->index = index;
	zone->start_pfn = start_pfn;
	zone->end_pfn = end_pfn;
	for (unsigned order = 0; order <= MAX_ORDER; order++)
		list_init(&zone->areas[order].blocks);
	pcp_set_sizes(zone);
}

void
zone_add_range(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	u64 pfn = start_pfn;
	u64 flags = spin_lock_irqsave(&zone->lock);

	assert(start_pfn >= zone->start_pfn && end_pfn <= zone->end_pfn);
	while (pfn < end_pfn) {
		unsigned order = MAX_ORDER;

		while (pfn & ((1UL << order) - 1) || pfn + (1UL << order) > end_pfn)
			order--;
		kasan_page_free(pfn_to_page(pfn), order);
		buddy_free_locked(zone, pfn_to_page(pfn), order);
		pfn += 1UL << order;
	}
	zone->nr_managed += end_pfn - start_pfn;
	pcp_set_sizes(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
}

void
zone_defer_range(struct zone *zone, u64 *deferred, u64 start_pfn, u64 end_pfn)
{
	u64 first = start_pfn >> MAX_ORDER, nr = (end_pfn - start_pfn) >> MAX_ORDER;
	u64 flags = spin_lock_irqsave(&zone->lock);

	assert(start_pfn >= zone->start_pfn && end_pfn <= zone->end_pfn);
	assert(IS_ALIGNED(start_pfn | end_pfn, MAX_ORDER_PAGES));
	for (u64 pfn = start_pfn; pfn < end_pfn; pfn += MAX_ORDER_PAGES)
		kasan_page_free(pfn_to_page(pfn), MAX_ORDER);
	bitmap_set_range(deferred, first, nr);
	if (!zone->deferred || first < zone->deferred_hint)
		zone->deferred_hint = first;
	zone->deferred = deferred;
	zone->nr_deferred += end_pfn - start_pfn;
	zone->nr_free += end_pfn - start_pfn;
	zone->nr_managed += end_pfn - start_pfn;
	pcp_set_sizes(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* Acquire: who sees a block's bit clear sees its struct pages. */
static bool
deferred_test(const u64 *deferred, u64 block)
{
	u64 word = __atomic_load_n(&deferred[block / BITMAP_WORD_BITS], __ATOMIC_ACQUIRE);

	return word >> (block % BITMAP_WORD_BITS) & 1;
}

/* Atomic: zones have words of the bitmap in common, and each its own lock. */
static void
deferred_clear(u64 *deferred, u64 block)
{
	__atomic_fetch_and(&deferred[block / BITMAP_WORD_BITS], ~BIT(block % BITMAP_WORD_BITS),
			   __ATOMIC_RELEASE);
}

bool
zone_pfn_deferred(const struct zone *zone, u64 pfn)
{
	return zone->deferred && pfn >= zone->start_pfn && pfn < zone->end_pfn &&
	       deferred_test(zone->deferred, pfn >> MAX_ORDER);
}

bool
pfn_deferred(u64 pfn)
{
	for (unsigned i = 0; i < NR_ZONES; i++)
		if (zone_pfn_deferred(&zones[i], pfn))
			return true;
	return false;
}

void
zone_undefer_locked(struct zone *zone, u64 pfn)
{
	struct page *first = pfn_to_page(ALIGN_DOWN(pfn, MAX_ORDER_PAGES));

	if (!zone_pfn_deferred(zone, pfn))
		return;
	for (struct page *page = first; page < first + MAX_ORDER_PAGES; page++)
		page_init(page, zone->index, 0, 0);
	deferred_clear(zone->deferred, pfn >> MAX_ORDER);
	zone->nr_deferred -= MAX_ORDER_PAGES;
	buddy_add_max_locked(zone, first);
}

bool
zone_grow_locked(struct zone *zone)
{
	u64 end = zone->end_pfn >> MAX_ORDER;

	if (!zone->nr_deferred)
		return false;
	zone->deferred_hint = bitmap_find_next_set(zone->deferred, end, zone->deferred_hint);
	assert(zone->deferred_hint < end);
	zone_undefer_locked(zone, zone->deferred_hint << MAX_ORDER);
	return true;
}

u64
zone_nr_blocks(const struct zone *zone, unsigned order)
{
	u64 nr = READ_ONCE(zone->areas[order].nr_blocks);

	return order == MAX_ORDER ? nr + (READ_ONCE(zone->nr_deferred) >> MAX_ORDER) : nr;
}

static u64
area_check(const struct zone *zone, unsigned order)
{
	const struct free_area *area = &zone->areas[order];
	struct page *page;
	u64 nr = 0;

	list_for_each_entry(page, &area->blocks, lru) {
		u64 pfn = page_to_pfn(page);
		struct page *buddy = NULL;

		assert(page_test(page, PG_buddy) && page->order == order);
		assert((pfn & ((1UL << order) - 1)) == 0);
		assert(pfn >= zone->start_pfn && pfn + (1UL << order) <= zone->end_pfn);
		assert(page_refcount(page) == 0);
		assert(!zone_pfn_deferred(zone, pfn));
		if (order < MAX_ORDER && (pfn ^ (1UL << order)) >= zone->start_pfn &&
		    (pfn ^ (1UL << order)) < zone->end_pfn)
			buddy = pfn_to_page(pfn ^ (1UL << order));
		assert(!buddy || !page_test(buddy, PG_buddy) || buddy->order != order);
		nr++;
	}
	assert(nr == area->nr_blocks);
	return nr << order;
}

static u64
deferred_check(const struct zone *zone)
{
	u64 end = zone->end_pfn >> MAX_ORDER, nr = 0;

	for (u64 block = zone->start_pfn >> MAX_ORDER; zone->deferred && block < end; block++) {
		bool set = bitmap_test(zone->deferred, block);

		assert(!set || block >= zone->deferred_hint);
		nr += set;
	}
	return nr << MAX_ORDER;
}

void
zone_check(struct zone *zone)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	u64 nr_free = deferred_check(zone);

	assert(nr_free == zone->nr_deferred);
	for (unsigned order = 0; order <= MAX_ORDER; order++)
		nr_free += area_check(zone, order);
	assert(nr_free == zone->nr_free);
	assert(zone->nr_free <= zone->nr_managed);
	pcp_check(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
}
