/* Page colouring: frames of the right colour, and pools that are accounted for. With page_colors=N only. */

#include "core/clock.h"
#include "core/cpu.h"
#include "core/machine.h"
#include "ktest/inject.h"
#include "ktest/ktest.h"
#include "mem/page_alloc.h"
#include "mem/page_color.h"
#include "mem/pcp.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"

#define NR_PAGES  128
#define FIRST_UVA 0x10003000UL

static struct page *pages[NR_PAGES];

static void
pages_put_all(void)
{
	for (unsigned i = 0; i < NR_PAGES; i++)
		if (pages[i])
			page_put(pages[i]);
}

static u64
nr_in_pools(void)
{
	u64 nr = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned zone = 0; zone < NR_ZONES; zone++)
			nr += page_color_nr_kept(cpu, zone);
	return nr;
}

/* Do the boot arguments want colours, and are there any? */
static bool
is_colored(void)
{
	KTEST_CHECK(page_color_mask || bootarg_u64("page_colors", 0) <= 1);
	return page_color_mask;
}

/* In free blocks and on the lists of harts. */
static u64
nr_free_elsewhere(const struct zone *zone)
{
	u64 nr = READ_ONCE(zone->nr_free);

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		nr += pcp_nr(&zone->pcp[cpu]);
	return nr;
}

/* Is what the pools keep free memory of its zone, and of all, once nothing else takes or gives any? */
static bool
pools_count_as_free(void)
{
	for (int tries = 0; tries < 100; tries++) {
		u64 sum = nr_in_pools();
		bool agree = true;

		for (unsigned i = 0; i < NR_ZONES; i++) {
			u64 kept = 0, elsewhere = nr_free_elsewhere(&zones[i]);

			for (u32 cpu = 0; cpu < nr_cpus; cpu++)
				kept += page_color_nr_kept(cpu, i);
			agree &= zone_nr_free_all(&zones[i]) == elsewhere + kept;
			sum += elsewhere;
		}
		if (agree && sum == nr_free_pages())
			return true;
		task_sleep_ns(NSEC_PER_MSEC, false);
	}
	return false;
}

/* Consecutive pages get consecutive colours; what counts as a hit is one. */
KTEST(color_is_that_of_the_address)
{
	u64 nr_wrong = 0, hits = vmstat_get(PGCOLOR_HIT), misses = vmstat_get(PGCOLOR_MISS);

	KTEST_NEEDS(is_colored());
	for (u64 i = 0; i < NR_PAGES; i++) {
		u64 uva = FIRST_UVA + i * PAGE_SIZE;

		pages[i] = page_alloc_user(GFP_HIGHUSER, uva);
		KTEST_CHECK(pages[i]);
		if (pages[i] && (page_to_pfn(pages[i]) ^ uva >> PAGE_SHIFT) & page_color_mask)
			nr_wrong++;
	}
	misses = vmstat_get(PGCOLOR_MISS) - misses;
	KTEST_CHECK(nr_wrong <= misses);
	KTEST_CHECK(misses < NR_PAGES / 8);
	KTEST_CHECK(vmstat_get(PGCOLOR_HIT) - hits >= NR_PAGES - misses);
	pages_put_all();
}

/* A refill of the pool is no request of its own, so injected failures are those of the callers. */
KTEST(color_refill_is_no_request)
{
	u64 nr_wrong = 0;

	KTEST_NEEDS(is_colored());
	page_color_drain();
	inject_begin(&fail_page_alloc, "2,100,0,-1");
	for (u64 i = 0; i < 64; i++) {
		struct page *page = page_alloc_user(GFP_HIGHUSER, FIRST_UVA + i * PAGE_SIZE);

		nr_wrong += (page == NULL) != (i % 2 == 1);
		if (page)
			page_put(page);
	}
	inject_end(&fail_page_alloc);
	KTEST_CHECK(nr_wrong == 0);
}

/* A stretch may be where a pool keeps a frame. */
KTEST(color_pools_give_way_to_stretches)
{
	struct page *stretch;
	u64 kept;

	KTEST_NEEDS(is_colored());
	pages[0] = page_alloc_user(GFP_HIGHUSER, FIRST_UVA);
	KTEST_REQUIRE(pages[0]);
	kept = nr_in_pools();
	KTEST_CHECK(kept > 0);
	stretch = pages_alloc_contig(GFP_KERNEL, 3, 1);
	KTEST_CHECK(stretch && nr_in_pools() < kept);
	if (stretch)
		pages_free_exact(stretch, 3);
	page_put(pages[0]);
}

/* What a pool keeps back is free memory, is counted in its zone, and comes back when it is wanted. */
KTEST(color_pools_are_accounted_for)
{
	u64 kept;

	KTEST_NEEDS(is_colored());
	page_color_drain();
	pages[0] = page_alloc_user(GFP_HIGHUSER, FIRST_UVA);
	KTEST_REQUIRE(pages[0]);
	kept = nr_in_pools();
	KTEST_CHECK(kept > 0);
	KTEST_CHECK(pools_count_as_free());
	page_put(pages[0]);
	page_color_drain();
	KTEST_CHECK(nr_in_pools() < kept);
}
