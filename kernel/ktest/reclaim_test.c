/* What reclaim does with a page, and what it never does. Each page is on a list where no other is, or is named. */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/areas.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/reclaim.h"
#include "vm/reclaim_policy.h"

#define NR   2
#define BASE 0x10000000UL
#define TEXT (BASE + 64 * PAGE_SIZE)

/* More pages than any machine of these tests has. */
#define FAR (1UL << 24)

static struct mapping file;

static struct page *
file_page(u64 index)
{
	u8 byte;

	KTEST_CHECK(pagecache_read_kernel(&file, index * PAGE_SIZE, &byte, 1) == 1);
	lru_flush();
	return pagecache_find(&file, index);
}

/* => true: the page is gone */
static bool
file_page_evict(u64 index)
{
	struct page *page = file_page(index);

	if (!page || !lru_isolate_page(page))
		return false;
	shrink_pages(&page, 1);
	page = pagecache_find(&file, index);
	if (page)
		page_put(page);
	return !page;
}

static bool
file_page_is_active(u64 index)
{
	struct page *page = file_page(index);
	bool active = page_test(page, PG_active);

	page_put(page);
	return active;
}

/* Evicted, and read again when `distance` others were evicted: is it active at once? */
static bool
refault_activates(u64 index, u64 distance)
{
	u64 refaults = vmstat_get(WORKINGSET_REFAULT_FILE);
	struct page *page = file_page(index);
	struct lru *lru = lru_of(page);
	bool active;

	page_put(page);
	KTEST_CHECK(file_page_evict(index));
	lru->nr_evicted += distance;
	active = file_page_is_active(index);
	lru->nr_evicted -= distance;
	KTEST_CHECK(vmstat_get(WORKINGSET_REFAULT_FILE) == refaults + 1);
	return active;
}

/* A page that comes back soon is believed to be in use; one that was away for long is like any new one. */
KTEST(workingset_activates_what_comes_back_soon)
{
	u64 activated = vmstat_get(WORKINGSET_ACTIVATE_FILE),
	    restored = vmstat_get(WORKINGSET_RESTORE_FILE);

	KTEST_NEEDS(reclaim_policy == &policy_lru);
	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	KTEST_CHECK(!file_page_is_active(0) && !file_page_is_active(1));
	KTEST_CHECK(!refault_activates(1, FAR));
	KTEST_CHECK(vmstat_get(WORKINGSET_ACTIVATE_FILE) == activated);
	KTEST_CHECK(refault_activates(0, 0));
	KTEST_CHECK(vmstat_get(WORKINGSET_ACTIVATE_FILE) == activated + 1);
	KTEST_CHECK(vmstat_get(WORKINGSET_RESTORE_FILE) == restored);
	KTEST_CHECK(refault_activates(0, 0));
	KTEST_CHECK(vmstat_get(WORKINGSET_RESTORE_FILE) == restored + 1);
	mapping_destroy(&file);
}

/* The count that matters is that of the lists which the page left, wherever it comes back to. */
KTEST(workingset_remembers_the_lists)
{
	struct lru *left = &lrus[LRU_PAGEREFS], *back;
	struct page *page;

	KTEST_NEEDS(reclaim_policy == &policy_lru);
	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	page = file_page(0);
	back = lru_of(page);
	KTEST_CHECK(page && lru_move_home(page, left));
	page_put(page);
	KTEST_CHECK(file_page_evict(0));
	back->nr_evicted = left->nr_evicted + FAR;
	KTEST_CHECK(file_page_is_active(0));
	mapping_destroy(&file);
}

static bool
file_map(struct mm *mm, u64 base, u64 index, u32 flags)
{
	return vma_map(mm, base, PAGE_SIZE, flags | VM_READ | VM_MAYALL, &file, index,
		       MAP_PLACE_FIXED) == (s64)base &&
	       fault_handle(mm, base, flags & VM_EXEC ? FAULT_EXEC : FAULT_READ) == FAULT_OK;
}

/* On lists that no other page is on. => with a reference */
static struct page *
file_page_set_apart(u64 index)
{
	struct page *page = file_page(index);

	KTEST_CHECK(page && lru_move_home(page, &lrus[LRU_PAGEREFS]));
	page_clear(page, PG_referenced);
	return page;
}

/* Text that was used becomes active at the first look, other pages of files do not. */
static void
check_first_look(struct page *text, struct page *data)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	u64 scanned = vmstat_get(PGSCAN_FILE), direct = vmstat_get(PGSCAN_DIRECT),
	    activated = vmstat_get(PGACTIVATE);

	KTEST_CHECK(shrink_batch(lru_of(text), LRU_FILE, NR, &run) == NR && run.nr_freed == 0);
	KTEST_CHECK(page_test(text, PG_active));
	KTEST_CHECK(!page_test(data, PG_active) && page_test(data, PG_referenced));
	KTEST_CHECK(vmstat_get(PGSCAN_FILE) == scanned + NR);
	KTEST_CHECK(vmstat_get(PGSCAN_DIRECT) == direct + NR);
	KTEST_CHECK(vmstat_get(PGACTIVATE) == activated + 1);
}

/* Text that was used stays active, other pages have to show themselves again. */
static void
check_refill(struct mm *mm, struct page *text, struct page *data)
{
	u64 looked = vmstat_get(PGREFILL), down = vmstat_get(PGDEACTIVATE);

	KTEST_CHECK(lru_activate(data));
	KTEST_CHECK(fault_handle(mm, TEXT, FAULT_EXEC) == FAULT_OK);
	KTEST_CHECK(fault_handle(mm, BASE, FAULT_READ) == FAULT_OK);
	reclaim_policy->refill(lru_of(text), LRU_FILE, NR);
	KTEST_CHECK(page_test(text, PG_active) && !page_test(data, PG_active));
	KTEST_CHECK(lru_activate(data));
	reclaim_policy->refill(lru_of(text), LRU_FILE, NR);
	KTEST_CHECK(!page_test(text, PG_active) && !page_test(data, PG_active));
	KTEST_CHECK(vmstat_get(PGREFILL) == looked + 2 * NR);
	KTEST_CHECK(vmstat_get(PGDEACTIVATE) == down + 1 + NR);
}

KTEST(reclaim_protects_text)
{
	struct mm *mm = mm_create();
	struct page *text, *data;

	KTEST_REQUIRE(mm);
	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	mm_switch(mm);
	KTEST_CHECK(file_map(mm, BASE, 0, 0) && file_map(mm, TEXT, 1, VM_EXEC));
	data = file_page_set_apart(0);
	text = file_page_set_apart(1);
	if (reclaim_policy == &policy_lru) {
		check_first_look(text, data);
		check_refill(mm, text, data);
	}
	page_put(text);
	page_put(data);
	mm_put(mm_switch(NULL));
	mapping_destroy(&file);
}

/* A step of reclaim that wants no pages: it only sees whether locked ones are still locked. */
static void
look_at_locked(const struct page *page)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};

	reclaim_zone(page->zone, 0, 0, &run);
	KTEST_CHECK(run.nr_scanned == 0);
}

/*
 * A page that a fault brought to a locked area is set aside when reclaim comes to it, and can go again
 * when the area is not locked any more, though nobody took it back at once.
 */
KTEST(reclaim_rescues_what_was_unlocked)
{
	struct mm *mm = mm_create();
	struct page *page, *named;
	u64 culled = vmstat_get(UNEVICTABLE_PGS_CULLED), scanned, rescued;

	KTEST_REQUIRE(mm);
	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	mm_switch(mm);
	KTEST_CHECK(file_map(mm, BASE, 0, VM_LOCKED | VM_LOCKONFAULT));
	page = named = file_page(0);
	page_get(page);
	KTEST_CHECK(lru_isolate_page(page));
	shrink_pages(&named, 1);
	KTEST_CHECK(page_test(page, PG_unevictable) && page_mapcount(page) == 1);
	KTEST_CHECK(vmstat_get(UNEVICTABLE_PGS_CULLED) == culled + 1);
	scanned = vmstat_get(UNEVICTABLE_PGS_SCANNED);
	rescued = vmstat_get(UNEVICTABLE_PGS_RESCUED);
	look_at_locked(page);
	KTEST_CHECK(vmstat_get(UNEVICTABLE_PGS_RESCUED) == rescued);
	KTEST_CHECK(page_test(page, PG_unevictable));
	rwsem_write_lock(&mm->lock);
	areas_change_flags(mm, BASE, BASE + PAGE_SIZE, 0, VM_LOCKED_MASK);
	rwsem_write_unlock(&mm->lock);
	look_at_locked(page);
	KTEST_CHECK(page_test(page, PG_lru) && !page_test(page, PG_unevictable));
	KTEST_CHECK(vmstat_get(UNEVICTABLE_PGS_RESCUED) == rescued + 1);
	KTEST_CHECK(vmstat_get(UNEVICTABLE_PGS_SCANNED) >= scanned + 2);
	mm_put(mm_switch(NULL));
	page_put(page);
	KTEST_CHECK(file_page_evict(0));
	mapping_destroy(&file);
}

/*
 * A page that somebody else brought back after this munlock() chose it, and before it had it, stays where
 * reclaim looks.
 */
KTEST(reclaim_rescues_a_page_once)
{
	struct page *page;

	mapping_init(&file, &file_ops, NULL, NR * PAGE_SIZE);
	page = file_page(0);
	page_get(page);
	KTEST_CHECK(lru_isolate_page(page));
	KTEST_CHECK(shrink_rescue_pages(&page, 1) == 0);
	KTEST_CHECK(page_test(page, PG_lru) && !page_test(page, PG_unevictable));
	page_put(page);
	KTEST_CHECK(file_page_evict(0));
	mapping_destroy(&file);
}

#define NR_CHANGES 300

static struct page *changing;

/* Makes the pages that it is given swapbacked, one after the other. */
static void
change_pages(void *arg)
{
	u32 *done = arg;

	sched_set_allowed(current, 1U << 1);
	for (unsigned i = 0; i < NR_CHANGES; i++) {
		struct page *page;

		while (!(page = __atomic_load_n(&changing, __ATOMIC_ACQUIRE)))
			cond_resched();
		lru_make_swapbacked(page);
		__atomic_store_n(&changing, NULL, __ATOMIC_RELEASE);
	}
	__atomic_store_n(done, 1, __ATOMIC_RELEASE);
}

/* Isolated and put back until the other thread has changed its kind. */
static void
isolate_while_it_changes(struct lru *lru)
{
	struct page *page = page_alloc(GFP_KERNEL);

	KTEST_REQUIRE(page);
	page->lru_home = lru - lrus;
	lru_add(page);
	lru_flush();
	__atomic_store_n(&changing, page, __ATOMIC_RELEASE);
	while (__atomic_load_n(&changing, __ATOMIC_ACQUIRE)) {
		page_get(page);
		KTEST_CHECK(lru_isolate_page(page));
		lru_putback(page, false);
		cond_resched();
	}
	KTEST_CHECK(page_test(page, PG_swapbacked));
	page_put(page);
}

/* A page becomes one of the other kind just when it is isolated or put back: both numbers stay right. */
KTEST(lru_counts_isolated_pages_by_kind)
{
	struct lru *lru = &lrus[LRU_PAGEREFS];
	cpumask_t all = current->allowed;
	static u32 done;

	KTEST_NEEDS(nr_cpus >= 2);
	done = 0;
	sched_set_allowed(current, 1U << 0);
	KTEST_REQUIRE(!IS_ERR(kthread_start("changer", change_pages, &done)));
	for (unsigned i = 0; i < NR_CHANGES; i++)
		isolate_while_it_changes(lru);
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
		cond_resched();
	sched_set_allowed(current, all & sched_harts());
	KTEST_CHECK(atomic64_read(&lru->nr_isolated[LRU_ANON]) == 0);
	KTEST_CHECK(atomic64_read(&lru->nr_isolated[LRU_FILE]) == 0);
}
