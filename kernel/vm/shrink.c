/*
 * The hands of reclaim. Pages come from the old end of an inactive list in batches; each is locked, if
 * that can be had at once, and judged:
 *
 *	locked in memory by mlock		unevictable list
 *	used, says the policy			young end of the inactive or active list; without its
 *						slot, if swap is half full
 *	of a file, dirty			left; the flusher is called
 *	of shared memory, dirty			unmapped, out of its mapping, then as the next
 *	anonymous, dirty			swap entries take the place of its PTEs, and it goes to
 *						the disk with others; it waits in the laundry
 *	being written				left
 *	mapped					unmapped everywhere, then dropped
 *	else					dropped
 *
 * What is judged to go is unmapped first, page by page, and stays locked, so that nobody maps it again.
 * Then the TLBs are flushed, once for the whole batch, and the pages are dropped.
 *
 * The laundry of a zone holds the pages that reclaim itself gave to the disk, in that order, each
 * with a reference and on no list. They are looked at first the next time, or when all is written
 * (kswapd_collect()), and those that are clean now are freed at once, unless somebody took them back.
 * Whoever fills it looks once more when he is done: what has been written by then is freed, and what has not
 * is still to end.
 *
 * The caller may hold any sleeping lock, so nothing here waits for one: pages are only tried.
 */

#include "vm/shrink.h"

#include "mem/page_alloc.h"
#include "mem/tlb_deferred.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/pagecache.h"
#include "vm/reclaim_policy.h"
#include "vm/rmap.h"
#include "vm/shmem_swap.h"
#include "vm/swap.h"
#include "vm/workingset.h"

#define SHRINK_BATCH 32

enum verdict {
	PAGE_FREED,
	PAGE_KEEP,
	PAGE_ACTIVATE,
	PAGE_UNEVICTABLE,
	PAGE_DIRTY,
	PAGE_WRITEBACK,
	PAGE_UNMAPPED, /* stays locked, to be dropped after the flush */
	PAGE_WRITE,    /* stays locked, to be written with others */
};

/* Its page tables, its mapping and this thread have it: nobody is copying from or to it. */
static bool
shmem_page_unpinned(const struct page *page)
{
	return page_refcount(page) == page_mapcount(page) + 2;
}

/* May it be unmapped? => page locked, of a file */
static enum verdict
file_page_verdict(struct page *page, const struct reclaim_run *run)
{
	if (page_test(page, PG_writeback))
		return PAGE_WRITEBACK;
	if (page_test(page, PG_dirty)) {
		if (!page->mapping->swapbacked)
			return PAGE_DIRTY;
		if (!swap_available() || !(run->gfp & GFP_BIT_IO) || !shmem_page_unpinned(page))
			return PAGE_ACTIVATE;
	}
	return PAGE_UNMAPPED;
}

/* Only its page tables, and this thread, have the page: nobody is copying from or to it. */
static bool
anon_page_unpinned(const struct page *page)
{
	return page_refcount(page) == page_mapcount(page) + 1;
}

/* It gets a slot in swap if it has none. => page locked, anonymous */
static enum verdict
anon_page_unmap(struct page *page, const struct reclaim_run *run, struct tlb_deferred *deferred)
{
	if (page_test(page, PG_writeback))
		return PAGE_WRITEBACK;
	if (page_test(page, PG_dirty) && !(run->gfp & GFP_BIT_IO))
		return PAGE_KEEP;
	if (!page_test(page, PG_swapcache)) {
		if (page_refcount(page) == 1)
			return PAGE_FREED;
		if (!swap_available() || !(run->gfp & GFP_BIT_IO) || !anon_page_unpinned(page) ||
		    swap_cache_add(page) < 0)
			return PAGE_ACTIVATE;
	}
	if (page_mapcount(page) > 0 && !rmap_unmap(page, deferred))
		return PAGE_KEEP;
	return PAGE_UNMAPPED;
}

/* Of a file whose pages need not be written: shared memory that is dirty goes to swap. */
static bool
page_is_clean_file(const struct page *page)
{
	return !(page->flags & (1U << PG_anon | 1U << PG_dirty));
}

/* => page locked, no clean page of a file, and nothing maps it, by no hart's TLB either */
static enum verdict
page_drop(struct page *page)
{
	/* Of shared memory: anonymous from now on. */
	if (!page_test(page, PG_anon) && shmem_swap_out(page) < 0)
		return PAGE_ACTIVATE;
	if (!page_test(page, PG_dirty))
		workingset_evict(page);
	if (swap_cache_drop(page))
		return PAGE_FREED;
	return page_test(page, PG_dirty) ? PAGE_WRITE : PAGE_KEEP;
}

/* How it was used, USED_*, which is forgotten, where its areas say `found`. */
static inline u32
page_uses(struct page *page, u32 found)
{
	u32 used = 0;

	if (found & RMAP_ACCESSED)
		used |= USED_MAPPED;
	if (found & RMAP_EXEC)
		used |= USED_EXEC;
	if (page_test(page, PG_referenced) && page_test_and_clear(page, PG_referenced))
		used |= USED_CALL;
	return used;
}

/* May it go, though it was used as its areas say (RMAP_*)? => page locked, in a mapping or anonymous */
static ALWAYS_INLINE enum verdict
page_use_verdict(struct page *page, u32 found, const struct reclaim_run *run)
{
	enum policy_verdict wanted;

	if (found & RMAP_LOCKED) {
		page_set(page, PG_mlocked);
		return PAGE_UNEVICTABLE;
	}
	wanted = reclaim_policy->judge(page, page_uses(page, found));
	if (wanted != POLICY_EVICT && !run->desperate)
		return wanted == POLICY_ACTIVATE ? PAGE_ACTIVATE : PAGE_KEEP;
	return PAGE_UNMAPPED;
}

/* A page of a file that is judged while its page-table entry is at hand. */
struct file_page_trial {
	const struct reclaim_run *run;
	enum verdict verdict;
};

static bool
file_page_may_unmap(struct page *page, u32 found, void *arg)
{
	struct file_page_trial *trial = arg;

	trial->verdict = page_use_verdict(page, found, trial->run);
	if (trial->verdict == PAGE_UNMAPPED)
		trial->verdict = file_page_verdict(page, trial->run);
	return trial->verdict == PAGE_UNMAPPED;
}

static enum verdict
file_page_judge(struct page *page, const struct reclaim_run *run, struct tlb_deferred *deferred)
{
	struct file_page_trial trial = {.run = run};

	if (page_mapcount(page) == 0)
		file_page_may_unmap(page, 0, &trial);
	else if (!rmap_unmap_if(page, file_page_may_unmap, &trial, deferred) &&
		 trial.verdict == PAGE_UNMAPPED)
		return PAGE_KEEP;
	return trial.verdict;
}

static enum verdict
anon_page_judge(struct page *page, const struct reclaim_run *run, struct tlb_deferred *deferred)
{
	u32 found = rmap_test_and_clear_accessed(page, deferred);
	enum verdict verdict = page_use_verdict(page, found, run);

	return verdict == PAGE_UNMAPPED ? anon_page_unmap(page, run, deferred) : verdict;
}

static void
page_count(struct lru *lru, struct page *page, enum verdict verdict, struct reclaim_run *run)
{
	enum lru_kind kind = page_lru_kind(page);

	run->nr_dirty += verdict == PAGE_DIRTY;
	run->nr_writeback += verdict == PAGE_WRITEBACK;
	if (verdict == PAGE_ACTIVATE) {
		vmstat_add(PGACTIVATE, 1);
		lru_note_cost(lru, kind, LRU_COST_LOOK);
	}
}

static void
stolen_count(const struct reclaim_run *run, enum lru_kind kind, u64 nr)
{
	vmstat_add(run->kswapd ? PGSTEAL_KSWAPD : PGSTEAL_DIRECT, nr);
	vmstat_add(kind == LRU_ANON ? PGSTEAL_ANON : PGSTEAL_FILE, nr);
}

/* No more is to be done with the page. => page locked; it is unlocked */
static void
page_settle(struct lru *lru, struct page *page, enum verdict verdict, struct reclaim_run *run)
{
	if (verdict == PAGE_UNEVICTABLE) {
		page_set(page, PG_unevictable);
		vmstat_add(UNEVICTABLE_PGS_CULLED, 1);
	}
	if (verdict != PAGE_FREED && page_test(page, PG_swapcache) && swap_is_tight())
		swap_cache_give_slot(page);
	page_unlock(page);
	page_count(lru, page, verdict, run);
	if (verdict == PAGE_FREED) {
		lru_isolated_free(lru, &page, 1);
		run->nr_freed++;
	} else {
		lru_putback(page, verdict == PAGE_ACTIVATE);
	}
}

/* => true: it is unmapped, and still locked */
static bool
page_unmap(struct lru *lru, struct page *page, struct reclaim_run *run,
	   struct tlb_deferred *deferred)
{
	enum verdict verdict = PAGE_FREED;

	if (!page_trylock(page)) {
		lru_putback(page, false);
		return false;
	}
	if (page->owner)
		verdict = page_test(page, PG_anon) ? anon_page_judge(page, run, deferred)
						   : file_page_judge(page, run, deferred);
	if (verdict == PAGE_UNMAPPED)
		return true;
	page_settle(lru, page, verdict, run);
	return false;
}

/* Locked, dirty pages of the swap cache go to the disk, and to the laundry until they are there. */
static void
pages_write(struct lru *lru, struct page **pages, unsigned nr, struct reclaim_run *run)
{
	vmstat_add(NR_VMSCAN_WRITE, swap_writeout(pages, nr));
	lru_launder(lru, pages, nr);
	lru_note_cost(lru, LRU_ANON, nr * LRU_COST_IO);
	run->nr_writeback += nr;
}

/* Clean pages of one file, unmapped, not in any TLB, and locked, go. */
static void
file_pages_drop(struct lru *lru, struct page **pages, unsigned nr, struct reclaim_run *run)
{
	unsigned nr_gone;

	for (unsigned i = 0; i < nr; i++)
		workingset_evict(pages[i]);
	nr_gone = pagecache_remove(pages, nr);
	for (unsigned i = 0; i < nr_gone; i++)
		page_unlock(pages[i]);
	for (unsigned i = nr_gone; i < nr; i++)
		page_settle(lru, pages[i], PAGE_KEEP, run);
	lru_isolated_free(lru, pages, nr_gone);
	run->nr_freed += nr_gone;
}

/* => how many pages in front are clean ones of the same file */
static unsigned
file_pages_alike(struct page **pages, unsigned nr)
{
	unsigned n = 0;

	while (n < nr && page_is_clean_file(pages[n]) && pages[n]->mapping == pages[0]->mapping)
		n++;
	return n;
}

/* Unmapped pages that are in no TLB go. => how many are left, first in pages[], to be written */
static unsigned
pages_drop(struct lru *lru, struct page **pages, unsigned nr, struct reclaim_run *run)
{
	unsigned nr_write = 0, nr_alike;

	for (unsigned i = 0; i < nr; i += MAX(nr_alike, 1U)) {
		nr_alike = file_pages_alike(pages + i, nr - i);
		if (nr_alike > 0) {
			file_pages_drop(lru, pages + i, nr_alike, run);
		} else {
			enum verdict verdict = page_drop(pages[i]);

			if (verdict == PAGE_WRITE)
				pages[nr_write++] = pages[i];
			else
				page_settle(lru, pages[i], verdict, run);
		}
	}
	return nr_write;
}

/* Up to SHRINK_BATCH isolated pages of one zone and kind. */
static void
pages_reclaim(struct lru *lru, struct page **pages, unsigned nr, struct reclaim_run *run)
{
	enum lru_kind kind = page_lru_kind(pages[0]);
	struct tlb_deferred deferred;
	unsigned nr_unmapped = 0, nr_write;
	u64 nr_freed_before = run->nr_freed;

	run->nr_scanned += nr;
	vmstat_add(run->kswapd ? PGSCAN_KSWAPD : PGSCAN_DIRECT, nr);
	vmstat_add(kind == LRU_ANON ? PGSCAN_ANON : PGSCAN_FILE, nr);
	tlb_deferred_init(&deferred);
	for (unsigned i = 0; i < nr; i++)
		if (page_unmap(lru, pages[i], run, &deferred))
			pages[nr_unmapped++] = pages[i];
	tlb_deferred_flush(&deferred);
	nr_write = pages_drop(lru, pages, nr_unmapped, run);
	stolen_count(run, kind, run->nr_freed - nr_freed_before);
	if (nr_write > 0)
		pages_write(lru, pages, nr_write, run);
}

unsigned
shrink_batch(struct lru *lru, enum lru_kind kind, u64 nr, struct reclaim_run *run)
{
	struct page *pages[SHRINK_BATCH];
	unsigned taken;

	nr = MIN(nr, (u64)SHRINK_BATCH);
	reclaim_policy->refill(lru, kind, nr);
	taken = lru_isolate(lru, lru_inactive(kind), pages, nr);
	if (taken > 0)
		pages_reclaim(lru, pages, taken, run);
	cond_resched();
	return taken;
}

/* A page that was written, or so it seems. Gives the reference back. */
static void
page_collect(struct lru *lru, struct page *page, struct reclaim_run *run)
{
	bool freed = false;

	if (!page_trylock(page)) {
		lru_putback(page, false);
		return;
	}
	if (!page_test(page, PG_writeback) && !page_test(page, PG_dirty)) {
		if (!page_test(page, PG_swapcache))
			freed = page_refcount(page) == 1;
		else if (page_mapcount(page) == 0) {
			workingset_evict(page);
			freed = swap_cache_drop(page);
		}
	}
	page_unlock(page);
	if (freed) {
		run->nr_freed++;
		stolen_count(run, LRU_ANON, 1);
		lru_isolated_free(lru, &page, 1);
	} else {
		lru_putback(page, page_mapcount(page) > 0);
	}
}

void
shrink_laundry(struct lru *lru, struct reclaim_run *run)
{
	struct page *page;

	while ((page = lru_laundered(lru)))
		page_collect(lru, page, run);
}

void
shrink_laundries(struct reclaim_run *run)
{
	for (unsigned zone = 0; zone < NR_ZONES; zone++)
		shrink_laundry(&lrus[zone], run);
}

void
shrink_pages(struct page **pages, unsigned nr)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL, .desperate = true};
	unsigned first = 0;

	for (unsigned i = 1; i <= nr; i++)
		if (i == nr || lru_of(pages[i]) != lru_of(pages[first]) ||
		    page_lru_kind(pages[i]) != page_lru_kind(pages[first])) {
			pages_reclaim(lru_of(pages[first]), pages + first, i - first, &run);
			first = i;
		}
	shrink_laundries(&run);
}

/* Was the page locked in memory by programs that have unlocked it all? Then it may go again. */
static bool
page_was_unlocked(struct page *page)
{
	bool unlocked = false;

	if (!page_test(page, PG_mlocked) || !page_trylock(page))
		return false;
	if (page->owner)
		unlocked = !(rmap_test_and_clear_accessed(page, NULL) & RMAP_LOCKED);
	if (unlocked)
		page_clear(page, PG_mlocked);
	page_unlock(page);
	return unlocked;
}

unsigned
shrink_rescue_pages(struct page **pages, unsigned nr)
{
	unsigned nr_back = 0;

	for (unsigned i = 0; i < nr; i++) {
		if (page_was_unlocked(pages[i]))
			nr_back++;
		else if (page_test(pages[i], PG_mlocked))
			page_set(pages[i], PG_unevictable);
		lru_putback(pages[i], false);
	}
	return nr_back;
}

void
shrink_rescue(struct lru *lru, u64 nr)
{
	struct page *pages[SHRINK_BATCH];
	unsigned taken;

	nr = MIN(nr, READ_ONCE(lru->nr[LRU_UNEVICTABLE]));
	for (; nr > 0; nr -= MIN(nr, (u64)taken)) {
		taken = lru_isolate(lru, LRU_UNEVICTABLE, pages, MIN(nr, (u64)SHRINK_BATCH));
		if (taken == 0)
			break;
		vmstat_add(UNEVICTABLE_PGS_RESCUED, shrink_rescue_pages(pages, taken));
		vmstat_add(UNEVICTABLE_PGS_SCANNED, taken);
		cond_resched();
	}
}
