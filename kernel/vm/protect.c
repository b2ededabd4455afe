#include "vm/protect.h"

#include "mem/tlb.h"
#include "sched/sched.h"
#include "vm/pte_state.h"

/* Bits that a translation cache may hold on to. */
#define PTE_ACCESS (PTE_V | PTE_R | PTE_W | PTE_X)

/* The bits in which an entry that has a page differs from what it is with these pte_flags; never A and D. */
static inline u64
pte_difference(pte_t pte, u64 pte_flags)
{
	pte_t wanted = pte_for(pte_pfn(pte), pte_flags & ~PTE_OWNED);

	if (!pte_writable(pte) && !pte_is_owned(pte))
		wanted.bits &= ~PTE_W;
	return (pte.bits ^ wanted.bits) & ~(PTE_A | PTE_D | PTE_OWNED);
}

/* => did a present entry lose access? page-table lock held */
static bool
protect_ptes(pte_t *ptep, unsigned nr, u64 pte_flags)
{
	u64 lost = 0;

	for (; nr > 0; nr--, ptep++) {
		pte_t old = pte_read(ptep);
		u64 difference;

		if (!pte_has_page(old))
			continue;
		difference = pte_difference(old, pte_flags);
		if (!difference)
			continue;
		old = pte_flip_flags(ptep, difference);
		if (pte_present(old))
			lost |= old.bits & difference & PTE_ACCESS;
	}
	return lost != 0;
}

void
protect_range(struct mm *mm, u64 start, u64 end, u64 pte_flags)
{
	bool flush = false, more = true;
	u64 va = start;

	if (pte_flags & PTE_X)
		icache_flush(&mm->tlb); /* of pages that are there already, too */
	while (more) {
		unsigned nr;
		pte_t *ptep;

		spin_lock(&mm->pgt.lock);
		ptep = pgtable_next(&mm->pgt, &va, end, &nr);
		more = ptep != NULL;
		if (more) {
			flush |= protect_ptes(ptep, nr, pte_flags);
			flush |= tlb_deferred_pending(&mm->tlb);
			va += nr * PAGE_SIZE;
		}
		spin_unlock(&mm->pgt.lock);
		cond_resched();
	}
	if (flush)
		tlb_flush_range(&mm->tlb, start, end);
}
