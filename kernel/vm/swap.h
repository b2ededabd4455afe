#pragma once

/*
 * Swap, as reclaim sees it. An anonymous page on its way out goes through the swap cache:
 *
 *	swap_cache_add(page)		a slot; PG_swapcache; dirty
 *	rmap_unmap(page)		swap entries take the place of its PTEs, each with a
 *					swap_entry_get()
 *	swap_writeout(&page, 1)		PG_writeback until it is in its slot
 *	swap_cache_drop(page)		clean and unused: out of the cache, and it can be freed
 *
 * and a fault that comes meanwhile finds it in the cache.
 */

#include "lib/errno.h"
#include "mem/page.h"
#include "vm/swap_entry.h"

/* Is it worth looking at anonymous pages? (There is a free slot.) */
static inline bool
swap_available(void)
{
	return false;
}

/*
 * Give an anonymous page a slot and put it into the swap cache, dirty, with PG_swapcache and its
 * entry in page->private; the cache has a reference. => page locked, anonymous, not in the cache;
 * 0, -ENOSPC: no slot is free, -ENOMEM
 */
static inline int
swap_cache_add(struct page *page)
{
	(void)page;
	return -ENOSPC;
}

/* One more page table holds the entry. => the caller keeps it valid: the page is locked and in the
 * cache, or another PTE has it under its page-table lock */
static inline void
swap_entry_get(swp_entry_t entry)
{
	(void)entry;
}

/*
 * Write pages of the swap cache: all locked and dirty, not being written; unlocks them. Starts the
 * I/O (pages whose slots are neighbours in one request) and returns; each has PG_writeback until it
 * ended, and is dirty again when it failed. => how many were started
 */
static inline int
swap_writeout(struct page **pages, unsigned nr)
{
	(void)pages;
	(void)nr;
	return 0;
}

/*
 * Take a clean page that only the cache and the caller have out of the swap cache. => page locked,
 * in the cache; true when it was done: then the caller has the last reference
 */
static inline bool
swap_cache_drop(struct page *page)
{
	(void)page;
	return false;
}
