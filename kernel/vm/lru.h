#pragma once

/* Which page to reclaim next: pages of the cache in the order of their last use. */

#include "mem/page.h"

/* Pages of one kind in two lists. => LRU lock protects */
struct lru {
	struct list_head active, inactive; /* newest first */
	u64 nr_active, nr_inactive;
};

/* A page came into the cache. It has no PG_lru yet. */
void lru_add(struct page *page);
/* A page left the cache. Harmless without PG_lru. */
void lru_remove(struct page *page);
/* A page was used: twice while inactive makes it active. Cheap. */
void lru_touch(struct page *page);

/*
 * Take up to nr pages from the old end of the inactive list, each with a reference and off the list
 * (PG_lru clear); refills that list from the active one when it is the shorter. A page
 * whose last owner has just gone is not among them. => how many
 */
unsigned lru_isolate(struct page **pages, unsigned nr);
/* Put isolated pages back: to the young end of the active or inactive list. */
void lru_putback(struct page *page, bool active);

void lru_counts(u64 *nr_active, u64 *nr_inactive);
void lru_init(void);
