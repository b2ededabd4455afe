/* Swap without memory, without I/O, and beside fork. */

#include "ktest/inject.h"
#include "ktest/ktest.h"
#include "ktest/swap_disk.h"
#include "core/clock.h"
#include "dev/block_fail.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/tlb_deferred.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/page_lock.h"
#include "vm/pte_state.h"
#include "vm/reclaim.h"
#include "vm/rmap.h"
#include "vm/swap_area.h"
#include "vm/usercopy.h"
#include "vm/zswap.h"

#define NR	 64
#define NR_SLOTS 256

/* => the program, of which all pages are in swap; or NULL */
static struct mm *
program_in_swap(void)
{
	struct mm *mm;

	if (!swap_disk_on(NR_SLOTS, 0))
		return NULL;
	mm = program_enter(NR);
	if (!mm)
		return NULL;
	program_pageout(mm, 0, NR);
	KTEST_CHECK(atomic64_read(&mm->nr_swap) == NR);
	return mm;
}

/* No page to read into: who needs one is told, swapoff gives up, and nothing is lost. */
KTEST(swap_in_without_memory)
{
	struct mm *mm = program_in_swap();
	u32 word;

	KTEST_REQUIRE(mm);
	inject_begin(&fail_page_alloc, "1,100,0,-1");
	KTEST_CHECK(get_user_u32(&word, program_uva(0)) < 0);
	KTEST_CHECK(swap_off(swap_disk.bdev) == -ENOMEM);
	KTEST_CHECK(fail_page_alloc.nr_failed >= 2);
	inject_end(&fail_page_alloc);
	KTEST_CHECK(swap_available() && atomic64_read(&mm->nr_swap) == NR);
	KTEST_CHECK(program_holds(0, NR));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* No request can be had, but those that are kept for this: pages leave and come back. */
KTEST(swap_moves_without_memory_for_requests)
{
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	strscpy(failslab.cache, "bio", sizeof(failslab.cache));
	inject_begin(&failslab, "1,100,0,-1");
	program_pageout(mm, 0, NR);
	KTEST_CHECK(atomic64_read(&mm->nr_swap) == NR);
	KTEST_CHECK(program_holds(0, NR));
	KTEST_CHECK(failslab.nr_failed > 0);
	inject_end(&failslab);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* => pages freed of one that is alone on its lists, used or not */
static u64
reclaim_alone(struct mm *mm, u64 index, gfp_t gfp)
{
	struct reclaim_run run = {.gfp = gfp, .desperate = true};
	struct page *page = program_page(mm, index);

	KTEST_CHECK(page && lru_move_home(page, &lrus[LRU_PAGEREFS]));
	page_put(page);
	KTEST_CHECK(shrink_batch(&lrus[LRU_PAGEREFS], LRU_ANON, 1, &run) == 1);
	shrink_laundry(&lrus[LRU_PAGEREFS], &run);
	return run.nr_freed;
}

/* Who may not wait for a disk writes nothing to it; what is there already can go. */
KTEST(swap_not_without_io)
{
	struct mm *mm = program_in_swap();
	u64 writes;

	KTEST_REQUIRE(mm);
	KTEST_CHECK(program_holds(0, NR) && put_user_u32(program_uva(1), 2) == 0);
	writes = vmstat_get(PSWPOUT);
	KTEST_CHECK(reclaim_alone(mm, 1, GFP_NOIO) == 0);
	KTEST_CHECK(reclaim_alone(mm, 0, GFP_NOIO) == 1);
	KTEST_CHECK(vmstat_get(PSWPOUT) == writes);
	KTEST_CHECK(reclaim_alone(mm, 1, GFP_KERNEL) == 1);
	KTEST_CHECK(vmstat_get(PSWPOUT) == writes + 1);
	KTEST_CHECK(program_holds(0, NR));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

static u32 nr_forks, ending, ended;

static bool
copy_holds(struct mm *mm)
{
	u32 word;

	for (u64 i = 0; i < NR; i++)
		if (mm_copy_from(mm, &word, program_uva(i), sizeof(word)) < 0 || word != i + 1)
			return false;
	return true;
}

static void
fork_main(void *arg)
{
	struct mm *parent = arg;

	while (!READ_ONCE(ending)) {
		struct mm *child = mm_fork(parent);

		KTEST_CHECK(!IS_ERR_OR_NULL(child));
		if (IS_ERR_OR_NULL(child))
			break;
		KTEST_CHECK(copy_holds(child));
		mm_put(child);
		WRITE_ONCE(nr_forks, nr_forks + 1);
	}
	mm_put(parent);
	WRITE_ONCE(ended, 1);
}

#define NR_ROUNDS 8

/* Entries are copied while they are looked for, over and over: swapoff ends, and each copy has each page. */
KTEST(swapoff_beside_fork)
{
	struct mm *mm = program_in_swap();

	KTEST_REQUIRE(mm);
	/* Who sleeps may come back on another hart, and the first would have the memory loaded for long. */
	mm_switch(NULL);
	nr_forks = ending = ended = 0;
	mm_get(mm);
	KTEST_REQUIRE(!IS_ERR(kthread_start("fork", fork_main, mm)));
	for (unsigned round = 0; round < NR_ROUNDS; round++) {
		u32 before = READ_ONCE(nr_forks);

		KTEST_CHECK(swap_disk_off());
		KTEST_CHECK(copy_holds(mm) && atomic64_read(&mm->nr_swap) == 0);
		KTEST_CHECK(swap_disk_on(NR_SLOTS, 0));
		while (READ_ONCE(nr_forks) == before)
			sched_yield();
		program_pageout(mm, 0, NR);
	}
	WRITE_ONCE(ending, 1);
	while (!READ_ONCE(ended))
		task_sleep_ns(NSEC_PER_MSEC, false);
	mm_put(mm);
	KTEST_CHECK(swap_disk_off());
}

static swp_entry_t
entry_of(struct mm *mm, u64 index)
{
	return pte_to_swp_entry(pte_read(pgtable_lookup(&mm->pgt, program_uva(index))));
}

/* => the end of the kernel's log; is the text in what was logged since `from`? */
static u64
log_look(u64 from, const char *text, bool *found)
{
	static char log[4096];
	size_t nr;

	*found = false;
	while ((nr = printk_ring_read(&from, log, sizeof(log) - 1)) > 0) {
		log[nr] = '\0';
		*found |= text && strstr(log, text);
	}
	return from;
}

#define BAD 43

/* One sector of eight pages that are read together is bad: its page is lost, and its slot, alone. */
KTEST(swap_bad_sector_is_one_page)
{
	s64 failed = atomic64_read(&swap_nr_failed);
	struct mm *mm;
	bool alone, together;
	u64 before;
	u32 word;

	KTEST_NEEDS(!zswap_enabled);
	mm = program_in_swap();
	KTEST_REQUIRE(mm);
	before = log_look(0, NULL, &alone);
	swap_disk.bad_slot = swp_slot(entry_of(mm, BAD));
	KTEST_CHECK(program_holds(0, BAD));
	KTEST_CHECK(get_user_u32(&word, program_uva(BAD)) < 0);
	KTEST_CHECK(program_holds(BAD + 1, NR - BAD - 1));
	program_leave();
	log_look(before, " could not be read together, error -5", &together);
	log_look(before, " could not be read, error -5", &alone);
	KTEST_CHECK(together && alone);
	KTEST_CHECK(atomic64_read(&swap_nr_failed) == failed + 1);
	KTEST_CHECK(swap_disk_off());
}

static swp_entry_t late_entry;
static bool late_done;

static void
put_late(void *arg)
{
	(void)arg;
	task_sleep_ns(200 * NSEC_PER_MSEC, false);
	swap_entry_put(late_entry);
	__atomic_store_n(&late_done, true, __ATOMIC_RELEASE);
}

/* Somebody who ends takes his time to give his slots back: that is not want of memory. */
KTEST(swapoff_waits_for_who_ends)
{
	struct mm *mm = program_in_swap();

	KTEST_REQUIRE(mm);
	late_entry = entry_of(mm, 0);
	late_done = false;
	swap_entry_get(late_entry);
	KTEST_REQUIRE(!IS_ERR(kthread_start("late", put_late, NULL)));
	KTEST_CHECK(swap_disk_off());
	KTEST_CHECK(program_holds(0, NR));
	while (!__atomic_load_n(&late_done, __ATOMIC_ACQUIRE))
		task_sleep_ns(NSEC_PER_MSEC, false);
	program_leave();
}

/*
 * A page of the swap cache that only one process still maps, and somebody else has a reference to, as
 * write(2) has: what is stored now is not for him.
 */
KTEST(swap_pinned_page_is_copied)
{
	struct mm *mm = program_in_swap(), *child;
	struct page *page;
	u32 word, *kva;

	KTEST_REQUIRE(mm);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(get_user_u32(&word, program_uva(0)) == 0);
	page = program_page(mm, 0);
	KTEST_REQUIRE(page && page_test(page, PG_swapcache));
	mm_put(child);
	KTEST_CHECK(put_user_u32(program_uva(0), 99) == 0);
	kva = kmap_local_page(page);
	KTEST_CHECK(*kva == 1);
	kunmap_local(kva);
	KTEST_CHECK(get_user_u32(&word, program_uva(0)) == 0 && word == 99);
	page_put(page);
	KTEST_CHECK(put_user_u32(program_uva(0), 1) == 0);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

static bool
unmap(struct page *page)
{
	struct tlb_deferred deferred;
	bool unmapped;

	tlb_deferred_init(&deferred);
	unmapped = rmap_unmap(page, &deferred);
	tlb_deferred_flush(&deferred);
	return unmapped;
}

/* A page that read(2) is about to copy to stays where it is, though it has a slot already. */
KTEST(swap_pinned_page_stays_mapped)
{
	struct page *page;
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(1);
	KTEST_REQUIRE(mm);
	page = program_page(mm, 0);
	KTEST_REQUIRE(page);
	page_lock(page);
	KTEST_CHECK(swap_cache_add(page) == 0);
	page_get(page);
	KTEST_CHECK(!unmap(page) && page_mapcount(page) == 1);
	page_put(page);
	KTEST_CHECK(unmap(page) && atomic64_read(&mm->nr_swap) == 1);
	page_unlock(page);
	page_put(page);
	KTEST_CHECK(program_holds(0, 1));
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* Bytes that no compressed page has, in the place of one. */
static void
compressed_spoil(struct mm *mm, u64 index)
{
	swp_entry_t entry = entry_of(mm, index);
	struct zswap_entry *kept = xa_load(&swap_area_of(entry)->kept, swp_slot(entry));
	struct zpool_place place;
	u8 *kva;

	KTEST_REQUIRE(kept);
	place = zswap_place(kept);
	kva = kmap_local_page(place.page);
	memset(kva + zpool_offset(place), 0xff, place.nr * ZPOOL_CHUNK_BYTES);
	kunmap_local(kva);
}

#define SPOILT 3

/* One compressed page cannot be read: who wants it is told each time, and the others are as they were. */
KTEST(zswap_unreadable_page_is_lost_alone)
{
	u64 failed = zswap_stats.decompress_fail;
	struct mm *mm;
	u32 word;

	KTEST_NEEDS(zswap_enabled);
	mm = program_in_swap();
	KTEST_REQUIRE(mm);
	KTEST_CHECK(zswap_nr_stored() == NR);
	compressed_spoil(mm, SPOILT);
	for (unsigned i = 0; i < 2; i++)
		KTEST_CHECK(get_user_u32(&word, program_uva(SPOILT)) < 0);
	KTEST_CHECK(zswap_stats.decompress_fail == failed + 1);
	KTEST_CHECK(program_holds(0, SPOILT) && program_holds(SPOILT + 1, NR - SPOILT - 1));
	program_leave();
	KTEST_CHECK(swap_disk_off() && zswap_nr_stored() == 0);
}

/* What is compressed is not read ahead with what is on the disk: there is nothing to be saved. */
KTEST(zswap_is_not_read_ahead)
{
	struct mm *mm;
	u64 stored;

	KTEST_NEEDS(zswap_enabled);
	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	for (u64 i = 0; i < NR; i++) {
		zswap_enabled = i > NR / 2 && i % 2;
		program_pageout(mm, i, 1);
	}
	zswap_enabled = true;
	stored = zswap_nr_stored();
	KTEST_CHECK(stored == NR / 4);
	/* In the first half one learns to read many at once. */
	KTEST_CHECK(program_holds(0, NR / 2));
	for (u64 i = NR / 2; i < NR; i += 2)
		KTEST_CHECK(program_holds(i, 1));
	KTEST_CHECK(zswap_nr_stored() == stored);
	KTEST_CHECK(program_holds(0, NR));
	program_leave();
	KTEST_CHECK(swap_disk_off() && zswap_nr_stored() == 0);
}

/* The disk takes nothing: what is compressed stays so, but for the pages that were tried. */
KTEST(zswap_stays_when_the_disk_fails)
{
	u32 percent = zswap_max_pool_percent;
	struct mm *mm;

	KTEST_NEEDS(zswap_enabled);
	mm = program_in_swap();
	KTEST_REQUIRE(mm);
	KTEST_CHECK(zswap_nr_stored() == NR);
	block_fail_set(swap_disk.bdev->name, 1, 1000);
	zswap_max_pool_percent = 0;
	zswap_writeback_wake();
	task_sleep_ns(300 * NSEC_PER_MSEC, false);
	zswap_max_pool_percent = percent;
	KTEST_CHECK(block_fail_count() > 0);
	KTEST_CHECK(zswap_nr_stored() >= NR - 16);
	block_fail_set("", 0, 0);
	KTEST_CHECK(program_holds(0, NR));
	program_leave();
	KTEST_CHECK(swap_disk_off() && zswap_nr_stored() == 0);
}
