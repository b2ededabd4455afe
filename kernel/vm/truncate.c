/*
 * Shrinking a file while programs map it and others write it back. The order makes it safe:
 *
 *	1. the new size is there for all to see: no fault maps a page beyond it from now on
 *	2. page tables lose the pages beyond it (taking each page-table lock, behind which a
 *	   fault that still saw the old size has finished)
 *	3. each page is locked, its write-back waited for, and it leaves the cache
 */

#include "lib/string.h"
#include "mem/kmap.h"
#include "sched/sched.h"
#include "vm/pagecache_internal.h"
#include "vm/rmap.h"

/* The first page at *index .. last, with a reference. */
static struct page *
page_next(struct mapping *mapping, u64 *index, u64 last)
{
	struct page *page;

	spin_lock(&mapping->lock);
	page = xa_find(&mapping->pages, index, last);
	if (page)
		page_get(page);
	spin_unlock(&mapping->lock);
	return page;
}

static void
page_evict(struct mapping *mapping, struct page *page)
{
	page_lock(page);
	page_wait_writeback(page);
	if (page->mapping == mapping) {
		while (page_mapcount(page) > 0)
			rmap_unmap(page, NULL);
		pagecache_evict(page);
	}
	page_unlock(page);
	page_put(page);
}

void
pagecache_evict_range(struct mapping *mapping, u64 first, u64 last)
{
	struct page *page;

	for (u64 index = first; (page = page_next(mapping, &index, last)); index++) {
		page_evict(mapping, page);
		cond_resched();
	}
}

/* Zeros from offset to the end of the page. => false: there were only zeros */
static bool
page_zero_from(struct page *page, u64 offset)
{
	u8 *kva = kmap_local_page(page);
	u64 at = offset;

	while (at < PAGE_SIZE && kva[at] == 0)
		at++;
	memset(kva + at, 0, PAGE_SIZE - at);
	kunmap_local(kva);
	return at < PAGE_SIZE;
}

void
mapping_zero_tail(struct mapping *mapping)
{
	u64 size = mapping_size(mapping);
	struct page *page;

	if (size % PAGE_SIZE == 0)
		return;
	page = pagecache_find(mapping, size >> PAGE_SHIFT);
	if (!page)
		return;
	page_lock(page);
	page_wait_writeback(page);
	if (page->mapping == mapping && page_uptodate(page) &&
	    page_zero_from(page, size % PAGE_SIZE) &&
	    (!mapping->ops->reserve_write || mapping->ops->reserve_write(mapping, page) == 0))
		page_mark_dirty(page);
	page_unlock(page);
	page_put(page);
}

void
mapping_truncate(struct mapping *mapping, u64 size)
{
	u64 old = mapping_size(mapping);
	u64 first = (size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (size > old)
		mapping_zero_tail(mapping);
	mapping_set_size(mapping, size);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (size >= old && size > 0)
		return;
	rmap_unmap_range(mapping, first, UINT64_MAX);
	pagecache_evict_range(mapping, first, UINT64_MAX);
	mapping_zero_tail(mapping);
}

void
mapping_remove_pages(struct mapping *mapping, u64 first, u64 last)
{
	rmap_unmap_range(mapping, first, last);
	pagecache_evict_range(mapping, first, last);
}

u64
mapping_invalidate(struct mapping *mapping, u64 start, u64 end)
{
	struct page *page;
	u64 dropped = 0;

	if (end == 0)
		return 0;
	for (u64 index = start; (page = page_next(mapping, &index, end - 1)); index++) {
		if (page_trylock(page)) {
			if (page->mapping == mapping && !page_test(page, PG_dirty) &&
			    !page_test(page, PG_writeback))
				dropped += pagecache_remove(page);
			page_unlock(page);
		}
		page_put(page);
		cond_resched();
	}
	return dropped;
}
