/*
 * A page is put only after no hart can reach it any more: PTEs are cleared under the page-table lock
 * into a batch, the lock is dropped, the TLBs are flushed, then the pages go (mem/tlb.h).
 */

#include "vm/zap.h"

#include "sched/sched.h"
#include "vm/pte_state.h"

/* Entries between two looks at whether another task should run. */
#define ZAP_CHUNK 256

/* Pages that lost a mapping, by kind: subtracted from the mm's counts once for many. */
struct zap_count {
	s64 nr_anon, nr_file;
	bool any; /* some entry was not none: there is something to flush */
};

/* Clear one PTE that is not none, and note what page it owes a reference. => page-table lock */
static inline void
zap_pte(pte_t *ptep, u64 zero, struct zap_count *count, struct tlb_batch *batch)
{
	pte_t pte = pte_exchange(ptep, pte_none());
	struct page *page;

	count->any = true;
	if (!pte_has_page(pte) || pte_pfn(pte) == zero)
		return;
	page = pte_page(pte);
	atomic_dec(&page->mapcount);
	if (page->flags & (1U << PG_anon))
		count->nr_anon++;
	else
		count->nr_file++;
	batch->pages[batch->nr_pages++] = page;
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

/* Clear entries from *va on until the batch is full or a chunk is done. => false at the end */
static bool
zap_some(struct mm *mm, u64 *va, u64 end, struct tlb_batch *batch)
{
	struct zap_count count = {0, 0, false};
	unsigned budget = ZAP_CHUNK, nr;
	u64 first = *va;
	pte_t *ptep;

	while (budget > 0 && batch->nr_pages < TLB_BATCH_MAX &&
	       (ptep = pgtable_next(&mm->pgt, va, end, &nr))) {
		nr = zap_ptes(ptep, MIN(nr, budget), &count, batch);
		budget -= nr;
		*va += nr * PAGE_SIZE;
	}
	if (count.any)
		tlb_batch_note(batch, first, MIN(*va, end));
	if (count.nr_anon)
		atomic64_add(&mm->rss_anon, -count.nr_anon);
	if (count.nr_file)
		atomic64_add(&mm->rss_file, -count.nr_file);
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
