/* What the reaper takes, and when. */

#include "ktest/ktest.h"
#include "mem/page_alloc.h"
#include "mem/page_oom.h"
#include "mem/zone.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/oom.h"
#include "vm/usercopy.h"

#define VM_RW	(VM_READ | VM_WRITE | VM_MAYALL)
#define BASE	0x40000000UL
#define STEP	(1UL << PMD_SHIFT)
#define NR	64
#define NR_HELD 2 /* pages that are stored to */

/* Reads in NR places, each with a page table of its own. => NULL: no memory */
static struct mm *
tables_enter(void)
{
	struct mm *mm = mm_create();

	if (!mm)
		return NULL;
	mm_switch(mm);
	KTEST_CHECK(vma_map(mm, BASE, NR * STEP, VM_RW | VM_NORESERVE, NULL, 0, MAP_PLACE_FIXED) ==
		    BASE);
	for (u64 i = 0; i < NR; i++)
		KTEST_CHECK(fault_handle(mm, BASE + i * STEP, FAULT_READ) == FAULT_OK);
	for (u64 i = 0; i < NR_HELD; i++)
		KTEST_CHECK(put_user_u32(BASE + i * STEP, 1) == 0);
	KTEST_CHECK(mm->pgt.nr_tables > NR);
	KTEST_CHECK(atomic64_read(&mm->rss_anon) == NR_HELD);
	return mm;
}

/* The tables are most of what a program may have; they go with the pages. */
KTEST(oom_reap_takes_tables)
{
	struct mm *mm = tables_enter();
	bool private_done = false;

	KTEST_REQUIRE(mm);
	KTEST_CHECK(oom_reap(mm, &private_done) && private_done);
	KTEST_CHECK(mm->pgt.nr_tables == 0);
	KTEST_CHECK(atomic64_read(&mm->rss_anon) == 0);
	mm_put(mm_switch(NULL));
}

/* A thread of the victim sleeps in a fault: the pages go at once, the tables when it is gone. */
KTEST(oom_reap_beside_reader)
{
	struct mm *mm = tables_enter();
	bool private_done = false;

	KTEST_REQUIRE(mm);
	rwsem_read_lock(&mm->lock);
	KTEST_CHECK(!oom_reap(mm, &private_done) && private_done);
	KTEST_CHECK(atomic64_read(&mm->rss_anon) == 0 && mm->pgt.nr_tables > NR);
	rwsem_read_unlock(&mm->lock);
	KTEST_CHECK(oom_reap(mm, &private_done));
	KTEST_CHECK(mm->pgt.nr_tables == 0);
	mm_put(mm_switch(NULL));
}

/* A thread of the victim changes the areas, or sleeps while it does: nothing can be had now. */
KTEST(oom_reap_beside_writer)
{
	struct mm *mm = tables_enter();
	bool private_done = false;

	KTEST_REQUIRE(mm);
	rwsem_write_lock(&mm->lock);
	KTEST_CHECK(!oom_reap(mm, &private_done) && !private_done);
	KTEST_CHECK(atomic64_read(&mm->rss_anon) == NR_HELD);
	rwsem_write_unlock(&mm->lock);
	mm_put(mm_switch(NULL));
}

/* Whatever such requests can have; the last one fails. */
static void
take_all(struct list_head *taken, gfp_t gfp)
{
	struct page *page;

	while ((page = page_alloc(gfp | GFP_NOWARN)))
		list_add(&page->lru, taken);
}

static unsigned nr_asked;

static bool
handle_count(gfp_t gfp, unsigned order, bool block_only)
{
	(void)gfp;
	(void)order;
	(void)block_only;
	nr_asked++;
	return false;
}

/*
 * Only the lowest zone is short: the request fails, and the killer is not asked. A request for memory of
 * any zone asks him, as one sees when all is gone.
 */
KTEST(oom_low_part_kills_nobody)
{
	static const struct page_oom_ops count_ops = {.handle = handle_count};
	const struct page_oom_ops *real_ops = page_oom_ops;
	LIST_HEAD(taken);
	struct page *page, *next;
	u64 kills = oom_nr_kills();
	bool has_low_part = zones[ZONE_DMA].nr_managed;

	page_oom_ops = &count_ops;
	nr_asked = 0;
	if (has_low_part) {
		take_all(&taken, GFP_KERNEL | GFP_DMA);
		KTEST_CHECK(!list_empty(&taken) && nr_asked == 0);
	}
	take_all(&taken, GFP_NOFS);
	KTEST_CHECK(nr_asked == 0);
	take_all(&taken, GFP_KERNEL);
	KTEST_CHECK(nr_asked == 1);
	page_oom_ops = real_ops;
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		page_put(page);
	}
	KTEST_CHECK(oom_nr_kills() == kills);
}
