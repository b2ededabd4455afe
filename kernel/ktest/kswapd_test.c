/* Who is about to reclaim with the reserves nearly used up waits for kswapd first; a victim does not. */

#include "ktest/ktest.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
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
