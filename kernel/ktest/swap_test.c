/* What swap asks of its disk. */

#include "ktest/ktest.h"
#include "ktest/swap_disk.h"
#include "dev/ramdisk.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/madvise.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/pageout.h"
#include "vm/reclaim.h"
#include "vm/shmem.h"
#include "vm/swap.h"
#include "vm/usercopy.h"

#define MADV_WILLNEED 3

#define VM_RW (VM_READ | VM_WRITE | VM_MAYALL)

#define NR	 64
#define NR_SLOTS 256 /* of which less than half are used: who reads keeps the slot */
#define SECTORS	 (PAGE_SIZE / SECTOR_SIZE)

/* Read one after the other: soon a request has eight pages. */
KTEST(swap_reads_neighbours_together)
{
	u64 reads, pages, ahead, hits,
		out = vmstat_get(PSWPOUT), scan = vmstat_get(NR_VMSCAN_WRITE),
		scanned = vmstat_get(PGSCAN_ANON), stolen = vmstat_get(PGSTEAL_ANON);
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR);
	KTEST_CHECK(atomic64_read(&mm->nr_swap) == NR);
	KTEST_CHECK(vmstat_get(PSWPOUT) == out + NR && vmstat_get(NR_VMSCAN_WRITE) == scan + NR);
	KTEST_CHECK(vmstat_get(PGSCAN_ANON) == scanned + NR);
	KTEST_CHECK(vmstat_get(PGSTEAL_ANON) == stolen + NR);
	reads = swap_disk.bdev->stats.reads;
	ahead = vmstat_get(SWAP_RA);
	hits = vmstat_get(SWAP_RA_HIT);
	pages = vmstat_get(PSWPIN);
	KTEST_CHECK(program_holds(0, NR));
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR);
	reads = swap_disk.bdev->stats.reads - reads;
	KTEST_CHECK(reads <= NR / 4);
	KTEST_CHECK(vmstat_get(SWAP_RA) - ahead == NR - reads);
	KTEST_CHECK(vmstat_get(SWAP_RA_HIT) - hits == NR - reads);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* Read here and there: nothing is read that nobody wants. */
KTEST(swap_reads_strangers_alone)
{
	struct mm *mm;
	u64 pages;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR);
	pages = vmstat_get(PSWPIN);
	for (u64 i = 8; i < NR; i += 8)
		KTEST_CHECK(program_holds(i, 1));
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR / 8 - 1);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* What is all in swap and is said to be needed is read at once, and then there. */
static void
check_willneed(struct mm *mm)
{
	u64 pages = vmstat_get(PSWPIN), reads = swap_disk.bdev->stats.reads;
	u64 majors = current->maj_flt;

	KTEST_CHECK(vma_advise(mm, PROGRAM_BASE, NR * PAGE_SIZE, MADV_WILLNEED) == 0);
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR);
	KTEST_CHECK(swap_disk.bdev->stats.reads - reads <= NR / 16);
	KTEST_CHECK(vma_advise(mm, PROGRAM_BASE, NR * PAGE_SIZE, MADV_WILLNEED) == 0);
	KTEST_CHECK(program_holds(0, NR));
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR && current->maj_flt == majors);
}

KTEST(swap_reads_what_is_needed)
{
	struct mapping *shmem = shmem_create(NR * PAGE_SIZE);
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm && shmem);
	program_pageout(mm, 0, NR);
	check_willneed(mm);
	KTEST_CHECK(vma_map(mm, PROGRAM_BASE, NR * PAGE_SIZE, VM_RW | VM_SHARED, shmem, 0,
			    MAP_PLACE_FIXED) > 0);
	for (u64 i = 0; i < NR; i++)
		KTEST_CHECK(put_user_u32(program_uva(i), i + 1) == 0);
	program_pageout(mm, 0, NR);
	KTEST_CHECK(shmem->nr_swapped == NR);
	check_willneed(mm);
	KTEST_CHECK(shmem->nr_swapped == 0);
	mapping_put(shmem);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* A program ends while its pages are written. => false: no memory */
static bool
program_ends_writing(void)
{
	struct mm *mm = program_enter(32);

	if (!mm)
		return false;
	swap_disk.holds_writes = true;
	rwsem_read_lock(&mm->lock);
	vma_pageout(mm, program_uva(0), program_uva(32));
	rwsem_read_unlock(&mm->lock);
	program_leave();
	return true;
}

/* When they are written they are free, though memory is not short. */
KTEST(swap_frees_what_was_written)
{
	u64 before = lru_nr_isolated(LRU_ANON);

	KTEST_REQUIRE(swap_disk_on(64, 0));
	KTEST_REQUIRE(program_ends_writing());
	KTEST_CHECK(lru_nr_isolated(LRU_ANON) == before + 32);
	swap_disk_go_on();
	for (unsigned i = 0; i < PATIENCE && lru_nr_isolated(LRU_ANON) > before; i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	KTEST_CHECK(lru_nr_isolated(LRU_ANON) == before);
	KTEST_CHECK(swap_disk_off());
}

static bool went_on;

/* When swapoff has begun it has had time to come to where it waits. */
static void
go_on_main(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < PATIENCE && swap_available(); i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	task_sleep_ns(10 * NSEC_PER_MSEC, false);
	swap_disk_go_on();
	__atomic_store_n(&went_on, true, __ATOMIC_RELEASE);
}

/* swapoff, while the disk holds back what it waits for. => it was done, and not before the disk went on */
static bool
swap_disk_off_waits(void)
{
	bool off;

	went_on = false;
	if (IS_ERR(kthread_start("go on", go_on_main, NULL)))
		return false;
	off = swap_off(swap_disk.bdev) == 0 && swap_disk.nr_held == 0;
	while (!__atomic_load_n(&went_on, __ATOMIC_ACQUIRE))
		task_sleep_ns(NSEC_PER_MSEC, false);
	if (off)
		ramdisk_destroy(swap_disk.bdev);
	return off;
}

/* When swap is off again nobody has them any more. */
KTEST(swapoff_frees_what_was_written)
{
	u64 before = lru_nr_isolated(LRU_ANON);

	KTEST_REQUIRE(swap_disk_on(64, 0));
	KTEST_REQUIRE(program_ends_writing());
	KTEST_CHECK(swap_disk_off_waits());
	/* kswapd may have the last one in its hands. */
	for (unsigned i = 0; i < PATIENCE && lru_nr_isolated(LRU_ANON) > before; i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	KTEST_CHECK(lru_nr_isolated(LRU_ANON) <= before);
}

/* Pages that come back while there is room, and then others, for which there is not: NR_SMALL in all. */
#define NR_SMALL       (NR_SLOTS_SMALL - 1)
#define NR_SLOTS_SMALL 128
#define NR_BACK	       60

/* => the program, of which the first NR_BACK pages are in memory and have slots, and no slot is free */
static struct mm *
swap_fill(void)
{
	struct mm *mm;

	if (!swap_disk_on(NR_SLOTS_SMALL, 0))
		return NULL;
	mm = program_enter(NR_SMALL);
	if (!mm)
		return NULL;
	program_pageout(mm, 0, NR_BACK);
	KTEST_CHECK(!swap_is_tight() && program_holds(0, NR_BACK));
	program_pageout(mm, NR_BACK, NR_SMALL - NR_BACK);
	KTEST_CHECK(!swap_available() && atomic64_read(&mm->rss_anon) == NR_BACK);
	return mm;
}

/* Without a free slot: what has one can go, and need not even be written. */
KTEST(swap_full_is_no_end)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	struct mm *mm = swap_fill();
	u64 writes;

	KTEST_REQUIRE(mm);
	writes = vmstat_get(PSWPOUT);
	for (unsigned zone = 0; zone < NR_ZONES; zone++)
		reclaim_zone(zone, 0, UINT64_MAX - run.nr_freed, &run);
	KTEST_CHECK(atomic64_read(&mm->rss_anon) == 0 && run.nr_freed >= NR_BACK);
	KTEST_CHECK(vmstat_get(PSWPOUT) == writes);
	KTEST_CHECK(program_holds(0, NR_SMALL));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* Reclaim finds that a page is in use. => true: it has its slot still */
static bool
keeps_slot(struct mm *mm, u64 index)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	struct page *page = program_page(mm, index);
	bool keeps;

	KTEST_CHECK(page && lru_move_home(page, &lrus[LRU_PAGEREFS]));
	KTEST_CHECK(page_test(page, PG_swapcache));
	KTEST_CHECK(shrink_batch(&lrus[LRU_PAGEREFS], LRU_ANON, 1, &run) == 1);
	KTEST_CHECK(run.nr_freed == 0 && page_mapcount(page) == 1);
	keeps = page_test(page, PG_swapcache);
	KTEST_CHECK(lru_move_home(page, &lrus[page->zone]));
	page_put(page);
	return keeps;
}

/* A page that is in use keeps its slot as long as there are enough of them. */
KTEST(swap_full_takes_slots_of_what_is_used)
{
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS_SMALL, 0));
	mm = program_enter(NR_BACK);
	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR_BACK);
	KTEST_CHECK(program_holds(0, NR_BACK) && keeps_slot(mm, 0));
	program_leave();
	KTEST_CHECK(swap_disk_off());
	mm = swap_fill();
	KTEST_REQUIRE(mm);
	KTEST_CHECK(!keeps_slot(mm, 1) && swap_available());
	KTEST_CHECK(put_user_u32(program_uva(1), 2) == 0 && program_holds(0, NR_SMALL));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* => discards of a swapon with these flags */
static unsigned
discards(u32 flags)
{
	unsigned nr = UINT32_MAX;

	if (swap_disk_on(NR_SLOTS, flags)) {
		nr = swap_disk.nr_discards;
		KTEST_CHECK(swap_disk_off());
	}
	return nr;
}

/* All slots but the header, before any is used, if the user wants that. */
KTEST(swap_discards_at_swapon)
{
	KTEST_CHECK(discards(0) == 0);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES) == 0);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD) == 1);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE) == 1);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE |
			     SWAP_FLAG_DISCARD_PAGES) == 1);
	KTEST_CHECK(swap_disk.discard_sector == SECTORS);
	KTEST_CHECK(swap_disk.nr_discard_sectors == (NR_SLOTS - 1) * SECTORS);
}

/* Of eight clusters, what fills two and begins a third. */
#define NR_SLOTS_MORE 2048
#define NR_MORE	      600

/* Such a program swaps, and ends; time for what is discarded then. */
static void
swap_and_end(void)
{
	struct mm *mm = program_enter(NR_MORE);

	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR_MORE);
	KTEST_CHECK(atomic64_read(&mm->nr_swap) == NR_MORE);
	program_leave();
	task_sleep_ns(100 * NSEC_PER_MSEC, false);
}

static bool
discard_begins(void)
{
	for (unsigned i = 0; i < PATIENCE && READ_ONCE(swap_disk.nr_held) == 0; i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	return READ_ONCE(swap_disk.nr_held) == 1;
}

/* Of a program's end the device hears at once, in one request, and before anything else is written there. */
KTEST(swap_discards_what_became_free)
{
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS_MORE, SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES));
	swap_disk.holds_discards = true;
	swap_and_end();
	KTEST_CHECK(discard_begins());
	swap_and_end();
	KTEST_CHECK(swap_disk.nr_overwritten == 0);
	swap_disk_go_on();
	task_sleep_ns(100 * NSEC_PER_MSEC, false);
	KTEST_CHECK(swap_disk.nr_discards >= 2);
	KTEST_CHECK(swap_disk_off());
}

/* The map goes with swapoff, so nobody has clusters of it then. */
KTEST(swapoff_waits_for_discards)
{
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS_MORE, SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES));
	swap_disk.holds_discards = true;
	swap_and_end();
	KTEST_CHECK(discard_begins());
	KTEST_CHECK(swap_disk_off_waits());
}

/* Who wants it once has it once. */
KTEST(swap_discards_once)
{
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS_MORE, SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE));
	swap_and_end();
	KTEST_CHECK(swap_disk.nr_discards == 1);
	KTEST_CHECK(swap_disk_off());
}
