/*
 * Shrinking a file while programs map it and others write it back. The order makes it safe:
 *
 *	1. the new size is there for all to see: no fault maps a page beyond it from now on
 *	2. page tables lose the pages beyond it (taking each page-table lock, behind which a
 *	   fault that still saw the old size has finished)
 *	3. each page is locked, its write-back waited for, and it leaves the cache
 */

#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "sched/sched.h"
#include "vm/pagecache_internal.h"
#include "vm/rmap.h"
#include "vm/shmem_swap.h"

/* The first page, with a reference, or entry of swap at *index .. last. */
static void *
entry_next(struct mapping *mapping, u64 *index, u64 last)
{
	void *entry;

	spin_lock(&mapping->lock);
	entry = xa_find(&mapping->pages, index, last);
	if (mapping_entry_page(entry))
		page_get(entry);
	spin_unlock(&mapping->lock);
	return entry;
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

/* An entry of swap that has become a page meanwhile is looked at again. */
void
pagecache_evict_range(struct mapping *mapping, u64 first, u64 last)
{
	u64 index = first;
	void *entry;

	while ((entry = entry_next(mapping, &index, last))) {
		if (mapping_entry_page(entry)) {
			page_evict(mapping, entry);
			index++;
		} else if (shmem_swap_forget(mapping, index, entry)) {
			index++;
		}
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

/*
 * The page that has bytes from `size` on which a smaller or larger file does not have, with a reference,
 * which keeps it in memory. => NULL: there is none, or nothing in it; ERR_PTR(-ENOMEM), ERR_PTR(-EIO)
 */
static struct page *
tail_get(struct mapping *mapping, u64 size)
{
	struct page *page = NULL;
	bool again = size % PAGE_SIZE != 0;

	while (again) {
		page = pagecache_find(mapping, size >> PAGE_SHIFT);
		if (page || !mapping->swapbacked)
			return page;
		page = shmem_swap_in(mapping, size >> PAGE_SHIFT);
		if (!page)
			return ERR_PTR(-ENOMEM);
		again = IS_ERR(page) && PTR_ERR(page) == -EAGAIN;
	}
	return IS_ERR(page) && PTR_ERR(page) == -ENOENT ? NULL : page;
}

int
mapping_zero_tail(struct mapping *mapping)
{
	u64 size = mapping_size(mapping);
	struct page *page = tail_get(mapping, size);

	if (IS_ERR_OR_NULL(page))
		return page ? PTR_ERR(page) : 0;
	page_lock(page);
	page_wait_writeback(page);
	if (page->mapping == mapping && page_uptodate(page) &&
	    page_zero_from(page, size % PAGE_SIZE) &&
	    (!mapping->ops->reserve_write || mapping->ops->reserve_write(mapping, page) == 0))
		page_mark_dirty(page);
	page_unlock(page);
	page_put(page);
	return 0;
}

static void
evict_from(struct mapping *mapping, u64 first)
{
	rmap_unmap_range(mapping, first, UINT64_MAX);
	pagecache_evict_range(mapping, first, UINT64_MAX);
}

int
mapping_truncate(struct mapping *mapping, u64 size)
{
	u64 old = mapping_size(mapping);
	struct page *tail = tail_get(mapping, MIN(old, size));

	if (IS_ERR(tail))
		return PTR_ERR(tail);
	if (size > old)
		mapping_zero_tail(mapping);
	mapping_set_size(mapping, size);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (size < old || size == 0)
		evict_from(mapping, DIV_ROUND_UP(size, PAGE_SIZE));
	if (size < old)
		mapping_zero_tail(mapping);
	if (tail)
		page_put(tail);
	return 0;
}

void
mapping_remove_pages(struct mapping *mapping, u64 first, u64 last)
{
	pagecache_evict_range(mapping, first, last);
}

/* The first page at *index .. last, with a reference. */
static struct page *
page_next(struct mapping *mapping, u64 *index, u64 last)
{
	void *entry = entry_next(mapping, index, last);

	while (entry && !mapping_entry_page(entry) && (*index)++ < last)
		entry = entry_next(mapping, index, last);
	return mapping_entry_page(entry);
}

void
pagecache_drop_clean(struct mapping *mapping, u64 first, u64 last)
{
	struct page *page;

	for (u64 index = first; index <= last && (page = page_next(mapping, &index, last));
	     index++) {
		if (page_trylock(page)) {
			if (page->mapping == mapping && page_mapcount(page) == 0 &&
			    !(page->flags & (1U << PG_dirty | 1U << PG_writeback)))
				pagecache_remove(&page, 1);
			page_unlock(page);
		}
		page_put(page);
		cond_resched();
	}
}

void
mapping_wait_stores(struct mapping *mapping)
{
	struct page *page;

	for (u64 index = 0; (page = page_next(mapping, &index, UINT64_MAX)); index++) {
		page_lock(page);
		page_unlock(page);
		page_put(page);
		cond_resched();
	}
}
