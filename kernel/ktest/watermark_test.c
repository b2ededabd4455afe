/*
 * Watermarks and reserves are Linux's: what its formulas give, computed here from the sizes of the
 * zones, is what the zones have, as the system boots and after each knob was turned.
 */

#include "ktest/ktest.h"
#include "lib/compiler.h"
#include "mem/zone.h"

#define PAGE_KBYTES (PAGE_SIZE / 1024)

static u64
low_memory_pages(void)
{
	return zones[ZONE_DMA].nr_managed + zones[ZONE_NORMAL].nr_managed;
}

/* A zone's part of min_free_kbytes. */
static u64
share_of(const struct zone *zone)
{
	return min_free_kbytes() / PAGE_KBYTES * zone->nr_managed / low_memory_pages();
}

static u64
min_expected(const struct zone *zone)
{
	if (!zone->nr_managed || zone->index != ZONE_HIGHMEM)
		return share_of(zone);
	return CLAMP(zone->nr_managed / 1024, 32UL, 128UL);
}

/* From low to high, and from min to low. Of HIGHMEM, too, by its share, not by the min that it has instead. */
static u64
step_expected(const struct zone *zone)
{
	return MAX(share_of(zone) / 4, zone->nr_managed * watermark_scale_factor() / 10000);
}

static void
watermarks_check(void)
{
	for (unsigned i = 0; i < NR_ZONES; i++) {
		const struct zone *zone = &zones[i];
		u64 step = step_expected(zone);

		KTEST_CHECK(zone->watermark_min == min_expected(zone));
		KTEST_CHECK(zone->watermark_low == zone->watermark_min + step);
		KTEST_CHECK(zone->watermark_high == zone->watermark_low + step);
	}
}

/* 4 * sqrt(KiB of low memory): of 16 times as many KiB the root, rounded down. */
KTEST(watermark_default_is_by_the_root_of_low_memory)
{
	u64 kbytes = min_free_kbytes(), square = low_memory_pages() * PAGE_KBYTES * 16;

	KTEST_CHECK(kbytes * kbytes <= square);
	KTEST_CHECK((kbytes + 1) * (kbytes + 1) > square);
	KTEST_CHECK(zones[ZONE_NORMAL].watermark_min > 0);
	watermarks_check();
}

KTEST(watermark_knobs_move_all_that_follows)
{
	u64 kbytes = min_free_kbytes(), factor = watermark_scale_factor();
	u64 step = step_expected(&zones[ZONE_NORMAL]);

	KTEST_CHECK(min_free_kbytes_set(2 * kbytes) == 0);
	watermarks_check();
	KTEST_CHECK(min_free_kbytes_set(kbytes) == 0);
	KTEST_CHECK(watermark_scale_factor_set(1000) == 0);
	KTEST_CHECK(step_expected(&zones[ZONE_NORMAL]) > step);
	watermarks_check();
	KTEST_CHECK(watermark_scale_factor_set(factor) == 0);
	watermarks_check();
}

KTEST(watermark_reserve_ratios_are_taken)
{
	u64 usual = lowmem_reserve_ratio(ZONE_DMA), above = 0;

	for (unsigned i = ZONE_DMA + 1; i < NR_ZONES; i++)
		above += zones[i].nr_managed;
	KTEST_CHECK(lowmem_reserve_ratio_set(ZONE_DMA, 7) == 0);
	KTEST_CHECK(lowmem_reserve_ratio(ZONE_DMA) == 7);
	KTEST_CHECK(zones[ZONE_DMA].lowmem_reserve[ZONE_HIGHMEM] == above / 7);
	KTEST_CHECK(lowmem_reserve_ratio_set(ZONE_DMA, 0) == 0);
	KTEST_CHECK(zones[ZONE_DMA].lowmem_reserve[ZONE_HIGHMEM] == 0);
	KTEST_CHECK(lowmem_reserve_ratio_set(NR_ZONES, 7) < 0);
	KTEST_CHECK(lowmem_reserve_ratio_set(ZONE_DMA, usual) == 0);
}
