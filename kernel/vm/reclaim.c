/*
 * Reclaim, first cut: the oldest inactive pages of the cache go when nothing uses them.
 *
 *	locked by mlock				active list again
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

static struct reclaim_stats stats;

enum verdict { PAGE_FREED, PAGE_KEEP, PAGE_ACTIVATE, PAGE_DIRTY };

/* => page locked, in a mapping */
static enum verdict
page_judge(struct page *page, bool last_round)
{
	u32 found = rmap_test_and_clear_accessed(page);
	bool used = found & RMAP_ACCESSED;

	used |= page_test_and_clear(page, PG_referenced);
	if (page->mapping->unevictable || found & RMAP_LOCKED)
		return PAGE_ACTIVATE;
	if (used && !last_round)
		return PAGE_ACTIVATE;
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

/* Gives the reference back. */
static enum verdict
page_reclaim(struct page *page, bool last_round)
{
	enum verdict verdict = PAGE_KEEP;

	if (!page_trylock(page)) {
		lru_putback(page, false);
		return PAGE_KEEP;
	}
	if (!page->mapping)
		verdict = PAGE_FREED;
	else
		verdict = page_judge(page, last_round);
	page_unlock(page);
	if (verdict == PAGE_FREED)
		page_put(page);
	else
		lru_putback(page, verdict == PAGE_ACTIVATE);
	return verdict;
}

/* Look at up to nr_scan pages, until nr_wanted are free. => freed; *nr_dirty grows */
static u64
shrink_lru(u64 nr_scan, u64 nr_wanted, bool last_round, u64 *nr_dirty)
{
	struct page *pages[RECLAIM_BATCH];
	u64 freed = 0;

	while (nr_scan > 0 && freed < nr_wanted) {
		unsigned nr = lru_isolate(pages, MIN(nr_scan, (u64)RECLAIM_BATCH));

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

static u64
nr_lru_pages(void)
{
	u64 nr_active, nr_inactive;

	lru_counts(&nr_active, &nr_inactive);
	return nr_active + nr_inactive;
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
		u64 nr_scan = MAX(nr_lru_pages() >> round, (u64)RECLAIM_BATCH);
		u64 nr_dirty = 0;

		freed += shrink_lru(nr_scan, nr_pages - freed, round == 0, &nr_dirty);
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
	u64 freed = shrink_lru(nr_lru_pages(), UINT64_MAX, true, &nr_dirty);

	shrinkers_run(GFP_KERNEL, 0);
	return freed + shrink_lru(nr_lru_pages(), UINT64_MAX, true, &nr_dirty);
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
