/*
 * From the early allocator to the buddy: struct pages, zones, and every frame that is
 * not taken.
 */

#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/early.h"
#include "mem/frame_state.h"
#include "mem/vmalloc.h"
#include "mem/zone.h"

/* All frames start out reserved, in the zone; free ones are handed to the buddy after. */
static void
pages_init(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	for (u64 pfn = start_pfn; pfn < end_pfn; pfn++) {
		struct page *page = pfn_to_page(pfn);

		page->flags = 1U << PG_reserved;
		page->zone = zone->index;
		atomic_set(&page->refcount, 1);
	}
	zone->nr_present += end_pfn - start_pfn;
}

static void
release_range(struct zone *zone, u64 start, u64 end)
{
	u64 first = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

	for (u64 pfn = first; pfn < last; pfn++) {
		pfn_to_page(pfn)->flags = 0;
		atomic_set(&pfn_to_page(pfn)->refcount, 0);
	}
	if (first < last)
		zone_add_range(zone, first, last);
}

/* What of one stretch of RAM is not reserved. */
static void
release_region(struct zone *zone, u64 start, u64 end)
{
	for (unsigned i = 0; i < nr_reserved_regions && start < end; i++) {
		u64 taken = reserved_regions[i].pa;
		u64 taken_end = taken + reserved_regions[i].size;

		if (taken_end <= start)
			continue;
		if (taken >= end)
			break;
		if (taken > start)
			release_range(zone, start, taken);
		start = MAX(start, taken_end);
	}
	if (start < end)
		release_range(zone, start, end);
}

/* min is Linux's 4 * sqrt(KiB) pages of KiB, low and high 25 % and 50 % above. */
static void
set_watermarks(struct zone *zone)
{
	u64 kib = zone->nr_managed << (PAGE_SHIFT - 10);
	u64 root = 1;

	while (root * root < kib * 16)
		root++;
	zone->watermark_min = MIN(MAX(root, 128UL), 65536UL) >> (PAGE_SHIFT - 10);
	zone->watermark_low = zone->watermark_min + zone->watermark_min / 4;
	zone->watermark_high = zone->watermark_min + zone->watermark_min / 2;
}

void
mem_init(void)
{
	u64 first = ram_regions[0].pa;
	u64 last = ram_regions[nr_ram_regions - 1].pa + ram_regions[nr_ram_regions - 1].size;
	struct zone *zone = &zones[ZONE_NORMAL];

	zone_init(&zones[ZONE_DMA], "DMA", ZONE_DMA, first >> PAGE_SHIFT, first >> PAGE_SHIFT);
	zone_init(zone, "Normal", ZONE_NORMAL, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
	zone_init(&zones[ZONE_HIGHMEM], "HighMem", ZONE_HIGHMEM, last >> PAGE_SHIFT,
		  last >> PAGE_SHIFT);
	early_active = false;
	for (unsigned i = 0; i < nr_ram_regions; i++) {
		u64 start = ram_regions[i].pa, end = start + ram_regions[i].size;

		pages_init(zone, start >> PAGE_SHIFT, end >> PAGE_SHIFT);
		release_region(zone, start, end);
	}
	set_watermarks(zone);
	frames_report_boot();
}
