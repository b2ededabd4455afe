#pragma once

/*
 * A zone: a stretch of frames with one buddy allocator, one set of watermarks and per-CPU
 * lists. An object like any other: tests make small ones of their own.
 *
 *	RAM	|<- zone_dma=SIZE ->|                     |<- beyond directmap=SIZE ->|
 *		|    ZONE_DMA       |     ZONE_NORMAL     |       ZONE_HIGHMEM        |
 *		|        in the direct map                |  kmap_local_page() only   |
 *
 * Both are empty unless the boot arguments ask for them. Each zone begins and ends where a block
 * of the largest order does.
 */

#include "core/spinlock.h"
#include "mem/page_alloc.h"

enum zone_type { ZONE_DMA, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONES };

#define MAX_ORDER_PAGES (1UL << MAX_ORDER)

struct free_area {
	struct list_head blocks; /* of struct page by lru, heads of free blocks */
	u64 nr_blocks;
};

/*
 * Order-0 pages kept back for one hart; touched by that hart alone, interrupts off. mem/pcp.c
 * explains the two stacks, and pcp_nr() says how many pages there are.
 */
struct page_list_cpu {
	struct page *hot;	    /* by next_free */
	u64 nr_allocated, nr_freed; /* pages that left to, and came from, callers, ever */
	s64 limit;		    /* nr_freed - nr_allocated above which hot is full */
	struct page *cold;
	u32 nr_cold;
	u32 magazine;  /* size of each stack */
	u32 batch;     /* pages that come from the zone at a time; any hart sets it */
	u64 nr_locked; /* times that the zone's lock was taken for this list */
} ALIGNED(64);

struct zone {
	struct spinlock lock; /* ZONE: free areas and nr_free; taken with interrupts off */
	const char *name;
	u8 index;
	u64 start_pfn, end_pfn; /* what it spans, holes included */
	u64 nr_present;		/* frames of RAM in there */
	u64 nr_managed;		/* frames ever given to the buddy */
	u64 nr_free;		/* in free areas, and deferred; without the per-CPU lists */
	u64 watermark_min, watermark_low, watermark_high;
	/* Pages that an allocation leaves here, on top, when zone [i] would have done for it. */
	u64 lowmem_reserve[NR_ZONES];
	u64 nr_allocated, nr_freed; /* pages that went past the per-CPU lists, ever */
	struct free_area areas[MAX_ORDER + 1];
	/*
	 * Free blocks of the largest order whose struct pages were never written: bit n is the block of
	 * frame n << MAX_ORDER. zone_grow_locked() makes them and gives the block to the buddy. Bits
	 * are cleared atomically, for a word may have those of several zones.
	 */
	u64 *deferred;
	u64 nr_deferred;   /* pages in them */
	u64 deferred_hint; /* no bit below this one is set */
	struct page_list_cpu pcp[NR_CPUS];
} ALIGNED(1024); /* a power of two: page_put() finds its list by shifts */

STATIC_ASSERT(sizeof(struct zone) == 1024);

extern struct zone zones[NR_ZONES];

static inline struct zone *
zone_of(const struct page *page)
{
	return zones + (u64)page->zone;
}

/* A zone that spans these frames and has none of them yet. => once for each, before zone_add_range() */
void zone_init(struct zone *zone, const char *name, u8 index, u64 start_pfn, u64 end_pfn);

/* Give the frames [start_pfn, end_pfn), all inside the zone, to its buddy. */
void zone_add_range(struct zone *zone, u64 start_pfn, u64 end_pfn);

/*
 * The same for whole blocks of the largest order whose struct pages are not initialised yet: their
 * bits are set in `deferred`, a bitmap that covers all frames and may serve several zones.
 */
void zone_defer_range(struct zone *zone, u64 *deferred, u64 start_pfn, u64 end_pfn);

/* => zone->lock held; one deferred block more in the buddy, or false: there is none */
bool zone_grow_locked(struct zone *zone);
/* => zone->lock held; the block that contains this frame is in the buddy, if it was deferred */
void zone_undefer_locked(struct zone *zone, u64 pfn);

/* Is this frame free and without a struct page? The answer is old at once without zone->lock. */
bool zone_pfn_deferred(const struct zone *zone, u64 pfn);
/* ... of any of zones[] */
bool pfn_deferred(u64 pfn);

/* Free blocks of an order, the deferred ones among those of the largest: for /proc/buddyinfo. */
u64 zone_nr_blocks(const struct zone *zone, unsigned order);

/* Buddy. => caller holds zone->lock. NULL when no block of this order can be made */
struct page *buddy_alloc_locked(struct zone *zone, unsigned order);
/*
 * The smallest free block there is, or what of it is at most nr_most pages, nr_got in number.
 * => caller holds zone->lock, nr_most > 0; NULL when there is none
 */
struct page *buddy_alloc_upto_locked(struct zone *zone, u64 nr_most, u64 *nr_got);
/* => caller holds zone->lock; page heads a block of this order and is in no list */
void buddy_free_locked(struct zone *zone, struct page *page, unsigned order);
/* => caller holds zone->lock; the first page of a block of the largest order that nr_free counts already */
void buddy_add_max_locked(struct zone *zone, struct page *page);
/* => caller holds zone->lock; the free block that contains a frame, and its order, or NULL */
struct page *buddy_block_of_locked(struct zone *zone, u64 pfn, unsigned *order);
/* => caller holds zone->lock. Take frames that are all free out of whatever blocks they are in. */
void buddy_take_range_locked(struct zone *zone, u64 start_pfn, u64 end_pfn);

/* Walk everything; panics, naming what is wrong. Takes zone->lock. */
void zone_check(struct zone *zone);

/*
 * What an allocation may use, best zone first, NULL behind the last: zonelists[gfp & GFP_ZONE_MASK].
 * Only zones that have memory are there.
 */
struct zonelist {
	struct zone *zones[NR_ZONES + 1];
};
extern struct zonelist zonelists[GFP_ZONE_MASK + 1];

/* => the highest zone that pages for this caller may be of; all below it will do, too */
static inline unsigned
gfp_highest_zone(gfp_t gfp)
{
	return zonelists[gfp & GFP_ZONE_MASK].zones[0]->index;
}

/* Lists, watermarks and reserves anew: zones[] got memory. Allocations may go on meanwhile. */
void zones_set_up(void);
/* Watermarks and reserves anew. */
void watermarks_update(void);

/*
 * /proc/sys/vm: min_free_kbytes, watermark_scale_factor. What follows from them is computed anew.
 * => 0, -EINVAL
 */
u64 min_free_kbytes(void);
int min_free_kbytes_set(u64 kbytes);
u64 watermark_scale_factor(void);
int watermark_scale_factor_set(u64 factor);
/* /proc/sys/vm/lowmem_reserve_ratio, [0 .. NR_ZONES-1]; 0: nothing is reserved in that zone */
u64 lowmem_reserve_ratio(unsigned zone);
int lowmem_reserve_ratio_set(unsigned zone, u64 ratio);
