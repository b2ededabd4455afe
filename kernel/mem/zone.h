#pragma once

/*
 * A zone: a stretch of frames with one buddy allocator, one set of watermarks and per-CPU
 * lists. An object like any other: tests make small ones of their own.
 */

#include "core/spinlock.h"
#include "mem/page_alloc.h"

enum zone_type { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONES };

struct free_area {
	struct list_head blocks; /* of struct page by lru, heads of free blocks */
	u64 nr_blocks;
};

/* Order-0 pages kept back for one hart; touched by that hart alone, interrupts off. */
struct page_list_cpu {
	u32 nr;
	u32 high;  /* above this a batch goes back to the buddy */
	u32 batch; /* pages moved at a time */
	struct list_head pages;
} ALIGNED(64);

struct zone {
	struct spinlock lock; /* ZONE: free areas and nr_free; taken with interrupts off */
	const char *name;
	u8 index;
	u64 start_pfn, end_pfn; /* what it spans, holes included */
	u64 nr_present;		/* frames of RAM in there */
	u64 nr_managed;		/* frames ever given to the buddy */
	u64 nr_free;		/* in free areas; without the per-CPU lists */
	u64 watermark_min, watermark_low, watermark_high;
	struct free_area areas[MAX_ORDER + 1];
	struct page_list_cpu pcp[NR_CPUS];
};

extern struct zone zones[NR_ZONES];

void zone_init(struct zone *zone, const char *name, u8 index, u64 start_pfn, u64 end_pfn);

/* Give the frames [start_pfn, end_pfn), all inside the zone, to its buddy. */
void zone_add_range(struct zone *zone, u64 start_pfn, u64 end_pfn);

/* Buddy. => caller holds zone->lock. NULL when no block of this order can be made */
struct page *buddy_alloc_locked(struct zone *zone, unsigned order);
/* => caller holds zone->lock; page heads a block of this order and is in no list */
void buddy_free_locked(struct zone *zone, struct page *page, unsigned order);

/* Per-CPU lists, order 0. Any context. => NULL when the zone has none above `reserve` pages */
struct page *pcp_alloc(struct zone *zone, u64 reserve);
void pcp_free(struct zone *zone, struct page *page);
/* Give back what this hart keeps. */
void pcp_drain(struct zone *zone);

/* Walk everything; panics, naming what is wrong. Takes zone->lock. */
void zone_check(struct zone *zone);
