/*
 * How much of each zone is kept back, and for whom. As in Linux:
 *
 *	high	here the reclaimer stops; what another zone has above it is taken first
 *	low	ordinary allocations take from another zone, or go the slow way, below this
 *	min	... and fail, or reclaim themselves, below this
 *	min/2	GFP_BIT_HIGH goes so far; who cannot sleep besides, to 3/8 of min
 *	0	GFP_MEMALLOC
 *
 * The sum of all min is min_free_kbytes: 4 * sqrt(KiB of low memory), each zone by its share. A
 * zone's low and high lie a quarter of min above each other, or watermark_scale_factor / 10000
 * of the zone if that is more. HIGHMEM has a small min of its own, for nothing that must not
 * fail comes from there.
 *
 * lowmem_reserve: who could have been served from a higher zone leaves 1/ratio of the pages of
 * the higher zones in this one, on top of the watermark. So user pages cannot use up the memory that
 * only the kernel can do with.
 */

#include "lib/compiler.h"
#include "lib/errno.h"
#include "mem/pcp.h"
#include "mem/zone.h"

/* Limits of the default. */
#define MIN_FREE_KBYTES_LEAST 128UL
#define MIN_FREE_KBYTES_MOST  262144UL
/* HIGHMEM's min in pages: 1/1024 of it, within these. */
#define HIGHMEM_MIN_LEAST 32UL
#define HIGHMEM_MIN_MOST  128UL

#define SCALE_FACTOR_MOST 3000
#define SCALE_UNIT	  10000

#define PAGE_KBYTES (PAGE_SIZE / 1024)

struct zonelist zonelists[GFP_ZONE_MASK + 1];

/* What is set, and all that follows from it, which allocations read without a lock. */
static struct spinlock lock = SPINLOCK_INIT("watermarks", RANK_ZONE);
static u64 free_kbytes;		/* lock, like the next three: min_free_kbytes */
static bool free_kbytes_chosen; /* by the user: not computed any more */
static u64 scale_factor = 10;
static u64 reserve_ratio[NR_ZONES] = {[ZONE_DMA] = 256, [ZONE_NORMAL] = 32, [ZONE_HIGHMEM] = 0};

static u64
square_root(u64 n)
{
	u64 root = 0;

	for (u64 bit = 1UL << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= n)
			root |= bit;
	return root;
}

static u64
lowmem_pages(void)
{
	return zones[ZONE_DMA].nr_managed + zones[ZONE_NORMAL].nr_managed;
}

static void
watermarks_set(struct zone *zone)
{
	u64 share = free_kbytes / PAGE_KBYTES * zone->nr_managed / MAX(lowmem_pages(), 1UL);
	u64 step = MAX(share / 4, zone->nr_managed * scale_factor / SCALE_UNIT), min = share;

	if (zone->index == ZONE_HIGHMEM && zone->nr_managed)
		min = CLAMP(zone->nr_managed / 1024, HIGHMEM_MIN_LEAST, HIGHMEM_MIN_MOST);
	WRITE_ONCE(zone->watermark_min, min);
	WRITE_ONCE(zone->watermark_low, min + step);
	WRITE_ONCE(zone->watermark_high, min + 2 * step);
}

static void
reserves_set(struct zone *zone)
{
	u64 ratio = reserve_ratio[zone->index], higher = 0;

	for (unsigned i = 0; i < NR_ZONES; i++) {
		if (i > zone->index)
			higher += zones[i].nr_managed;
		WRITE_ONCE(zone->lowmem_reserve[i], ratio ? higher / ratio : 0);
	}
}

/* Anew. => lock held */
static void
watermarks_update_locked(void)
{
	u64 wanted = square_root(lowmem_pages() * PAGE_KBYTES * 16);

	if (!free_kbytes_chosen)
		free_kbytes = CLAMP(wanted, MIN_FREE_KBYTES_LEAST, MIN_FREE_KBYTES_MOST);
	for (unsigned i = 0; i < NR_ZONES; i++) {
		watermarks_set(&zones[i]);
		reserves_set(&zones[i]);
	}
}

void
watermarks_update(void)
{
	spin_lock(&lock);
	watermarks_update_locked();
	spin_unlock(&lock);
}

/* DMA wins over HIGHMEM; an empty ZONE_DMA means that devices reach all of ZONE_NORMAL. */
static int
highest_zone(gfp_t gfp)
{
	if (gfp & GFP_BIT_DMA)
		return zones[ZONE_DMA].nr_managed ? ZONE_DMA : ZONE_NORMAL;
	return gfp & GFP_BIT_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

void
zones_set_up(void)
{
	for (gfp_t gfp = 0; gfp <= GFP_ZONE_MASK; gfp++) {
		unsigned nr = 0;

		for (int i = highest_zone(gfp); i >= 0; i--)
			if (zones[i].nr_managed)
				WRITE_ONCE(zonelists[gfp].zones[nr++], &zones[i]);
		WRITE_ONCE(zonelists[gfp].zones[nr], NULL);
	}
	watermarks_update();
}

u64
min_free_kbytes(void)
{
	return free_kbytes;
}

int
min_free_kbytes_set(u64 kbytes)
{
	if (kbytes > lowmem_pages() * PAGE_KBYTES / 2)
		return -EINVAL;
	spin_lock(&lock);
	free_kbytes = kbytes;
	free_kbytes_chosen = true;
	watermarks_update_locked();
	spin_unlock(&lock);
	return 0;
}

u64
watermark_scale_factor(void)
{
	return scale_factor;
}

int
watermark_scale_factor_set(u64 factor)
{
	if (factor < 1 || factor > SCALE_FACTOR_MOST)
		return -EINVAL;
	spin_lock(&lock);
	scale_factor = factor;
	watermarks_update_locked();
	spin_unlock(&lock);
	return 0;
}

u64
lowmem_reserve_ratio(unsigned zone)
{
	return reserve_ratio[zone];
}

int
lowmem_reserve_ratio_set(unsigned zone, u64 ratio)
{
	if (zone >= NR_ZONES)
		return -EINVAL;
	spin_lock(&lock);
	reserve_ratio[zone] = ratio;
	watermarks_update_locked();
	spin_unlock(&lock);
	return 0;
}
