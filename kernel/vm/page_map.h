#pragma once

/*
 * A PTE's use of a page counts in refcount and in mapcount. They lie side by side in struct page,
 * so that one atomic addition changes both: fork and exit do it for every page of a program.
 */

#include "mem/page.h"
#include "mem/vmstat.h"

#define PAGE_ONE_MAP (1UL << 32 | 1)

STATIC_ASSERT(offsetof(struct page, refcount) % 8 == 0);
STATIC_ASSERT(offsetof(struct page, mapcount) == offsetof(struct page, refcount) + 4);

/* => the counts as they were: refcount below, mapcount above */
static inline u64
page_map_get(struct page *page)
{
	u64 old = __atomic_fetch_add((u64 *)&page->refcount, PAGE_ONE_MAP, __ATOMIC_RELAXED);

	assert((u32)old > 0);
	return old;
}

/* The page is in a page table for the first time (1), or in none any more (-1). */
static inline void
page_map_count(const struct page *page, s64 delta)
{
	vmstat_add(page->flags & (1U << PG_anon) ? NR_ANON_MAPPED : NR_FILE_MAPPED, delta);
}

/* A PTE less, which was read and cleared with its page-table lock held; the reference stays. */
static inline void
page_map_remove(struct page *page)
{
	if (atomic_dec(&page->mapcount) == 0)
		page_map_count(page, -1);
}

/* The same with its reference. => the caller has one, too */
static inline void
page_map_put_shared(struct page *page)
{
	u64 old = __atomic_fetch_sub((u64 *)&page->refcount, PAGE_ONE_MAP, __ATOMIC_ACQ_REL);

	assert((u32)old > 1 && old >> 32 > 0);
	if (old >> 32 == 1)
		page_map_count(page, -1);
}

/*
 * The PTE is gone from every TLB. The last owner frees the page. => true: no other PTE has it, which
 * the caller tells vmstat
 */
static ALWAYS_INLINE bool
page_map_put(struct page *page)
{
	if (page_refcount(page) > 1) {
		u64 old =
			__atomic_fetch_sub((u64 *)&page->refcount, PAGE_ONE_MAP, __ATOMIC_ACQ_REL);

		assert((s64)old > (s64)UINT32_MAX);
		if (likely(old >> 32 > 1))
			return false;
		if ((u32)old > 1)
			return true;
		/* All others have gone since the look: the last reference is ours to put. */
		atomic_inc(&page->refcount);
	} else {
		atomic_dec(&page->mapcount);
	}
	page_put(page);
	return true;
}
