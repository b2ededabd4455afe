#include "vm/usage.h"

#include "sched/sched.h"
#include "vm/mm.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/shmem_swap.h"
#include "vm/swap.h"

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

static void
count_swapped(swp_entry_t entry, struct vma_usage *usage)
{
	usage->swap += PAGE_SIZE;
	usage->swap_pss += (PAGE_SIZE << PSS_SHIFT) / swap_entry_users(entry);
}

/* Where the page tables have nothing, and the mapping has something in swap. */
static void
count_shmem_swapped(struct vma *vma, struct vma_usage *usage)
{
	struct pgtable *pgt = &vma->mm->pgt;
	u64 index = vma->pgoff, last = vma->pgoff + vma_nr_pages(vma) - 1;

	for (; shmem_swap_next(vma->mapping, &index, last); index++) {
		pte_t *ptep;

		spin_lock(&pgt->lock);
		ptep = pgtable_lookup(pgt, vma->start + ((index - vma->pgoff) << PAGE_SHIFT));
		if (!ptep || pte_is_none(pte_read(ptep)))
			usage->swap += PAGE_SIZE;
		spin_unlock(&pgt->lock);
	}
}

/* Each entry of the area's page tables, with the page-table lock held; between tables others may run. */
static void
entries_visit(struct vma *vma, void (*visit)(struct vma *vma, pte_t *ptep, void *arg), void *arg)
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
		for (unsigned i = 0; more && i < nr; i++)
			visit(vma, &ptep[i], arg);
		if (more)
			va += nr * PAGE_SIZE;
		spin_unlock(&pgt->lock);
		cond_resched();
	}
}

static void
entry_count(struct vma *vma, pte_t *ptep, void *usage)
{
	pte_t pte = pte_read(ptep);

	if (pte_has_page(pte) && !pte_is_zero_page(pte))
		count_page(vma, pte, usage);
	else if (pte_is_swap(pte))
		count_swapped(pte_to_swp_entry(pte), usage);
}

void
vma_usage_add(struct vma *vma, struct vma_usage *usage)
{
	entries_visit(vma, entry_count, usage);
	if (vma->mapping && vma->mapping->swapbacked)
		count_shmem_swapped(vma, usage);
}

static void
entry_clear_accessed(struct vma *vma, pte_t *ptep, void *unused)
{
	(void)vma;
	(void)unused;
	if (pte_has_page(pte_read(ptep)))
		pte_clear_flags(ptep, PTE_A);
}

void
vma_clear_accessed(struct vma *vma)
{
	entries_visit(vma, entry_clear_accessed, NULL);
	tlb_flush_range(&vma->mm->tlb, vma->start, vma->end);
}

u64
mm_rss_shmem(struct mm *mm)
{
	struct vma_usage usage = {0};
	struct vma *vma;

	rwsem_read_lock(&mm->lock);
	list_for_each_entry(vma, &mm->vma_list, link)
		if (vma->mapping && vma->mapping->swapbacked)
			vma_usage_add(vma, &usage);
	rwsem_read_unlock(&mm->lock);
	return (usage.rss - usage.anonymous) >> PAGE_SHIFT;
}
