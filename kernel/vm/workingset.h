#pragma once

/* Pages that come back soon after they were reclaimed: see vm/workingset.c. */

#include "mem/page.h"

/* The page is about to be reclaimed. => page locked, in its mapping or the swap cache */
void workingset_evict(struct page *page);

/*
 * The page was read in, from its file or from swap (PG_swapcache, private): count it as a refault
 * if it was reclaimed before, and make it active if that was a mistake. => page locked, in its
 * mapping or the swap cache, after lru_add()
 */
void workingset_refault(struct page *page);

struct lru;

/* Of pages of files that were taken from there lately, have nearly all been read again? */
bool workingset_thrashes(const struct lru *lru);

/* Once, at boot. */
void workingset_init(void);
