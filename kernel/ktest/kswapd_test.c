/*
 * kswapd wakes at the low watermark and stops at the high one. Who is about to reclaim with the reserves nearly
 * used up waits for kswapd first; a victim does not.
 */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/kswapd.h"

#define NR_TRIES 20

/*
 * What is kept back for the kernel, as if it were more than there is: so half of it is not there. High memory,
 * if there is some, has all it wants, and is no help.
 */
static void
reserves_set(const u64 pages[NR_ZONES])
{
	for (unsigned i = 0; i < NR_ZONES; i++)
		WRITE_ONCE(zones[i].watermark_min, pages[i]);
}

/* => runs of kswapd that had begun when a task with gfp might go on, while the reserves were low */
static u64
runs_waited_for(gfp_t gfp)
{
	u64 low[NR_ZONES], usual[NR_ZONES], runs = vmstat_get(PAGEOUTRUN);

	for (unsigned i = 0; i < NR_ZONES; i++) {
		usual[i] = zones[i].watermark_min;
		low[i] = i < ZONE_HIGHMEM ? 4 * zones[i].nr_managed : 0;
	}
	reserves_set(low);
	kswapd_throttle(gfp);
	runs = vmstat_get(PAGEOUTRUN) - runs;
	reserves_set(usual);
	return runs;
}

KTEST(kswapd_throttles_who_reclaims)
{
	u64 throttled = vmstat_get(PGSCAN_DIRECT_THROTTLE);

	for (unsigned i = 0; i < NR_TRIES; i++)
		KTEST_CHECK(runs_waited_for(GFP_KERNEL) > 0);
	KTEST_CHECK(vmstat_get(PGSCAN_DIRECT_THROTTLE) == throttled + NR_TRIES);
	runs_waited_for(GFP_NOFS);
	runs_waited_for(GFP_KERNEL | GFP_MEMALLOC);
	KTEST_CHECK(vmstat_get(PGSCAN_DIRECT_THROTTLE) == throttled + NR_TRIES);
}

/* Clean pages that kswapd may have, more of them than it should take. */
#define NR_FODDER 2048
/* What it is short of, and more than it may take beyond that: what harts keep on their lists, and a batch. */
#define NR_SHORT 1024
#define NR_SLACK 512
/* So many are taken for a moment, to see whether the zone is down to its low watermark. */
#define NR_TAKEN 256

/* Time for kswapd to end what was begun; and how often it has that. */
#define REST_NS	   (50 * NSEC_PER_MSEC)
#define REST_TRIES 40

static struct mapping fodder;

/* => the zone that has the first of them; NULL: they could not be had */
static struct zone *
fodder_read(void)
{
	struct page *page;
	struct zone *zone;
	u8 byte;

	mapping_init(&fodder, &file_ops, NULL, NR_FODDER * PAGE_SIZE);
	for (u64 i = 0; i < NR_FODDER; i++)
		if (pagecache_read_kernel(&fodder, i * PAGE_SIZE, &byte, 1) != 1)
			return NULL;
	page = pagecache_find(&fodder, 0);
	if (!page)
		return NULL;
	zone = &zones[page->zone];
	page_put(page);
	return zone;
}

/* Allocations that see the low watermark; and time for what they begin. */
static void
allocate_some(void)
{
	static struct page *pages[NR_TAKEN];

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = page_alloc(GFP_HIGHUSER);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		if (pages[i])
			page_put(pages[i]);
	task_sleep_ns(REST_NS, false);
}

static void
marks_set(struct zone *zone, u64 low, u64 high)
{
	WRITE_ONCE(zone->watermark_low, low);
	WRITE_ONCE(zone->watermark_high, high);
}

/* What is free in the others is not for who may have this zone, and kswapd finds them well. */
static void
others_close(const struct zone *zone)
{
	for (unsigned i = 0; i < NR_ZONES; i++) {
		if (&zones[i] == zone)
			continue;
		marks_set(&zones[i], 0, 0);
		WRITE_ONCE(zones[i].lowmem_reserve[zone->index], READ_ONCE(zones[i].nr_free));
	}
}

/* Free pages for who may have this zone, after others_close(). */
static u64
found_in(const struct zone *zone)
{
	u64 nr = READ_ONCE(zone->nr_free);

	for (unsigned i = 0; i < zone->index; i++)
		nr += MAX((s64)(READ_ONCE(zones[i].nr_free) - zones[i].lowmem_reserve[zone->index]),
			  0L);
	return nr;
}

KTEST(kswapd_wakes_at_low_and_stops_at_high)
{
	struct zone *zone = fodder_read();
	u64 runs, stolen, nr_free, high;

	KTEST_REQUIRE(zone);
	task_sleep_ns(REST_NS, false);
	runs = vmstat_get(PAGEOUTRUN);
	stolen = vmstat_get(PGSTEAL_KSWAPD);
	nr_free = READ_ONCE(zone->nr_free);
	high = nr_free + NR_SHORT;
	/* Above low, though far below high: no reason to begin. */
	marks_set(zone, nr_free / 2, high);
	allocate_some();
	KTEST_CHECK(vmstat_get(PAGEOUTRUN) == runs && vmstat_get(PGSTEAL_KSWAPD) == stolen);
	others_close(zone);
	marks_set(zone, nr_free + NR_TAKEN / 2, high);
	allocate_some();
	for (unsigned i = 0; i < REST_TRIES && found_in(zone) < high; i++)
		task_sleep_ns(REST_NS, false);
	KTEST_CHECK(vmstat_get(PAGEOUTRUN) > runs);
	KTEST_CHECK(found_in(zone) >= high);
	/* It was enough, and no more was done. */
	KTEST_CHECK(found_in(zone) < high + NR_SLACK);
	stolen = vmstat_get(PGSTEAL_KSWAPD) - stolen;
	KTEST_CHECK(stolen > 0 && stolen < NR_SHORT + NR_SLACK);
	watermarks_update();
	mapping_destroy(&fodder);
}
