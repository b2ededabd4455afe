/*
 * The default: two lists, as Linux has them. A page must be used twice before it is believed to be
 * in use: a file that is read once from its beginning to its end passes through the inactive list and
 * leaves the active one alone (scan resistance). What was used is seen
 *
 *	by read and write	at once: the second use makes a page active
 *	by loads and stores	when the page is a candidate: its accessed bit is set
 *
 * Anonymous pages and those of programs' text become active at the first such look, for their
 * next use will be soon and dear; other file pages at the second.
 *
 * The active list is the longer one at most: what falls off its old end has another turn on
 * the inactive list, with its accessed bit cleared, in which it can show that it is used. Text that
 * was used goes round once more without that.
 */

#include "mem/tlb_deferred.h"
#include "mem/vmstat.h"
#include "vm/page_lock.h"
#include "vm/reclaim_policy.h"
#include "vm/rmap.h"

#define REFILL_BATCH 32

/* Does it stay on the active list? Its accessed bits are cleared. */
static bool
stays_active(struct page *page, struct tlb_deferred *deferred)
{
	u32 found = 0;

	if (!page_trylock(page))
		return false;
	if (page->owner)
		found = rmap_test_and_clear_accessed(page, deferred);
	page_unlock(page);
	return found & RMAP_ACCESSED && found & RMAP_EXEC && !page_test(page, PG_swapbacked);
}

static void
lru_refill(struct lru *lru, enum lru_kind kind, u64 nr)
{
	struct page *pages[REFILL_BATCH];
	struct tlb_deferred deferred;
	unsigned taken, nr_down = 0;

	if (READ_ONCE(lru->nr[lru_inactive(kind)]) >= READ_ONCE(lru->nr[lru_active(kind)]))
		return;
	taken = lru_isolate(lru, lru_active(kind), pages, MIN(nr, (u64)REFILL_BATCH));
	tlb_deferred_init(&deferred);
	for (unsigned i = 0; i < taken; i++) {
		bool stays = stays_active(pages[i], &deferred);

		if (!stays && !page_test(pages[i], PG_workingset))
			page_set(pages[i], PG_workingset);
		lru_putback(pages[i], stays);
		nr_down += !stays;
	}
	tlb_deferred_flush(&deferred);
	vmstat_add(PGREFILL, taken);
	vmstat_add(PGDEACTIVATE, nr_down);
}

static void
lru_note_touch(struct page *page)
{
	if (!page_test(page, PG_referenced))
		page_set(page, PG_referenced);
	else if (lru_activate(page))
		page_clear(page, PG_referenced);
}

static enum policy_verdict
lru_judge(struct page *page, u32 used)
{
	if (!(used & USED_MAPPED))
		return POLICY_EVICT;
	if (page_test(page, PG_swapbacked) || used & (USED_EXEC | USED_CALL))
		return POLICY_ACTIVATE;
	page_set(page, PG_referenced);
	return POLICY_KEEP;
}

const struct reclaim_policy policy_lru = {
	.name = "lru",
	.touch = lru_note_touch,
	.refill = lru_refill,
	.judge = lru_judge,
};
