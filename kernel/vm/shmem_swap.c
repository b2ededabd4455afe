/*
 * Swap for memory that has a mapping but no disk: shared anonymous memory, tmpfs, memfd. For private
 * memory a swap entry takes a page's place in page tables; here it does in the mapping's tree, and page
 * tables have nothing, as for any page of a file that is not in memory.
 *
 * A struct page has one mapping and one index, and `private` of one in the swap cache is its entry. So a
 * page is either in its mapping or in the swap cache, and moves from one to the other, locked:
 *
 *	tree of the mapping	page					counts in the slot
 *	page			mapping, index; dirty			-	shmem_swap_out
 *	entry			swap cache, dirty			2	swap_writeout
 *	entry			... being written, then clean		2	swap_cache_drop
 *	entry			gone					1	swap_in
 *	entry			swap cache, being read, then clean	2	shmem_swap_in
 *	page			mapping, index; dirty			-
 *
 * While it is in the swap cache it is a page like any there: PG_anon, of no group and no mapping, for
 * nothing maps it. When it comes back its slot is free at once, so what is in memory of a mapping is never in
 * swap, too. Every page of such a mapping that is not locked is dirty, and counts where its owner counts.
 *
 * entry_exchange() is the only place where an entry of a mapping changes between page and swap
 * entry. It does under mapping->lock what a lock on the whole mapping would be for otherwise:
 *
 *	who finds a page		got a reference under that lock, so it does not leave: to go out
 *					it must be the mapping's and reclaim's alone
 *	who comes with a page from	finds the entry that he read, or that of somebody faster, or,
 *	swap				after a truncation, none; then his page stays where it is
 *	truncation			takes an entry out under that lock; a page it locks and evicts. Page
 *					and entry at one index follow each other without a gap
 *	the end of the mapping		is after a truncation of everything, so a page that is locked and
 *					in the mapping keeps it; not one moment longer
 *
 * An entry keeps its slot, and a page in the swap cache keeps it, too. So while a page is locked and is
 * the cache's for an entry, nobody can have been given that entry anew.
 *
 * Mappings that ever had something in swap are on a list, for swapoff.
 */

#include "vm/shmem_swap.h"

#include "core/panic.h"
#include "lib/err.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/pagecache_internal.h"
#include "vm/pte_state.h"
#include "vm/swap_area.h"

static struct spinlock list_lock = SPINLOCK_INIT("swapped_list", RANK_SWAPPED);
static LIST_HEAD(swapped_mappings);

static void *
to_value(swp_entry_t entry)
{
	return xa_mk_value(entry.val);
}

/* => 0; -EAGAIN: there is a page; -ENOENT: nothing */
static int
entry_find(struct mapping *mapping, u64 index, swp_entry_t *entry)
{
	void *found;

	spin_lock(&mapping->lock);
	found = xa_load(&mapping->pages, index);
	spin_unlock(&mapping->lock);
	if (!xa_is_value(found))
		return found ? -EAGAIN : -ENOENT;
	entry->val = xa_to_value(found);
	return 0;
}

/* One of them is a page. => false: old is not there; mapping->lock held */
static bool
entry_exchange(struct mapping *mapping, u64 index, void *old, void *new)
{
	s64 delta = xa_is_value(new) ? 1 : -1;

	if (xa_load(&mapping->pages, index) != old)
		return false;
	if (xa_store(&mapping->pages, index, new) < 0)
		panic("a full place of an xarray wants memory");
	mapping->nr_swapped += delta;
	mapping->nr_pages -= delta;
	return true;
}

/* --- out ------------------------------------------------------------------------------------ */

static void
list_add_swapped(struct mapping *mapping)
{
	if (list_is_linked(&mapping->swapped_link))
		return;
	spin_lock(&list_lock);
	if (!list_is_linked(&mapping->swapped_link))
		list_add_tail(&mapping->swapped_link, &swapped_mappings);
	spin_unlock(&list_lock);
}

/* => true: the page is the swap cache's alone, and the mapping may be gone; page locked, in both */
static bool
page_move_out(struct page *page)
{
	struct mapping *mapping = page->mapping;
	swp_entry_t entry = page_swp_entry(page);
	bool alone;

	spin_lock(&mapping->lock);
	/* The mapping's, the swap cache's, the caller's. */
	alone = page_refcount(page) == 3 && page_mapcount(page) == 0;
	if (alone) {
		swap_entry_get(entry);
		alone = entry_exchange(mapping, page->index, page, to_value(entry));
		assert(alone);
		page->owner = PAGE_OWNER_ANON;
		page->index = 0;
		page_set(page, PG_anon);
	}
	spin_unlock(&mapping->lock);
	if (!alone)
		return false;
	pagecache_count(-1);
	vmstat_add(NR_SHMEM, -1);
	page_put(page);
	return true;
}

int
shmem_swap_out(struct page *page)
{
	u64 private = page->private;
	int error;

	assert(page_locked(page) && page->mapping->swapbacked && page_test(page, PG_dirty));
	list_add_swapped(page->mapping);
	page_cancel_dirty(page);
	error = swap_cache_add(page);
	if (!error && !page_move_out(page)) {
		swap_cache_remove(page);
		error = -EBUSY;
	}
	if (error) {
		page->private = private;
		page_mark_dirty(page);
	}
	return error;
}

/* --- in ------------------------------------------------------------------------------------- */

/* => true: the page is the mapping's; page locked, valid, in the swap cache, not being written */
static bool
page_move_in(struct mapping *mapping, u64 index, struct page *page)
{
	swp_entry_t entry = page_swp_entry(page);
	bool moved;

	spin_lock(&mapping->lock);
	moved = entry_exchange(mapping, index, to_value(entry), page);
	if (moved) {
		page_get(page);
		page->mapping = mapping;
		page->index = index;
		page_clear(page, PG_anon);
	}
	spin_unlock(&mapping->lock);
	if (!moved)
		return false;
	pagecache_count(1);
	vmstat_add(NR_SHMEM, 1);
	swap_cache_remove(page);
	swap_entry_put(entry);
	page->private = mapping->ops->release_swapped != NULL;
	page_mark_dirty(page);
	return true;
}

/* => 0 or -EAGAIN; page valid, the caller has a reference */
static int
page_bring_in(struct mapping *mapping, u64 index, struct page *page, swp_entry_t entry)
{
	bool moved;

	page_lock(page);
	page_wait_writeback(page);
	moved = page_is_swapped_as(page, entry) && page_move_in(mapping, index, page);
	page_unlock(page);
	return moved ? 0 : -EAGAIN;
}

struct page *
shmem_swap_in(struct mapping *mapping, u64 index)
{
	struct page *page;
	swp_entry_t entry;
	bool major = false;
	int error = entry_find(mapping, index, &entry);

	if (error)
		return ERR_PTR(error);
	page = swap_in(entry, index << PAGE_SHIFT, &mapping->swap_ra, &major);
	if (!page)
		return NULL;
	if (IS_ERR(page))
		return PTR_ERR(page) == -EIO ? page : ERR_PTR(-EAGAIN);
	if (page_test_and_clear(page, PG_readahead))
		mapping->swap_ra.hits++;
	error = page_bring_in(mapping, index, page, entry);
	if (!error)
		return page;
	page_put(page);
	return ERR_PTR(error);
}

void
shmem_swap_read_ahead(struct mapping *mapping, u64 first, u64 last)
{
	struct swap_wanted wanted[SWAP_AHEAD_MAX];
	unsigned nr = 0;

	for (u64 index = first; shmem_swap_next(mapping, &index, last) && !kill_pending();
	     index++) {
		wanted[nr].at = index << PAGE_SHIFT;
		nr += entry_find(mapping, index, &wanted[nr].entry) == 0;
		if (nr == SWAP_AHEAD_MAX) {
			swap_read_ahead(wanted, nr);
			nr = 0;
			cond_resched();
		}
	}
	swap_read_ahead(wanted, nr);
}

/* --- entries -------------------------------------------------------------------------------- */

bool
shmem_swap_forget(struct mapping *mapping, u64 index, const void *entry)
{
	bool forgotten;

	spin_lock(&mapping->lock);
	forgotten = xa_load(&mapping->pages, index) == entry;
	if (forgotten) {
		xa_erase(&mapping->pages, index);
		mapping->nr_swapped--;
	}
	spin_unlock(&mapping->lock);
	if (!forgotten)
		return false;
	swap_entry_put((swp_entry_t){xa_to_value(entry)});
	if (mapping->ops->release_swapped)
		mapping->ops->release_swapped(mapping);
	return true;
}

bool
shmem_swap_cached(struct mapping *mapping, u64 index)
{
	swp_entry_t entry;
	struct page *page = entry_find(mapping, index, &entry) == 0 ? swap_cache_find(entry) : NULL;
	bool cached = page && page_uptodate(page);

	if (page)
		page_put(page);
	return cached;
}

bool
shmem_swap_next(struct mapping *mapping, u64 *index, u64 last)
{
	void *entry;

	if (READ_ONCE(mapping->nr_swapped) == 0)
		return false;
	spin_lock(&mapping->lock);
	entry = xa_find(&mapping->pages, index, last);
	while (entry && !xa_is_value(entry))
		entry = xa_find_after(&mapping->pages, index, last);
	spin_unlock(&mapping->lock);
	return entry != NULL;
}

/* --- swapoff -------------------------------------------------------------------------------- */

/* The first entry of the area at *index or behind. => false: there is none */
static bool
entry_next(struct mapping *mapping, unsigned type, u64 *index)
{
	void *entry;

	spin_lock(&mapping->lock);
	entry = xa_find(&mapping->pages, index, UINT64_MAX);
	while (entry &&
	       !(xa_is_value(entry) && swp_type((swp_entry_t){xa_to_value(entry)}) == type))
		entry = xa_find_after(&mapping->pages, index, UINT64_MAX);
	spin_unlock(&mapping->lock);
	return entry != NULL;
}

/* => 0, -ENOMEM, -EIO, or what stop says */
static int
mapping_bring_back(struct mapping *mapping, unsigned type, int (*stop)(void))
{
	int error = 0;

	for (u64 index = 0; !error && entry_next(mapping, type, &index);) {
		struct page *page = shmem_swap_in(mapping, index);

		if (!IS_ERR_OR_NULL(page))
			page_put(page);
		else if (!page || PTR_ERR(page) == -EIO)
			error = err_or_null_to_errno(page);
		if (!error)
			error = stop();
		cond_resched();
	}
	return error;
}

/* The mapping after last, or the first, with a reference; that of last is given back. */
static struct mapping *
mapping_next(struct mapping *last)
{
	struct list_head *link;
	struct mapping *mapping = NULL;

	spin_lock(&list_lock);
	link = last ? last->swapped_link.next : swapped_mappings.next;
	for (; link != &swapped_mappings; link = link->next) {
		mapping = container_of(link, struct mapping, swapped_link);
		if (READ_ONCE(mapping->nr_swapped) > 0 && mapping_get(mapping))
			break;
		mapping = NULL;
	}
	spin_unlock(&list_lock);
	if (last)
		mapping_put(last);
	return mapping;
}

int
shmem_bring_back(unsigned type, int (*stop)(void))
{
	struct mapping *mapping = NULL;
	int error = 0;

	while (!error && (mapping = mapping_next(mapping)))
		error = mapping_bring_back(mapping, type, stop);
	if (mapping)
		mapping_put(mapping);
	return error;
}

void
shmem_swap_destroy(struct mapping *mapping)
{
	assert(mapping->nr_swapped == 0);
	spin_lock(&list_lock);
	list_del(&mapping->swapped_link);
	spin_unlock(&list_lock);
}
