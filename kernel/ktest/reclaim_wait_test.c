/* Reclaim that finds nothing but pages on their way to the disk waits for the disk, and nobody else does. */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/reclaim.h"
#include "vm/shrink.h"
#include "vm/writeback.h"

#define NR 8

/* Lists where no other page is. */
static struct lru *const lru = &lrus[LRU_PAGEREFS];

static struct mapping file;

/* Pages of the file, each in `lru`. => false: they could not be had */
static bool
pages_read(struct page *pages[NR])
{
	u8 byte;

	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	for (u64 i = 0; i < NR; i++) {
		bool moved;

		if (pagecache_read_kernel(&file, i * PAGE_SIZE, &byte, 1) != 1)
			return false;
		pages[i] = pagecache_find(&file, i);
		if (!pages[i])
			return false;
		moved = lru_move_home(pages[i], lru);
		page_put(pages[i]);
		if (!moved)
			return false;
	}
	return true;
}

/* Does who looked at NR pages, so many of them being written, sleep? */
static bool
sleeps(gfp_t gfp, bool kswapd, u64 nr_writeback, u64 nr_freed)
{
	struct reclaim_run run = {
		.gfp = gfp,
		.kswapd = kswapd,
		.nr_scanned = NR,
		.nr_writeback = nr_writeback,
		.nr_freed = nr_freed,
	};
	u64 before = current->nr_voluntary;

	reclaim_wait(&run);
	return current->nr_voluntary != before;
}

/*
 * Who needs memory himself does not wait when there is some for him by now: what a zone keeps for those who
 * cannot have a higher one is none.
 */
static void
check_waits_for_room(void)
{
	unsigned top = gfp_highest_zone(GFP_HIGHUSER);

	KTEST_CHECK(!sleeps(GFP_HIGHUSER, false, NR, 0));
	for (unsigned i = 0; i <= top; i++)
		WRITE_ONCE(zones[i].lowmem_reserve[top], zones[i].nr_managed);
	KTEST_CHECK(sleeps(GFP_HIGHUSER, false, NR, 0));
	for (unsigned i = 0; i <= top; i++) {
		WRITE_ONCE(zones[i].lowmem_reserve[top], 0);
		WRITE_ONCE(zones[i].watermark_low, zones[i].nr_managed);
	}
	KTEST_CHECK(sleeps(GFP_HIGHUSER, false, NR, 0));
	watermarks_update();
	KTEST_CHECK(!sleeps(GFP_HIGHUSER, false, NR, 0));
}

KTEST(reclaim_waits_for_write_back)
{
	struct reclaim_run during = {.gfp = GFP_KERNEL, .desperate = true}, after = during;
	u64 throttled = nr_throttled_written();
	struct page *pages[NR];

	KTEST_REQUIRE(pages_read(pages));
	for (unsigned i = 0; i < NR; i++) {
		writeback_began();
		page_set(pages[i], PG_writeback);
	}
	KTEST_CHECK(shrink_batch(lru, LRU_FILE, NR, &during) == NR);
	KTEST_CHECK(during.nr_writeback == NR && during.nr_freed == 0);
	KTEST_CHECK(sleeps(GFP_KERNEL, true, during.nr_writeback, during.nr_freed));
	KTEST_CHECK(!sleeps(GFP_NOIO, true, NR, 0));
	KTEST_CHECK(!sleeps(GFP_KERNEL, true, NR, 1));
	KTEST_CHECK(!sleeps(GFP_KERNEL, true, NR / 2, 0));
	check_waits_for_room();
	page_end_writeback(pages[0], 0);
	KTEST_CHECK(nr_throttled_written() == throttled);
	writeback_throttle_begin();
	for (unsigned i = 1; i < NR; i++)
		page_end_writeback(pages[i], 0);
	writeback_throttle_end();
	KTEST_CHECK(nr_throttled_written() == throttled + NR - 1);
	KTEST_CHECK(shrink_batch(lru, LRU_FILE, NR, &after) == NR);
	KTEST_CHECK(after.nr_writeback == 0 && after.nr_freed == NR);
	mapping_destroy(&file);
}
