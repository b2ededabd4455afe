#include "vm/pagecache.h"

#include "core/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/pagecache_internal.h"
#include "vm/shmem_swap.h"
#include "vm/uio.h"
#include "vm/workingset.h"
#include "vm/writeback.h"

static atomic64_t nr_pages_total;

void
mapping_init(struct mapping *mapping, const struct mapping_ops *ops, void *host, u64 size)
{
	static atomic64_t last_id;

	*mapping = (struct mapping){.ops = ops, .host = host, .size = size};
	mapping->id = atomic64_add(&last_id, 1);
	spin_init(&mapping->lock, "mapping", RANK_MAPPING);
	spin_init(&mapping->rmap_lock, "rmap", RANK_RMAP);
	xa_init(&mapping->pages);
	list_init(&mapping->vmas);
	list_init(&mapping->dirty_link);
	list_init(&mapping->swapped_link);
}

void
mapping_destroy(struct mapping *mapping)
{
	assert(list_empty(&mapping->vmas));
	dirty_list_remove(mapping);
	pagecache_evict_range(mapping, 0, UINT64_MAX);
	shmem_swap_destroy(mapping);
	assert(mapping->nr_pages == 0 && mapping->nr_dirty == 0);
	xa_destroy(&mapping->pages);
}

/* Count in this direction, unless the count is on the other side of 0. */
static bool
writers_count(struct mapping *mapping, s32 direction)
{
	s32 nr = READ_ONCE(mapping->nr_writers);

	do
		if (nr * direction < 0)
			return false;
	while (!__atomic_compare_exchange_n(&mapping->nr_writers, &nr, nr + direction, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return true;
}

bool
mapping_write_begin(struct mapping *mapping)
{
	return writers_count(mapping, 1);
}

void
mapping_write_more(struct mapping *mapping)
{
	assert(READ_ONCE(mapping->nr_writers) > 0);
	__atomic_add_fetch(&mapping->nr_writers, 1, __ATOMIC_SEQ_CST);
}

void
mapping_write_end(struct mapping *mapping)
{
	__atomic_sub_fetch(&mapping->nr_writers, 1, __ATOMIC_SEQ_CST);
}

bool
mapping_run_begin(struct mapping *mapping)
{
	return writers_count(mapping, -1);
}

void
mapping_run_end(struct mapping *mapping)
{
	__atomic_add_fetch(&mapping->nr_writers, 1, __ATOMIC_SEQ_CST);
}

bool
mapping_get(struct mapping *mapping)
{
	return !mapping->ops->get || mapping->ops->get(mapping);
}

void
mapping_put(struct mapping *mapping)
{
	if (mapping->ops->put)
		mapping->ops->put(mapping);
}

void
pagecache_count(s64 nr_pages)
{
	atomic64_add(&nr_pages_total, nr_pages);
}

struct page *
pagecache_find(struct mapping *mapping, u64 index)
{
	struct page *page;

	spin_lock(&mapping->lock);
	page = mapping_entry_page(xa_load(&mapping->pages, index));
	if (page)
		page_get(page);
	spin_unlock(&mapping->lock);
	return page;
}

/* => 0, -EEXIST, -ENOMEM; page is locked, its one reference becomes the cache's when 0 */
static int
page_insert(struct mapping *mapping, struct page *page, u64 index)
{
	int error;

	page->mapping = mapping;
	page->index = index;
	do {
		spin_lock(&mapping->lock);
		error = xa_insert(&mapping->pages, index, page);
		if (!error) {
			mapping->nr_pages++;
			page_get(page);
		}
		spin_unlock(&mapping->lock);
	} while (error == -ENOMEM && xa_reserve_fill());
	if (error) {
		page->mapping = NULL;
		return error;
	}
	pagecache_count(1);
	lru_add(page);
	workingset_refault(page);
	return 0;
}

struct page *
pagecache_add(struct mapping *mapping, u64 index, gfp_t gfp)
{
	struct page *page = page_alloc_user(gfp, index << PAGE_SHIFT);
	int error;

	if (!page)
		return NULL;
	page->flags |= 1U << PG_locked;
	page->private = 0;
	error = page_insert(mapping, page, index);
	if (!error)
		return page;
	page_clear(page, PG_locked);
	page_put(page);
	return error == -ENOMEM ? NULL : ERR_PTR(error);
}

/* Wait until somebody's read of the page has ended. => true when its contents are valid */
static bool
page_wait_read(struct page *page)
{
	page_wait_unlocked(page);
	return page_uptodate(page);
}

/* Nobody has read the page, or without success: read it. => 0, -EAGAIN (it left the cache), -EIO */
static int
page_read_again(struct mapping *mapping, struct page *page)
{
	page_lock(page);
	if (page->mapping != mapping) {
		page_unlock(page);
		return -EAGAIN;
	}
	if (page_uptodate(page)) {
		page_unlock(page);
		return 0;
	}
	page_clear(page, PG_error);
	mapping->ops->read_pages(mapping, &page, 1);
	return page_wait_read(page) ? 0 : -EIO;
}

/* The page was there but not valid. => 0, -EAGAIN (it left the cache), -EIO */
static int
page_make_valid(struct mapping *mapping, struct page *page)
{
	if (page_wait_read(page))
		return 0;
	return page_read_again(mapping, page);
}

/*
 * Back from swap, if it is there. => the page, with a reference; NULL no memory; ERR_PTR(-ENOENT): a
 * hole, or no such memory; ERR_PTR(-EAGAIN): somebody was faster; ERR_PTR(-EIO)
 */
static struct page *
page_from_swap(struct mapping *mapping, u64 index)
{
	return mapping->swapbacked ? shmem_swap_in(mapping, index) : ERR_PTR(-ENOENT);
}

/* => the page, or NULL, ERR_PTR; ERR_PTR(-EAGAIN): look again */
static struct page *
pagecache_get_slow(struct mapping *mapping, u64 index, struct readahead *ra, struct page *page)
{
	int error;

	if (!page) {
		page = page_from_swap(mapping, index);
		if (!IS_ERR(page) || PTR_ERR(page) != -ENOENT || mapping->swapbacked)
			return page;
		page = readahead_miss(mapping, index, ra);
		if (IS_ERR_OR_NULL(page))
			return page;
		if (page_wait_read(page))
			return page;
		error = -EIO;
	} else {
		error = page_make_valid(mapping, page);
	}
	if (!error)
		return page;
	page_put(page);
	return ERR_PTR(error);
}

struct page *
pagecache_get(struct mapping *mapping, u64 index, struct readahead *ra)
{
	struct page *page;

	do {
		page = pagecache_find(mapping, index);
		if (unlikely(!page || !page_uptodate(page)))
			page = pagecache_get_slow(mapping, index, ra, page);
	} while (unlikely(IS_ERR(page) && PTR_ERR(page) == -EAGAIN));
	if (unlikely(IS_ERR_OR_NULL(page)))
		return page;
	lru_touch(page);
	if (ra) {
		if (unlikely(page_test(page, PG_readahead)))
			readahead_hit(mapping, page, ra);
		ra->next = index + 1;
	}
	return page;
}

/* The page, in the cache and locked. => NULL: no memory; ERR_PTR(-EIO): it cannot be read from swap */
static struct page *
pagecache_get_locked(struct mapping *mapping, u64 index)
{
	for (;;) {
		struct page *page = pagecache_find(mapping, index);

		if (!page)
			page = page_from_swap(mapping, index);
		if (IS_ERR(page) && PTR_ERR(page) == -ENOENT) {
			page = pagecache_add(mapping, index, GFP_HIGHUSER);
			if (!IS_ERR(page))
				return page;
		}
		if (!page || (IS_ERR(page) && PTR_ERR(page) == -EIO))
			return page;
		if (IS_ERR(page))
			continue;
		page_lock(page);
		if (page->mapping == mapping)
			return page;
		page_unlock(page);
		page_put(page);
	}
}

struct page *
pagecache_get_for_write(struct mapping *mapping, u64 index, bool overwrite_whole)
{
	bool tried = false;

	for (;;) {
		struct page *page = pagecache_get_locked(mapping, index);

		if (IS_ERR_OR_NULL(page))
			return page;
		if (overwrite_whole || page_uptodate(page)) {
			lru_touch(page);
			return page;
		}
		if (tried) {
			page_unlock(page);
			page_put(page);
			return ERR_PTR(-EIO);
		}
		if (mapping->swapbacked) {
			page_zero_contents(page);
			page_set_uptodate(page);
			return page;
		}
		tried = true;
		page_clear(page, PG_error);
		mapping->ops->read_pages(mapping, &page, 1);
		page_wait_unlocked(page);
		page_put(page);
	}
}

struct page *
pagecache_get_zeroed(struct mapping *mapping, u64 index)
{
	struct page *page = pagecache_get_locked(mapping, index);

	if (!IS_ERR_OR_NULL(page) && !page_uptodate(page)) {
		page_zero_contents(page);
		page_set_uptodate(page);
	}
	return page;
}

/* Take it out. => mapping->lock held */
static ALWAYS_INLINE void
page_erase_locked(struct mapping *mapping, struct page *page)
{
	struct page *erased = xa_erase(&mapping->pages, page->index);

	assert(erased == page);
	mapping->nr_pages--;
	if (page_test(page, PG_dirty))
		mapping->nr_dirty--;
}

/* After page_erase_locked: what is left to do, without the mapping, which may be gone. => page locked */
static ALWAYS_INLINE void
page_erased(struct page *page)
{
	WRITE_ONCE(page->mapping, NULL);
	lru_remove(page);
	if (page_test(page, PG_swapbacked))
		vmstat_add(NR_SHMEM, -1);
	page_put_shared(page);
}

/* Nobody has the page but the cache and the caller. => page->mapping->lock held: nor can anybody get it */
static bool
page_unused(const struct page *page)
{
	return page_refcount(page) == 2 && page_mapcount(page) == 0;
}

unsigned
pagecache_remove(struct page **pages, unsigned nr)
{
	struct mapping *mapping = pages[0]->mapping;
	unsigned nr_gone = 0;

	/* First: when the last page is out and the lock is not held nothing keeps the mapping. */
	for (unsigned i = 0; i < nr && mapping->ops->release_page; i++)
		mapping->ops->release_page(mapping, pages[i]);
	spin_lock(&mapping->lock);
	for (unsigned i = 0; i < nr; i++) {
		struct page *page = pages[i];

		assert(page_locked(page) && page->mapping == mapping);
		assert(!page_test(page, PG_writeback) && !page_test(page, PG_dirty));
		if (!page_unused(page))
			continue;
		page_erase_locked(mapping, page);
		pages[i] = pages[nr_gone];
		pages[nr_gone++] = page;
	}
	spin_unlock(&mapping->lock);
	for (unsigned i = 0; i < nr_gone; i++)
		page_erased(pages[i]);
	pagecache_count(-(s64)nr_gone);
	return nr_gone;
}

void
pagecache_evict(struct page *page)
{
	struct mapping *mapping = page->mapping;

	assert(page_locked(page) && mapping && !page_test(page, PG_writeback));
	spin_lock(&mapping->lock);
	page_erase_locked(mapping, page);
	spin_unlock(&mapping->lock);
	if (page_test_and_clear(page, PG_dirty) && mapping->ops->write_pages)
		dirty_count_add(-1);
	if (mapping->ops->release_page)
		mapping->ops->release_page(mapping, page);
	page_erased(page);
	pagecache_count(-1);
}

void
pagecache_drop_unused(struct page *page)
{
	if (page->mapping->swapbacked && !page_test(page, PG_dirty))
		pagecache_evict(page);
}

/* The page, locked, counts. => 0; -EIO: the file has become shorter meanwhile; -ENOSPC ... */
static int
hole_reserve(struct mapping *mapping, struct page *page)
{
	if (page->index >= DIV_ROUND_UP(mapping_size(mapping), PAGE_SIZE))
		return -EIO;
	return mapping->ops->reserve_write ? mapping->ops->reserve_write(mapping, page) : 0;
}

struct page *
pagecache_fill_hole(struct mapping *mapping, u64 index)
{
	struct page *page = pagecache_get_zeroed(mapping, index);
	int error;

	if (IS_ERR_OR_NULL(page))
		return page;
	error = hole_reserve(mapping, page);
	if (!error)
		page_mark_dirty(page);
	else
		pagecache_drop_unused(page);
	page_unlock(page);
	if (!error)
		return page;
	page_put(page);
	return ERR_PTR(error);
}

/*
 * The common case of a read: the page is here and so is the user's. With mapping->lock held ours
 * cannot leave the cache, so nothing is pinned or counted. => bytes copied, 0: go the long way
 */
static u64
read_cached(struct mapping *mapping, u64 pos, struct uio *uio, u64 n, struct readahead *ra)
{
	const u32 wanted = 1U << PG_uptodate, flags = wanted | 1U << PG_readahead;
	const u32 hot = 1U << PG_active | 1U << PG_referenced;
	struct page *page;
	u64 done = 0;

	spin_lock(&mapping->lock);
	page = mapping_entry_page(xa_load(&mapping->pages, pos >> PAGE_SHIFT));
	if (likely(page && (page->flags & flags) == wanted)) {
		u8 *kva = kmap_local_page(page);

		done = uio_copy_to_nofault(uio, kva + pos % PAGE_SIZE, n);
		kunmap_local(kva);
		if (unlikely((page->flags & hot) != hot))
			lru_touch(page);
	}
	spin_unlock(&mapping->lock);
	if (done && ra)
		ra->next = (pos >> PAGE_SHIFT) + 1;
	return done;
}

/* The long way: find or read the page, fault the user's in; a hole is zeros. => bytes copied, or -errno; -EINTR: killed */
static NOINLINE s64
read_uncached(struct mapping *mapping, u64 pos, struct uio *uio, u64 n, struct readahead *ra)
{
	struct page *page;
	s64 pinned;

	cond_resched();
	if (!uio->kernel && kill_pending())
		return -EINTR;
	page = pagecache_get(mapping, pos >> PAGE_SHIFT, ra);
	if (IS_ERR(page) && PTR_ERR(page) == -ENOENT)
		return uio_move_zero(uio, n);
	if (IS_ERR_OR_NULL(page))
		return err_or_null_to_errno(page);
	pinned = uio_pin(uio, n);
	if (pinned > 0) {
		uio_copy_page_to(uio, page, pos % PAGE_SIZE, pinned);
		uio_unpin(uio);
	}
	page_put(page);
	return pinned;
}

s64
pagecache_read(struct mapping *mapping, u64 *pos, struct uio *uio, struct readahead *ra)
{
	u64 start = *pos, at = start;
	s64 n = 0;

	while (uio_left(uio) > 0) {
		u64 size = mapping_size(mapping);
		u64 piece = MIN(uio_left(uio), PAGE_SIZE - at % PAGE_SIZE);

		if (at >= size)
			break;
		piece = MIN(piece, size - at);
		n = read_cached(mapping, at, uio, piece, ra);
		if (unlikely(n == 0))
			n = read_uncached(mapping, at, uio, piece, ra);
		if (unlikely(n < 0))
			break;
		at += n;
	}
	*pos = at;
	return at > start ? (s64)(at - start) : MIN(n, 0L);
}

void
mapping_set_size(struct mapping *mapping, u64 size)
{
	/* After pages that were cut off have left the file. */
	__atomic_store_n(&mapping->size, size, __ATOMIC_RELEASE);
}

u64
nr_pagecache_pages(void)
{
	return atomic64_read(&nr_pages_total);
}
