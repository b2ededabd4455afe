/*
 * The swap cache: pages of swap slots that are in memory. One tree for each area, slot -> page.
 *
 *		PTEs				page			slot
 *	1	present				anonymous		-
 *	2	present				PG_swapcache, dirty	taken		swap_cache_add
 *	3	swap entries			... dirty		taken		rmap_unmap
 *	4	swap entries			... writeback		being written	swap_writeout
 *	5	swap entries			... clean		valid
 *	6	swap entries			gone			valid		swap_cache_drop
 *	7	swap entries			... locked, not valid	being read	swap_in
 *	8	some present, some swap		... clean		valid		fault_swap
 *	1	present				anonymous		free		swap_cache_claim
 *
 * A page that is read stays in the cache, for if nobody stores to it, it can go again without being
 * written. All PTEs of a clean page in the cache are read-only, and a store that finds its page
 * there takes it out, or makes it dirty: so slot and clean page are always the same.
 *
 * The cache has one reference to the page and counts one in the slot. What removes a page holds its
 * lock, and a page that is being written is not removed, so the end of the I/O finds it there. A
 * slot that only the cache counts, of a page that nothing maps, is useless: whoever took the last
 * PTE tries to drop both at once (swap_cache_release), and if that is not possible reclaim
 * does when it comes to the page.
 *
 * Pages of tmpfs and shared memory come here by vm/shmem_swap.c, and are like any other while they are.
 *
 * Locks: PG_locked > page table > area->lock (SWAP).
 */

#include "core/panic.h"
#include "lib/err.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "vm/lru.h"
#include "vm/page_lock.h"
#include "vm/pagecache_internal.h"
#include "vm/pte_state.h"
#include "vm/swap_area.h"
#include "vm/workingset.h"

struct page *
swap_cache_find(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);
	struct page *page;

	spin_lock(&area->lock);
	page = xa_load(&area->cache, swp_slot(entry));
	if (page)
		page_get(page);
	spin_unlock(&area->lock);
	return page;
}

/*
 * The reference comes before the flag: who sees the flag knows that one reference is the cache's.
 * => area->lock held
 */
static int
cache_insert_locked(struct swap_area *area, struct page *page, swp_entry_t entry)
{
	int error = xa_insert(&area->cache, swp_slot(entry), page);

	if (error)
		return error;
	page_get(page);
	page->private = entry.val;
	page_set(page, PG_swapcache);
	vmstat_add(NR_SWAPCACHE, 1);
	return 0;
}

static void
slot_put(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);

	spin_lock(&area->lock);
	swap_slot_put_locked(area, swp_slot(entry));
	spin_unlock(&area->lock);
}

int
swap_cache_add(struct page *page)
{
	swp_entry_t entry = swap_slot_alloc();
	struct swap_area *area = swap_area_of(entry);
	int error;

	assert(page_locked(page) && page_test(page, PG_swapbacked));
	assert(!page_test(page, PG_swapcache));
	if (entry.val == 0)
		return -ENOSPC;
	spin_lock(&area->lock);
	error = cache_insert_locked(area, page, entry);
	spin_unlock(&area->lock);
	if (error)
		slot_put(entry);
	else
		page_set(page, PG_dirty);
	return error;
}

/* A page that nobody else knows yet. */
static struct page *
page_make(gfp_t gfp, u64 at)
{
	struct page *page = page_alloc_user(gfp, at);

	if (page) {
		page->owner = PAGE_OWNER_ANON;
		page->index = 0;
		page->flags |= 1U << PG_anon | 1U << PG_swapbacked | 1U << PG_locked;
	}
	return page;
}

/* => 0; -ENOENT, -EEXIST, -ENOMEM */
static int
cache_insert_used(struct swap_area *area, struct page *page, swp_entry_t entry)
{
	int error = -ENOENT;

	spin_lock(&area->lock);
	if (area->active && swap_map_count(&area->map, swp_slot(entry)) > 0) {
		error = cache_insert_locked(area, page, entry);
		if (!error)
			swap_map_get(&area->map, swp_slot(entry));
	}
	spin_unlock(&area->lock);
	return error;
}

struct page *
swap_cache_add_unused(swp_entry_t entry, u64 at, gfp_t gfp)
{
	struct page *page = page_make(gfp, at);
	int error;

	if (!page)
		return NULL;
	do
		error = cache_insert_used(swap_area_of(entry), page, entry);
	while (error == -ENOMEM && gfp & GFP_BIT_RECLAIM && xa_reserve_fill());
	if (!error) {
		lru_add(page);
		return page;
	}
	page_clear(page, PG_locked);
	page_put(page);
	return error == -ENOMEM ? NULL : ERR_PTR(error);
}

struct page *
swap_cache_add_new(swp_entry_t entry, u64 at, gfp_t gfp)
{
	struct page *page = swap_cache_add_unused(entry, at, gfp);

	if (!IS_ERR_OR_NULL(page))
		workingset_refault(page);
	return page;
}

/*
 * After an error, of a read or a write, the slot is not used again. => area->lock held; page locked,
 * in the cache, not being written
 */
static void
cache_erase_locked(struct swap_area *area, struct page *page)
{
	u64 slot = swp_slot(page_swp_entry(page));
	struct page *erased = xa_erase(&area->cache, slot);

	assert(erased == page && !page_test(page, PG_writeback));
	if (page_test_and_clear(page, PG_error))
		swap_map_fail(&area->map, slot);
	swap_slot_put_locked(area, slot);
	page_clear(page, PG_swapcache);
	page_clear(page, PG_dirty);
	page->private = 0;
	vmstat_add(NR_SWAPCACHE, -1);
}

void
swap_cache_remove(struct page *page)
{
	struct swap_area *area = swap_area_of(page_swp_entry(page));

	spin_lock(&area->lock);
	cache_erase_locked(area, page);
	spin_unlock(&area->lock);
	page_put(page);
}

/* Is the cache all that counts in the page's slot? => area->lock held */
static bool
slot_is_cache_only(struct swap_area *area, const struct page *page)
{
	return swap_map_count(&area->map, swp_slot(page_swp_entry(page))) == 1;
}

bool
swap_cache_drop(struct page *page)
{
	struct swap_area *area = swap_area_of(page_swp_entry(page));
	bool drop = false;

	assert(page_locked(page) && page_test(page, PG_swapcache));
	if (page_test(page, PG_writeback))
		return false;
	spin_lock(&area->lock);
	if (page_refcount(page) == 2 && page_mapcount(page) == 0)
		drop = !page_test(page, PG_dirty) || slot_is_cache_only(area, page);
	if (drop)
		cache_erase_locked(area, page);
	spin_unlock(&area->lock);
	if (drop)
		page_put(page);
	return drop;
}

bool
swap_cache_claim(struct page *page, s32 nr_own)
{
	struct swap_area *area = swap_area_of(page_swp_entry(page));
	bool mine, remove;

	spin_lock(&area->lock);
	mine = page_mapcount(page) == 1 && page_refcount(page) <= 2 + nr_own &&
	       slot_is_cache_only(area, page);
	remove = mine && !page_test(page, PG_writeback);
	if (remove)
		cache_erase_locked(area, page);
	spin_unlock(&area->lock);
	if (remove)
		page_put(page);
	else if (mine)
		page_set(page, PG_dirty);
	return mine;
}

bool
swap_cache_try_claim(struct page *page, s32 nr_own)
{
	bool mine;

	if (!page_trylock(page))
		return false;
	mine = page_test(page, PG_swapcache) && swap_cache_claim(page, nr_own);
	page_unlock(page);
	return mine;
}

/* If it is the cache's alone. => page locked, in the cache; true: the cache's reference is the caller's */
static bool
slot_free(struct page *page)
{
	struct swap_area *area = swap_area_of(page_swp_entry(page));
	bool remove;

	if (page_test(page, PG_writeback))
		return false;
	spin_lock(&area->lock);
	remove = slot_is_cache_only(area, page);
	if (remove)
		cache_erase_locked(area, page);
	spin_unlock(&area->lock);
	return remove;
}

void
swap_cache_give_slot(struct page *page)
{
	if (slot_free(page))
		page_put(page);
}

void
swap_cache_release(struct page *page)
{
	bool remove;

	if (!page_trylock(page))
		return;
	remove = page_test(page, PG_swapcache) && page_mapcount(page) == 0 && slot_free(page);
	page_unlock(page);
	if (remove)
		page_put(page);
}

void
swap_entry_put(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);
	struct page *page = NULL;

	spin_lock(&area->lock);
	if (swap_slot_put_locked(area, swp_slot(entry)) == 1) {
		page = xa_load(&area->cache, swp_slot(entry));
		if (page)
			page_get(page);
	}
	spin_unlock(&area->lock);
	if (page) {
		swap_cache_release(page);
		page_put(page);
	}
}

unsigned
swap_entry_users(swp_entry_t entry)
{
	struct swap_area *area = swap_area_of(entry);
	unsigned count;

	spin_lock(&area->lock);
	count = swap_map_count(&area->map, swp_slot(entry));
	count -= xa_load(&area->cache, swp_slot(entry)) != NULL;
	spin_unlock(&area->lock);
	return count;
}
