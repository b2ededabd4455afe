#include "mem/zone.h"

#include "core/panic.h"
#include "lib/compiler.h"
#include "lib/string.h"

#define PCP_BATCH_MAX 32

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
	for (unsigned i = 0; i < NR_CPUS; i++)
		list_init(&zone->pcp[i].pages);
}

/* A batch is about 1/4096 of the zone, so that small zones keep little back. */
static void
pcp_set_sizes(struct zone *zone)
{
	u32 batch = CLAMP(zone->nr_managed / 4096, 4UL, (u64)PCP_BATCH_MAX);

	for (unsigned i = 0; i < NR_CPUS; i++) {
		zone->pcp[i].batch = batch;
		zone->pcp[i].high = batch * 6;
	}
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
		buddy_free_locked(zone, pfn_to_page(pfn), order);
		pfn += 1UL << order;
	}
	zone->nr_managed += end_pfn - start_pfn;
	pcp_set_sizes(zone);
	spin_unlock_irqrestore(&zone->lock, flags);
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
		if (order < MAX_ORDER && (pfn ^ (1UL << order)) >= zone->start_pfn &&
		    (pfn ^ (1UL << order)) < zone->end_pfn)
			buddy = pfn_to_page(pfn ^ (1UL << order));
		assert(!buddy || !page_test(buddy, PG_buddy) || buddy->order != order);
		nr++;
	}
	assert(nr == area->nr_blocks);
	return nr << order;
}

void
zone_check(struct zone *zone)
{
	u64 flags = spin_lock_irqsave(&zone->lock);
	u64 nr_free = 0;

	for (unsigned order = 0; order <= MAX_ORDER; order++)
		nr_free += area_check(zone, order);
	assert(nr_free == zone->nr_free);
	spin_unlock_irqrestore(&zone->lock, flags);
}
