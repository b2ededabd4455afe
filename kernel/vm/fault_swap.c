/*
 * A swapped page comes back in two steps. If it is not in the swap cache, or still being read, the
 * fault lets mm->lock go, reads, and starts again from the top with a reference to the page, so that
 * reclaim leaves it there. When it is there, its lock is taken, then the page-table lock, and if
 * the entry is still the same the page is mapped in its place:
 *
 *	load, or others have the slot, too	read-only, and the page stays in the cache: it can go
 *						again without being written
 *	store, and nobody else has it		for stores, and the slot is free
 *	load, and swap is half full		the same, to have the slot back
 *
 * A store to a page that others have, or somebody has a reference to, faults once more, and is then a
 * copy-on-write like any.
 */

#include "vm/fault_swap.h"

#include "lib/err.h"
#include "vm/anon.h"
#include "vm/page_lock.h"
#include "vm/page_map.h"
#include "vm/pte_state.h"
#include "vm/swap.h"

/* => page locked and valid, page-table lock held, *ptep is the entry; the caller has nr_own references */
static void
swap_map_page(struct vma *vma, uva_t uva, pte_t *ptep, struct page *page, s32 nr_own, bool store)
{
	swp_entry_t entry = page_swp_entry(page);
	struct mm *mm = vma->mm;
	u64 flags = vma->pte_flags & ~(PTE_W | PTE_OWNED);

	if (page_mapcount(page) == 0)
		anon_page_adopt(vma, uva, page);
	if (page_map_get(page) >> 32 == 0)
		vmstat_add(NR_ANON_MAPPED, 1);
	atomic64_add(&mm->rss_anon, 1);
	atomic64_add(&mm->nr_swap, -1);
	swap_entry_put(entry);
	if ((store || swap_is_tight()) && swap_cache_claim(page, nr_own) && vma->pte_flags & PTE_W)
		flags |= PTE_W | PTE_OWNED | PTE_D;
	if (vma->flags & VM_EXEC)
		icache_flush(&mm->tlb);
	pte_write(ptep, pte_for(page_to_pfn(page), flags));
}

/* => page valid, the caller has nr_own references; mm->lock held */
static void
swap_map(struct vma *vma, uva_t uva, pte_t *ptep, pte_t pte, struct page *page, s32 nr_own,
	 bool store)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	struct mm *mm = vma->mm;

	page_lock(page);
	if (page_is_swapped_as(page, entry) && page_uptodate(page)) {
		spin_lock(&mm->pgt.lock);
		if (pte_read(ptep).bits == pte.bits)
			swap_map_page(vma, uva, ptep, page, nr_own, store);
		spin_unlock(&mm->pgt.lock);
	}
	page_unlock(page);
}

enum fault_result
fault_swap(struct fault *f)
{
	struct page *page = swap_cache_find(pte_to_swp_entry(f->pte));

	if (!page || !page_uptodate(page)) {
		f->swap_entry = pte_to_swp_entry(f->pte);
	} else {
		if (page_test(page, PG_readahead) && page_test_and_clear(page, PG_readahead)) {
			f->vma->mm->swap_ra.hits++;
			vmstat_add(SWAP_RA_HIT, 1);
		}
		swap_map(f->vma, f->uva, f->ptep, f->pte, page, 1 + (f->held == page),
			 f->access == FAULT_WRITE);
	}
	if (page)
		page_put(page);
	return FAULT_OK;
}

enum fault_result
fault_swap_read(struct fault *f, struct mm *mm)
{
	struct page *page = swap_in(f->swap_entry, f->uva, &mm->swap_ra, &f->major);

	f->swap_entry.val = 0;
	if (!page)
		return FAULT_OOM;
	if (IS_ERR(page))
		return PTR_ERR(page) == -EIO ? FAULT_BUS : FAULT_OK;
	fault_hold(f, page);
	return FAULT_OK;
}

int
fault_bring_back(struct vma *vma, uva_t uva, pte_t *ptep, pte_t pte)
{
	bool major = false;
	struct page *page = swap_in(pte_to_swp_entry(pte), uva, NULL, &major);

	if (!page)
		return -ENOMEM;
	if (IS_ERR(page))
		return PTR_ERR(page) == -EIO ? -EIO : 0;
	/* As for a store: the slot is to be free, if nobody else has it. */
	swap_map(vma, uva, ptep, pte, page, 1, true);
	page_put(page);
	return 0;
}
