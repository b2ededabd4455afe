/*
 * Reclaim: the oldest inactive pages of each zone go when nothing uses them.
 *
 *	locked by mlock, or at home here	unevictable list
 *	used since it was last looked at	active list again
 *	dirty					left; the flusher is called
 *	locked, or being written		left
 *	mapped					unmapped everywhere, then dropped
 *	else					dropped
 *
 * The caller may hold any sleeping lock, so nothing here waits for one: pages are only tried.
 */

#include "vm/reclaim.h"

#include "core/clock.h"
#include "lib/compiler.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/flusher.h"
#include "vm/lru.h"
#include "vm/pagecache.h"
#include "vm/rmap.h"
#include "vm/shrinker.h"
#include "vm/writeback.h"

#define RECLAIM_BATCH 32

/* How long to wait for the disk when only dirty pages are left. */
#define RECLAIM_WAIT_NS (10 * NSEC_PER_MSEC)

/* Rounds: in the n-th, 1/2^(RECLAIM_ROUNDS - n) of the inactive pages are looked at. */
#define RECLAIM_ROUNDS 8
/* Shmem that nobody has stored to can be dropped without swap; it is looked for in these last rounds. */
#define SHMEM_ROUNDS 2

static struct reclaim_stats stats;

enum verdict { PAGE_FREED, PAGE_KEEP, PAGE_ACTIVATE, PAGE_DIRTY, PAGE_UNEVICTABLE };

/* => page locked, of a file, not wanted by anybody now */
static enum verdict
file_page_drop(struct page *page)
{
	if (page_test(page, PG_writeback))
		return PAGE_DIRTY;
	if (page_test(page, PG_dirty))
		return page->mapping->ops->write_pages ? PAGE_DIRTY : PAGE_ACTIVATE;
	if (page_mapcount(page) > 0) {
		stats.nr_unmapped++;
		if (!rmap_unmap(page))
			return PAGE_KEEP;
	}
	return pagecache_remove(page) ? PAGE_FREED : PAGE_KEEP;
}

/* => page locked, in a mapping or anonymous */
static enum verdict
page_judge(struct page *page, bool last_round)
{
	u32 found = rmap_test_and_clear_accessed(page);
	bool used = found & RMAP_ACCESSED;

	used |= page_test_and_clear(page, PG_referenced);
	if (found & RMAP_LOCKED) {
		page_set(page, PG_mlocked);
		return PAGE_UNEVICTABLE;
	}
	if (used && !last_round)
		return PAGE_ACTIVATE;
	if (page_test(page, PG_anon))
		return PAGE_KEEP;
	return file_page_drop(page);
}

/* Gives the reference back. */
static enum verdict
page_reclaim(struct page *page, bool last_round)
{
	enum verdict verdict = PAGE_KEEP;

	if (!page_trylock(page)) {
		lru_putback(page, false);
		return PAGE_KEEP;
	}
	if (!page->owner)
		verdict = PAGE_FREED;
	else
		verdict = page_judge(page, last_round);
	if (verdict == PAGE_UNEVICTABLE)
		page_set(page, PG_unevictable);
	page_unlock(page);
	if (verdict == PAGE_FREED) {
		lru_isolated_gone(page);
		page_put(page);
	} else {
		lru_putback(page, verdict == PAGE_ACTIVATE);
	}
	return verdict;
}

/* Look at up to nr_scan pages of a list, until nr_wanted are free. => freed; *nr_dirty grows */
static u64
shrink_list(struct lru *lru, enum lru_kind kind, u64 nr_scan, u64 nr_wanted, bool last_round,
	    u64 *nr_dirty)
{
	struct page *pages[RECLAIM_BATCH];
	u64 freed = 0;

	while (nr_scan > 0 && freed < nr_wanted) {
		unsigned nr;

		lru_balance(lru, kind, RECLAIM_BATCH);
		nr = lru_isolate(lru, lru_inactive(kind), pages, MIN(nr_scan, (u64)RECLAIM_BATCH));
		if (nr == 0)
			break;
		for (unsigned i = 0; i < nr; i++) {
			enum verdict verdict = page_reclaim(pages[i], last_round);

			freed += verdict == PAGE_FREED;
			*nr_dirty += verdict == PAGE_DIRTY;
		}
		nr_scan -= nr;
		stats.nr_scanned += nr;
		cond_resched();
	}
	return freed;
}

/* One round over one zone. => freed */
static u64
shrink_zone(struct lru *lru, int round, u64 nr_wanted, u64 *nr_dirty)
{
	u64 freed = 0;

	for (int kind = NR_LRU_KINDS - 1; kind >= 0 && freed < nr_wanted; kind--) {
		u64 nr = READ_ONCE(lru->nr[lru_inactive(kind)]) +
			 READ_ONCE(lru->nr[lru_active(kind)]);

		if (kind == LRU_ANON && (round >= SHMEM_ROUNDS || vmstat_get(NR_SHMEM) == 0))
			continue;
		freed += shrink_list(lru, kind, MAX(nr >> round, (u64)RECLAIM_BATCH),
				     nr_wanted - freed, round == 0, nr_dirty);
	}
	return freed;
}

static u64
shrink_zones(int round, u64 nr_wanted, u64 *nr_dirty)
{
	u64 freed = 0;

	lru_flush();
	for (int i = NR_ZONES - 1; i >= 0 && freed < nr_wanted; i--)
		freed += shrink_zone(&lrus[i], round, nr_wanted - freed, nr_dirty);
	return freed;
}

u64
reclaim_pages(u64 nr_pages, gfp_t gfp)
{
	u64 freed = 0;

	if (current->reclaim_depth > 0)
		return 0;
	current->reclaim_depth++;
	stats.nr_direct++;
	for (int round = RECLAIM_ROUNDS - 1; round >= 0 && freed < nr_pages; round--) {
		u64 nr_dirty = 0;

		freed += shrink_zones(round, nr_pages - freed, &nr_dirty);
		if (freed < nr_pages)
			freed += shrinkers_run(gfp, round);
		if (freed < nr_pages && nr_dirty > 0 && gfp & GFP_BIT_IO) {
			flusher_kick();
			writeback_wait_progress(RECLAIM_WAIT_NS);
		}
	}
	stats.nr_freed += freed;
	current->reclaim_depth--;
	return freed;
}

u64
reclaim_drop_caches(void)
{
	u64 nr_dirty = 0;
	u64 freed = shrink_zones(0, UINT64_MAX, &nr_dirty);

	shrinkers_run(GFP_KERNEL, 0);
	return freed + shrink_zones(0, UINT64_MAX, &nr_dirty);
}

static u64
reclaim_for_alloc(gfp_t gfp, unsigned order)
{
	return reclaim_pages(MAX(1UL << order, (u64)RECLAIM_BATCH), gfp);
}

void
reclaim_stats_get(struct reclaim_stats *copy)
{
	*copy = stats;
}

void
reclaim_init(void)
{
	page_reclaim_hook = reclaim_for_alloc;
}
