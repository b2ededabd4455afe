/*
 * A page is put only after no hart can reach it any more: PTEs are cleared under the page-table
 * lock into a batch, the lock is dropped, the TLBs are flushed, then the pages go (mem/tlb.h). An
 * address space that no hart has loaded any more, as that of a program that ended, needs none of
 * this.
 *
 * A file's page that could be written here is flushed before that lock is dropped, and counts as mapped
 * until then. Write-back and reclaim ask the count whether anybody may still store to a page; who finds
 * it mapped looks at the page table, and so waits for the lock.
 */

#include "vm/zap.h"

#include "mem/tlb.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/page_map.h"
#include "vm/pte_state.h"
#include "vm/swap.h"

/* Entries between two looks at whether another task should run. */
#define ZAP_CHUNK 256

/* Pages that lost a mapping, by kind: subtracted from the mm's counts once for many. */
struct zap_count {
	s64 nr_anon, nr_file, nr_swap;
	s64 nr_anon_gone, nr_file_gone; /* those of them that no page table has any more */
	u64 writable; /* bits: pages of the batch that keep their count until the flush */
	bool any;     /* some entry was not none: there is something to flush */
};

STATIC_ASSERT(TLB_BATCH_MAX <= 64);

/* A swap entry is gone, or nothing that counts. */
static void
zap_swap_entry(pte_t pte, struct zap_count *count)
{
	if (!pte_is_swap(pte))
		return;
	swap_entry_put(pte_to_swp_entry(pte));
	count->nr_swap++;
}

/* page_map_put() for a page that may now be useless in the swap cache. */
static bool
zap_swapcache_page(struct page *page)
{
	bool last;

	page_get(page);
	last = page_map_put(page);
	swap_cache_release(page);
	page_put(page);
	return last;
}

/*
 * Clear one PTE that is not none. Its page loses the mapping and goes into the batch; without a
 * batch, which is right when no hart has the page table loaded, it is put at once. => page-table
 * lock held
 */
static ALWAYS_INLINE void
zap_pte(pte_t *ptep, u64 zero, struct zap_count *count, struct tlb_batch *batch)
{
	pte_t pte = batch ? pte_exchange(ptep, pte_none()) : pte_read(ptep);
	struct page *page;
	bool anon, last;

	if (!batch)
		pte_write(ptep, pte_none());
	count->any = true;
	if (!pte_has_page(pte)) {
		zap_swap_entry(pte, count);
		return;
	}
	if (pte_pfn(pte) == zero)
		return;
	page = pte_page(pte);
	anon = page->flags & (1U << PG_anon);
	if (anon)
		count->nr_anon++;
	else
		count->nr_file++;
	if (batch) {
		last = false;
		if (!anon && pte_writable(pte))
			count->writable |= 1UL << batch->nr_pages;
		else
			last = atomic_dec(&page->mapcount) == 0;
		batch->pages[batch->nr_pages++] = page;
		if (unlikely(page->flags & (1U << PG_swapcache)))
			swap_cache_release(page);
	} else if (unlikely(page->flags & (1U << PG_swapcache))) {
		last = zap_swapcache_page(page);
	} else {
		last = page_map_put(page);
	}
	if (last)
		*(anon ? &count->nr_anon_gone : &count->nr_file_gone) += 1;
}

/* Clear nr entries, fewer when the batch is full. => how many it was */
static unsigned
zap_ptes(pte_t *ptep, unsigned nr, struct zap_count *count, struct tlb_batch *batch)
{
	u64 zero = zero_pfn;
	unsigned i;

	for (i = 0; i < nr && batch->nr_pages < TLB_BATCH_MAX; i++)
		if (!pte_is_none(ptep[i]))
			zap_pte(ptep + i, zero, count, batch);
	return i;
}

static void
zap_ptes_unloaded(pte_t *ptep, unsigned nr, struct zap_count *count)
{
	struct zap_count sum = *count;
	u64 zero = zero_pfn;

	for (pte_t *end = ptep + nr; ptep < end; ptep++)
		if (!pte_is_none(*ptep))
			zap_pte(ptep, zero, &sum, NULL);
	*count = sum;
}

static void
mm_subtract(struct mm *mm, const struct zap_count *count)
{
	if (count->nr_anon)
		atomic64_add(&mm->rss_anon, -count->nr_anon);
	if (count->nr_file)
		atomic64_add(&mm->rss_file, -count->nr_file);
	if (count->nr_swap)
		atomic64_add(&mm->nr_swap, -count->nr_swap);
	if (count->nr_anon_gone)
		vmstat_add(NR_ANON_MAPPED, -count->nr_anon_gone);
	if (count->nr_file_gone)
		vmstat_add(NR_FILE_MAPPED, -count->nr_file_gone);
}

/* Nobody can store to these pages by this address space any more. => page-table lock held */
static void
unmap_writable(struct tlb_batch *batch, struct zap_count *count)
{
	tlb_batch_flush_noted(batch);
	for (unsigned i = 0; i < batch->nr_pages; i++)
		if ((count->writable >> i & 1) && atomic_dec(&batch->pages[i]->mapcount) == 0)
			count->nr_file_gone++;
}

/*
 * Clear entries from *va on until the batch, empty at first, is full or a chunk is done. => false at
 * the end
 */
static bool
zap_some(struct mm *mm, u64 *va, u64 end, struct tlb_batch *batch)
{
	struct zap_count count = {0};
	unsigned budget = ZAP_CHUNK, nr;
	u64 first = *va;
	pte_t *ptep;

	while (budget > 0 && batch->nr_pages < TLB_BATCH_MAX &&
	       (ptep = pgtable_next(&mm->pgt, va, end, &nr))) {
		nr = zap_ptes(ptep, MIN(nr, budget), &count, batch);
		budget -= nr;
		*va += nr * PAGE_SIZE;
	}
	if (count.any || tlb_deferred_pending(&mm->tlb))
		tlb_batch_note(batch, first, MIN(*va, end));
	if (count.writable)
		unmap_writable(batch, &count);
	mm_subtract(mm, &count);
	return *va < end;
}

void
zap_range(struct mm *mm, u64 start, u64 end)
{
	struct tlb_batch batch;
	u64 va = start;
	bool more;

	tlb_batch_init(&batch, &mm->tlb);
	do {
		spin_lock(&mm->pgt.lock);
		more = zap_some(mm, &va, end, &batch);
		spin_unlock(&mm->pgt.lock);
		lru_remove_unused(batch.pages, batch.nr_pages);
		if (more) {
			tlb_batch_flush(&batch);
			cond_resched();
		}
	} while (more);
	tlb_batch_finish(&batch);
}

/* => no hart has the page table loaded, nor will have */
static void
zap_unloaded(struct mm *mm, u64 start, u64 end)
{
	struct zap_count count = {0};
	u64 va = start;
	bool more = true;

	while (more) {
		unsigned nr;
		pte_t *ptep;

		spin_lock(&mm->pgt.lock);
		ptep = pgtable_next(&mm->pgt, &va, end, &nr);
		more = ptep != NULL;
		if (more) {
			zap_ptes_unloaded(ptep, nr, &count);
			va += nr * PAGE_SIZE;
		}
		spin_unlock(&mm->pgt.lock);
		cond_resched();
	}
	mm_subtract(mm, &count);
}

void
zap_all(struct mm *mm)
{
	bool loaded = __atomic_load_n(&mm->tlb.harts, __ATOMIC_SEQ_CST) != 0;
	struct vma *vma;

	if (!loaded)
		tlb_check_retire(&mm->tlb);
	list_for_each_entry(vma, &mm->vma_list, link) {
		if (loaded)
			zap_range(mm, vma->start, vma->end);
		else
			zap_unloaded(mm, vma->start, vma->end);
	}
}

void
zap_vma_locked(struct vma *vma, u64 start, u64 end)
{
	struct mm *mm = vma->mm;
	struct tlb_batch batch;
	u64 va = start;
	bool more;

	tlb_batch_init(&batch, &mm->tlb);
	do {
		spin_lock(&mm->pgt.lock);
		more = zap_some(mm, &va, end, &batch);
		spin_unlock(&mm->pgt.lock);
		lru_remove_unused(batch.pages, batch.nr_pages);
		tlb_batch_flush(&batch);
	} while (more);
}
