/*
 * From the early allocator to the buddy: zones, struct pages, and every frame that is not taken.
 *
 * Writing a struct page for each frame would cost more than all the rest of a boot when there are
 * gigabytes. So whole blocks of the largest order, all of whose frames are free, are only marked in
 * a bitmap; the zone writes their struct pages when it first needs the block (zone_grow_locked()).
 * The struct pages of the array's own frames are never written: nobody asks for them.
 */

#include "core/image.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/bitmap.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/frame_state.h"
#include "mem/page_color.h"
#include "mem/pgtable.h"
#include "mem/tlb.h"
#include "mem/vmalloc.h"
#include "mem/zone.h"

/* What code of the boot becomes in a debug build: no instruction that does anything. */
#define INIT_POISON 0xcc

static BITMAP_DECLARE(deferred_blocks, DIRECTMAP_SIZE >> (PAGE_SHIFT + MAX_ORDER));

static u64 INIT
ram_end(void)
{
	return ram_regions[nr_ram_regions - 1].pa + ram_regions[nr_ram_regions - 1].size;
}

/* Where ZONE_DMA ends: zone_dma=SIZE bytes from the beginning of RAM, in whole blocks. */
static u64 INIT
dma_end(void)
{
	u64 start = ram_regions[0].pa;
	u64 size = MIN(bootarg_u64("zone_dma", 0), page_to_pa(directmap_end_page) - start);

	return size ? MIN(ALIGN_UP(start + size, (u64)PAGE_SIZE << MAX_ORDER),
			  page_to_pa(directmap_end_page))
		    : start;
}

static void INIT
zones_define(void)
{
	u64 start = ram_regions[0].pa >> PAGE_SHIFT, end = ram_end() >> PAGE_SHIFT;
	u64 dma = dma_end() >> PAGE_SHIFT;
	u64 high = MIN(page_to_pfn(directmap_end_page), end);

	zone_init(&zones[ZONE_DMA], "DMA", ZONE_DMA, start, dma);
	zone_init(&zones[ZONE_NORMAL], "Normal", ZONE_NORMAL, dma, high);
	zone_init(&zones[ZONE_HIGHMEM], "HighMem", ZONE_HIGHMEM, high, end);
}

static void INIT
pages_init(struct zone *zone, u64 start_pfn, u64 end_pfn, u32 flags, s32 refcount)
{
	for (u64 pfn = start_pfn; pfn < end_pfn; pfn++)
		page_init(pfn_to_page(pfn), zone->index, flags, refcount);
}

static void INIT
reserve_frames(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	pages_init(zone, start_pfn, end_pfn, 1U << PG_reserved, 1);
}

/* Frames of the array of struct page, but for the blocks that they share with free ones. */
static void INIT
reserve_struct_pages(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	u64 first = ALIGN_UP(start_pfn, MAX_ORDER_PAGES);
	u64 last = ALIGN_DOWN(end_pfn, MAX_ORDER_PAGES);

	reserve_frames(zone, start_pfn, MIN(first, end_pfn));
	reserve_frames(zone, MAX(last, MIN(first, end_pfn)), end_pfn);
}

static void INIT
release_frames(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	if (start_pfn >= end_pfn)
		return;
	pages_init(zone, start_pfn, end_pfn, 0, 0);
	zone_add_range(zone, start_pfn, end_pfn);
}

/* Frames that are free: whole blocks can wait, what is before and behind them cannot. */
static void INIT
release_range(struct zone *zone, u64 start_pfn, u64 end_pfn)
{
	u64 first = ALIGN_UP(start_pfn, MAX_ORDER_PAGES);
	u64 last = ALIGN_DOWN(end_pfn, MAX_ORDER_PAGES);

	if (first >= last) {
		release_frames(zone, start_pfn, end_pfn);
		return;
	}
	zone_defer_range(zone, deferred_blocks, first, last);
	release_frames(zone, start_pfn, first);
	release_frames(zone, last, end_pfn);
}

/* One stretch of RAM in one zone: what is reserved, and what is not, in turn. */
static void INIT
stretch_init(struct zone *zone, u64 start, u64 end)
{
	zone->nr_present += (end - start) >> PAGE_SHIFT;
	for (unsigned i = 0; i < nr_reserved_regions && start < end; i++) {
		const struct mem_region *taken = &reserved_regions[i];
		u64 first = CLAMP(taken->pa, start, end);
		u64 last = CLAMP(taken->pa + taken->size, start, end);

		if (first == last)
			continue;
		release_range(zone, start >> PAGE_SHIFT, first >> PAGE_SHIFT);
		if (taken->kind == EARLY_STRUCT_PAGES)
			reserve_struct_pages(zone, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
		else
			reserve_frames(zone, first >> PAGE_SHIFT, last >> PAGE_SHIFT);
		start = last;
	}
	release_range(zone, start >> PAGE_SHIFT, end >> PAGE_SHIFT);
}

/* A block that RAM fills only in part has struct pages all the same, for the buddy looks at them. */
static void INIT
edges_init(void)
{
	for (unsigned i = 0; i < nr_ram_regions; i++) {
		u64 start = ram_regions[i].pa >> PAGE_SHIFT;
		u64 end = start + (ram_regions[i].size >> PAGE_SHIFT);

		reserve_frames(&zones[ZONE_NORMAL], ALIGN_DOWN(start, MAX_ORDER_PAGES), start);
		reserve_frames(&zones[ZONE_NORMAL], end, ALIGN_UP(end, MAX_ORDER_PAGES));
	}
}

void INIT
mem_init(void)
{
	early_active = false;
	zones_define();
	edges_init();
	for (unsigned i = 0; i < nr_ram_regions; i++) {
		u64 start = ram_regions[i].pa, end = start + ram_regions[i].size;

		for (struct zone *zone = zones; zone < zones + NR_ZONES; zone++)
			if (start < zone->end_pfn << PAGE_SHIFT && end > zone->start_pfn
										   << PAGE_SHIFT)
				stretch_init(zone, MAX(start, zone->start_pfn << PAGE_SHIFT),
					     MIN(end, zone->end_pfn << PAGE_SHIFT));
	}
	zones_set_up();
	page_color_init();
	frames_report_boot();
	if (zones[ZONE_HIGHMEM].nr_present)
		pr_info("memory: %lu MiB in the direct map",
			(page_to_pa(directmap_end_page) - ram_regions[0].pa) >> 20);
}

/* => frames that it gave to the buddy */
static u64
image_part_free(const char *start, const char *end)
{
	u64 size = end - start, kva = image_to_pa(start) + DIRECTMAP_BASE;

	if (size == 0 || kernel_protect(kva, size, PTE_KERNEL_RW) < 0)
		return 0;
	kernel_unmap((u64)start, size);
	tlb_flush_kernel((u64)start, (u64)end);
	tlb_flush_kernel(kva, kva + size);
#ifdef DEBUG
	memset((void *)kva, INIT_POISON, size);
#endif
	early_release(image_to_pa(start), size);
	for (u64 at = kva; at < kva + size; at += PAGE_SIZE) {
		struct page *page = kva_to_page((void *)at);
		struct zone *zone = &zones[page->zone];

		page_init(page, page->zone, 0, 0);
		zone_add_range(zone, page_to_pfn(page), page_to_pfn(page) + 1);
	}
	return size >> PAGE_SHIFT;
}

void
init_memory_free(void)
{
	u64 nr_pages = image_part_free(init_text_start, init_text_end) +
		       image_part_free(init_data_start, init_data_end);

	zones_set_up();
	pr_info("Freeing unused kernel memory: %luK", nr_pages << (PAGE_SHIFT - 10));
}
