/*
 * Everything clean that files have and nobody has mapped leaves memory, as who writes to drop_caches
 * wants it for a measurement. It is no reclaim: nothing is counted as such, the pages leave no trace by which
 * they would be active when they come back, and what stays stays where it was on its list.
 */

#include "vm/drop_caches.h"

#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/page_lock.h"
#include "vm/pagecache.h"

#define DROP_BATCH 32

/* => page isolated */
static bool
page_leaves(struct page *page)
{
	bool gone = false;

	if (!page_trylock(page))
		return false;
	if (page->owner && !page_test(page, PG_anon) && page_mapcount(page) == 0 &&
	    !(page->flags & (1U << PG_dirty | 1U << PG_writeback)))
		gone = pagecache_remove(&page, 1);
	page_unlock(page);
	return gone;
}

/* From the old end to the young one, once round. */
static void
list_drop(struct lru *lru, enum lru_list list)
{
	bool active = list == lru_active(LRU_FILE);
	struct page *pages[DROP_BATCH];
	u64 nr = READ_ONCE(lru->nr[list]);

	while (nr > 0) {
		unsigned taken = lru_isolate(lru, list, pages, MIN(nr, (u64)DROP_BATCH));

		if (taken == 0)
			break;
		for (unsigned i = 0; i < taken; i++) {
			if (page_leaves(pages[i]))
				lru_isolated_free(lru, &pages[i], 1);
			else
				lru_putback(pages[i], active);
		}
		nr -= taken;
		cond_resched();
	}
}

void
drop_pagecache(void)
{
	lru_flush();
	for (unsigned zone = 0; zone < NR_ZONES; zone++) {
		list_drop(&lrus[zone], lru_active(LRU_FILE));
		list_drop(&lrus[zone], lru_inactive(LRU_FILE));
	}
}
