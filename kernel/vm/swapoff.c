/*
 * Emptying a swap area. Entries are found where they are: in the page tables of all address spaces, and in
 * the trees of shared memory and tmpfs. Processes go on meanwhile, fork and exit, so one look may miss
 * some; but no new slots are given out, so there are fewer each time. What is left in the end are pages of
 * the cache that nobody asks for.
 *
 * What comes back gives its slot up at once, so that there is room in swap again when memory is not enough.
 * That is found out by an allocation, anybody's, that finds nothing to reclaim: before it lets somebody
 * be killed it gives the area back (swap_off_cancel()), and tries again. It waits for nobody: he who
 * empties the area may be waiting for what the one who allocates holds.
 *
 * A slot of which the count has overflowed never becomes free. When several looks in a row find
 * nothing more, and nothing changes, the area stays.
 */

#include "vm/swapoff.h"

#include "core/clock.h"
#include "lib/errno.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/fault_swap.h"
#include "vm/mm.h"
#include "vm/page_lock.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/shmem_swap.h"
#include "vm/shrink.h"
#include "vm/swap_area.h"
#include "vm/zswap.h"

/* Looks without any change before giving up, a second: who ends may take a while on a slow machine. */
#define IDLE_ROUNDS_MAX 100
#define IDLE_NS		(10 * NSEC_PER_MSEC)

static bool
pte_is_of_area(pte_t pte, unsigned type)
{
	return pte_is_swap(pte) && swp_type(pte_to_swp_entry(pte)) == type;
}

/* The first entry of the area at *uva .. end - 1. => its address in the table, and *uva, *pte; or NULL */
static pte_t *
entry_find(struct mm *mm, unsigned type, u64 *uva, u64 end, pte_t *pte)
{
	pte_t *found = NULL, *ptep;
	unsigned nr;

	spin_lock(&mm->pgt.lock);
	while (!found && (ptep = pgtable_next(&mm->pgt, uva, end, &nr))) {
		unsigned i = 0;

		while (i < nr && !pte_is_of_area(pte_read(&ptep[i]), type))
			i++;
		*uva += i * PAGE_SIZE;
		if (i < nr) {
			found = &ptep[i];
			*pte = pte_read(found);
		}
	}
	spin_unlock(&mm->pgt.lock);
	return found;
}

/* => 0; -EINTR, -ENOMEM: it is to end */
static int
must_stop(void)
{
	if (signal_pending())
		return -EINTR;
	return swap_off_cancelled() ? -ENOMEM : 0;
}

/* => mm->lock held for reading; 0 or -errno */
static int
vma_bring_back(struct vma *vma, unsigned type)
{
	u64 uva = vma->start;
	int error = 0;
	pte_t *ptep, pte;

	while (!error && (ptep = entry_find(vma->mm, type, &uva, vma->end, &pte))) {
		error = fault_bring_back(vma, uva, ptep, pte);
		uva += PAGE_SIZE;
		if (!error)
			error = must_stop();
		cond_resched();
	}
	return error;
}

static int
mm_bring_back(struct mm *mm, unsigned type)
{
	struct vma *vma;
	int error = 0;

	if (atomic64_read(&mm->nr_swap) == 0)
		return 0;
	rwsem_read_lock(&mm->lock);
	list_for_each_entry(vma, &mm->vma_list, link) {
		if (!error)
			error = vma_bring_back(vma, type);
	}
	rwsem_read_unlock(&mm->lock);
	return error;
}

static int
all_bring_back(unsigned type)
{
	struct mm *mm = NULL;
	int error = 0;

	while (!error && (mm = mm_next(mm)))
		error = mm_bring_back(mm, type);
	if (mm)
		mm_put(mm);
	return error ? error : shmem_bring_back(type, must_stop);
}

/* The next page of the area's cache, with a reference. => NULL: no more */
static struct page *
cached_next(struct swap_area *area, u64 *slot)
{
	struct page *page;

	spin_lock(&area->lock);
	page = xa_find(&area->cache, slot, UINT64_MAX);
	if (page)
		page_get(page);
	spin_unlock(&area->lock);
	return page;
}

/* Pages whose slots nobody else counts leave the cache; mapped ones stay where they are mapped. */
static void
cache_empty(struct swap_area *area)
{
	struct page *page;

	for (u64 slot = 0; (page = cached_next(area, &slot)); slot++) {
		bool ours;

		page_lock(page);
		page_wait_writeback(page);
		spin_lock(&area->lock);
		ours = page_test(page, PG_swapcache) &&
		       swap_map_count(&area->map, swp_slot(page_swp_entry(page))) == 1;
		spin_unlock(&area->lock);
		if (ours)
			swap_cache_remove(page);
		page_unlock(page);
		page_put(page);
		cond_resched();
	}
}

static u64
nr_used(struct swap_area *area)
{
	u64 nr;

	spin_lock(&area->lock);
	nr = swap_map_nr_used(&area->map);
	spin_unlock(&area->lock);
	return nr;
}

/* Is there room for so many pages, if everything that a disk has went, too? */
static bool
room_for(u64 nr_pages)
{
	u64 nr_cached = nr_pagecache_pages(), nr_shmem = vmstat_get(NR_SHMEM);
	u64 nr_free_slots = MAX(atomic64_read(&swap_nr_free), 0L);

	nr_cached -= MIN(nr_cached, nr_shmem);
	return nr_pages < nr_free_pages() + nr_cached + vmstat_get(NR_SWAPCACHE) + nr_free_slots +
				  zswap_nr_pool_pages();
}

int
swap_empty_area(struct swap_area *area)
{
	struct reclaim_run run = {.gfp = GFP_KERNEL};
	u64 left = nr_used(area), before;
	unsigned idle = 0;
	int error = room_for(left) ? 0 : -ENOMEM;

	while (!error && left > 0) {
		before = left;
		error = all_bring_back(swap_area_type(area));
		cache_empty(area);
		left = nr_used(area);
		idle = left < before ? 0 : idle + 1;
		if (!error)
			error = must_stop();
		if (idle > IDLE_ROUNDS_MAX)
			error = -ENOMEM;
		else if (idle > 0)
			task_sleep_ns(IDLE_NS, false);
	}
	/* kswapd would do that in a moment, but he who asked sees now that the memory is free. */
	shrink_laundries(&run);
	return left > 0 ? error : 0;
}
