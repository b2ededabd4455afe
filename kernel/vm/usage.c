#include "vm/usage.h"

#include "sched/sched.h"
#include "vm/mm.h"
#include "vm/pte_state.h"

static void
count_page(struct vma *vma, pte_t pte, struct vma_usage *usage)
{
	struct page *page = pte_page(pte);
	s32 nr_maps = MAX(page_mapcount(page), 1);
	bool dirty = page_test(page, PG_dirty) || pte.bits & PTE_D;
	u64 *kind;

	if (nr_maps > 1)
		kind = dirty ? &usage->shared_dirty : &usage->shared_clean;
	else
		kind = dirty ? &usage->private_dirty : &usage->private_clean;
	*kind += PAGE_SIZE;
	usage->rss += PAGE_SIZE;
	usage->pss += (PAGE_SIZE << PSS_SHIFT) / nr_maps;
	if (page_test(page, PG_anon))
		usage->anonymous += PAGE_SIZE;
	if (pte.bits & PTE_A)
		usage->referenced += PAGE_SIZE;
	if (vma->flags & VM_LOCKED)
		usage->locked += (PAGE_SIZE << PSS_SHIFT) / nr_maps >> PSS_SHIFT;
}

void
vma_usage_add(struct vma *vma, struct vma_usage *usage)
{
	struct pgtable *pgt = &vma->mm->pgt;
	u64 va = vma->start;
	bool more = true;

	while (more) {
		unsigned nr;
		pte_t *ptep;

		spin_lock(&pgt->lock);
		ptep = pgtable_next(pgt, &va, vma->end, &nr);
		more = ptep != NULL;
		for (unsigned i = 0; more && i < nr; i++) {
			pte_t pte = pte_read(&ptep[i]);

			if (pte_has_page(pte) && !pte_is_zero_page(pte))
				count_page(vma, pte, usage);
			else if (pte_is_swap(pte))
				usage->swap += PAGE_SIZE;
		}
		if (more)
			va += nr * PAGE_SIZE;
		spin_unlock(&pgt->lock);
		cond_resched();
	}
}
