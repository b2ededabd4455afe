/*
 * A page is put only after no hart can reach it any more: PTEs are cleared under the page-table lock
 * into a batch, the lock is dropped, the TLBs are flushed, then the pages go (mem/tlb.h).
 */

#include "vm/zap.h"

#include "sched/sched.h"
#include "vm/pte_state.h"

/* Entries between two looks at whether another task should run. */
#define ZAP_CHUNK 256

/*
 * Clear one PTE that is not none. => true when the batch is full; page-table lock held
 */
static inline bool
zap_pte(struct mm *mm, pte_t *ptep, u64 va, struct tlb_batch *batch)
{
	pte_t pte = pte_exchange(ptep, pte_none());
	struct page *page;

	if (!pte_has_page(pte))
		return false;
	if (pte_is_zero_page(pte))
		return tlb_batch_add(batch, va, NULL);
	page = pte_page(pte);
	atomic_dec(&page->mapcount);
	atomic64_add(page->flags & (1U << PG_anon) ? &mm->rss_anon : &mm->rss_file, -1);
	return tlb_batch_add(batch, va, page);
}

/* Clear entries from *va on until the batch is full or a chunk is done. => false at the end */
static bool
zap_some(struct mm *mm, u64 *va, u64 end, struct tlb_batch *batch)
{
	unsigned budget = ZAP_CHUNK, nr;
	bool full = false;
	pte_t *ptep;

	while (budget > 0 && !full && (ptep = pgtable_next(&mm->pgt, va, end, &nr))) {
		nr = MIN(nr, budget);
		budget -= nr;
		for (; nr > 0 && !full; nr--, ptep++, *va += PAGE_SIZE)
			if (!pte_is_none(*ptep))
				full = zap_pte(mm, ptep, *va, batch);
	}
	return *va < end;
}

static void
zap_batched(struct mm *mm, u64 start, u64 end, struct tlb_batch *batch)
{
	u64 va = start;
	bool more;

	do {
		spin_lock(&mm->pgt.lock);
		more = zap_some(mm, &va, end, batch);
		spin_unlock(&mm->pgt.lock);
		if (more) {
			tlb_batch_flush(batch);
			cond_resched();
		}
	} while (more);
	if (batch->nr_pages == TLB_BATCH_MAX)
		tlb_batch_flush(batch);
}

void
zap_range(struct mm *mm, u64 start, u64 end)
{
	struct tlb_batch batch;

	tlb_batch_init(&batch, &mm->tlb);
	zap_batched(mm, start, end, &batch);
	tlb_batch_finish(&batch);
}

void
zap_all(struct mm *mm)
{
	struct tlb_batch batch;
	struct vma *vma;

	tlb_batch_init(&batch, &mm->tlb);
	list_for_each_entry(vma, &mm->vma_list, link)
		zap_batched(mm, vma->start, vma->end, &batch);
	tlb_batch_finish(&batch);
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
		tlb_batch_flush(&batch);
	} while (more);
}
