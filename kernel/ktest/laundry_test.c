/* Waiting for pages that are on their way to swap: nobody keeps them by that, and not for ever. */

#include "core/clock.h"
#include "ktest/ktest.h"
#include "ktest/swap_disk.h"
#include "lib/err.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/reclaim.h"
#include "vm/shrink.h"
#include "vm/zswap.h"

#define NR_SLOTS 64
#define NR_MANY \
	1024 /* pages, all of which would wait if nobody saw that the disk does not answer */
#define LONG_NS (3600 * NSEC_PER_SEC)

/* Lists that nobody else collects from. */
static struct lru *const lru = &lrus[LRU_PAGEREFS];

static bool waited, was_written;

/* => a page that is given to a disk that holds it, and that nothing maps; or NULL */
static struct page *
page_launder(struct mm *mm)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL, .desperate = true};
	struct page *page = program_page(mm, 0);
	bool moved;

	if (!page)
		return NULL;
	moved = lru_move_home(page, lru);
	page_put(page);
	swap_disk.holds_writes = true;
	KTEST_CHECK(moved && shrink_batch(lru, LRU_ANON, 1, &run) == 1);
	return lru->nr_laundry == 1 && page_test(page, PG_writeback) ? page : NULL;
}

static void
wait_main(void *arg)
{
	(void)arg;
	was_written = lru_laundry_wait(lru, clock_now_ns() + LONG_NS);
	__atomic_store_n(&waited, true, __ATOMIC_RELEASE);
}

/* Who waits does not keep the page from being free the moment it is written. */
KTEST(laundry_wait_holds_no_page)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	struct page *page;
	struct mm *mm;

	KTEST_NEEDS(!zswap_enabled);
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(1);
	KTEST_REQUIRE(mm);
	page = page_launder(mm);
	KTEST_REQUIRE(page);
	waited = was_written = false;
	KTEST_REQUIRE(!IS_ERR(kthread_start("wait", wait_main, NULL)));
	while (!page_test(page, PG_waiters))
		sched_yield();
	/* That of the swap cache, and the laundry's. */
	KTEST_CHECK(page_refcount(page) == 2);
	swap_disk_go_on();
	shrink_laundry(lru, &run);
	KTEST_CHECK(run.nr_freed == 1 && lru->nr_laundry == 0);
	while (!__atomic_load_n(&waited, __ATOMIC_ACQUIRE))
		sched_yield();
	KTEST_CHECK(was_written);
	KTEST_CHECK(program_holds(0, 1));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* A disk that does not answer holds up nobody for longer than he wants to wait. */
KTEST(laundry_wait_has_a_deadline)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	struct page *page;
	struct mm *mm;

	KTEST_NEEDS(!zswap_enabled);
	KTEST_CHECK(lru_laundry_wait(lru, clock_now_ns() + LONG_NS));
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(1);
	KTEST_REQUIRE(mm);
	page = page_launder(mm);
	KTEST_REQUIRE(page);
	KTEST_CHECK(!lru_laundry_wait(lru, clock_now_ns() + NSEC_PER_MSEC));
	KTEST_CHECK(page_test(page, PG_writeback) && lru->nr_laundry == 1);
	swap_disk_go_on();
	KTEST_CHECK(lru_laundry_wait(lru, clock_now_ns()));
	shrink_laundry(lru, &run);
	KTEST_CHECK(run.nr_freed == 1);
	KTEST_CHECK(program_holds(0, 1));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* => pages on their way to the disk from the zone that most of the program's pages are in */
static u64
nr_given(struct mm *mm)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	struct page *page = program_page(mm, NR_MANY / 2);
	unsigned zone;

	if (!page)
		return 0;
	zone = page->zone;
	page_put(page);
	reclaim_zone(zone, 0, UINT32_MAX, &run);
	return READ_ONCE(lrus[zone].nr_laundry);
}

/* A disk that does not answer is given so many pages, and then no more: reclaim ends soon, and looks elsewhere. */
KTEST(laundry_is_not_filled_for_a_dead_disk)
{
	struct mm *mm;
	u64 nr;

	KTEST_NEEDS(!zswap_enabled);
	KTEST_REQUIRE(swap_disk_on(2 * NR_MANY, 0));
	mm = program_enter(NR_MANY);
	KTEST_REQUIRE(mm);
	swap_disk.holds_writes = true;
	nr = nr_given(mm);
	KTEST_CHECK(nr > 0 && nr < NR_MANY / 2);
	swap_disk_go_on();
	KTEST_CHECK(program_holds(0, NR_MANY));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}
