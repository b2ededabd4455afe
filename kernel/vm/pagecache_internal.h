#pragma once

/* What the files of the page cache share among themselves. */

#include "vm/pagecache.h"

/* Pages of the largest window that is read ahead. */
#define READAHEAD_MAX 32

/* An entry of mapping->pages as a page; NULL when it is none, or one in swap, which is a value. */
static inline struct page *
mapping_entry_page(void *entry)
{
	return xa_is_value(entry) ? NULL : entry;
}

/* So many pages more in caches. */
void pagecache_count(s64 nr_pages);

/* A new page at index, locked, not valid, with a reference. => NULL no memory; ERR_PTR(-EEXIST) */
struct page *pagecache_add(struct mapping *mapping, u64 index, gfp_t gfp);

/*
 * index is not in the cache: start to read it, and what readahead thinks best.
 * => the page of index, with a reference, perhaps still locked; NULL no memory; ERR_PTR(-EAGAIN):
 *    somebody else was faster
 */
struct page *readahead_miss(struct mapping *mapping, u64 index, struct readahead *ra);

/* The reader came to the page that asks for the next window. */
void readahead_hit(struct mapping *mapping, struct page *page, struct readahead *ra);

/* Drop all pages first .. last, used or not; waits for their locks and their write-back. */
void pagecache_evict_range(struct mapping *mapping, u64 first, u64 last);

/*
 * Memory for the nodes of an xarray, for the next insertion on this hart. => false: there is none
 */
bool xa_reserve_fill(void);
void xa_reserve_init(void);
