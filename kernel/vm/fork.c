/*
 * Copying an address space: the areas and the page tables, not the pages. Private pages that may be
 * written become read-only in both, so that the first store of either copies the page (vm/fault.c).
 * An area without a page of its own, shared memory or a program's text, is left out: the child's
 * first use finds the pages in the cache.
 *
 * A page that somebody else holds (a read or write call in another thread, vm/uio.h) is copied at
 * once instead, and stays the parent's alone: the call must not lose what it stores to whichever of
 * the two copies the page first.
 *
 * The child's areas of a file are on the mapping's list from the start, so truncation may look at
 * the child's page table while it is being made: entries of such areas are copied under the
 * mapping's rmap_lock, one table at a time, and what truncation removed from the parent before is
 * not copied after. Reclaim finds the child by the anon groups, whose locks are held for the same
 * reason. swapoff finds it among all address spaces, and walks its areas: the child's lock is held until
 * they are complete. Nobody else can reach the child.
 */

#include "core/panic.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/tlb.h"
#include "sched/sched.h"
#include "vm/anon.h"
#include "vm/anon_group.h"
#include "vm/commit.h"
#include "vm/mm.h"
#include "vm/page_map.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/swap.h"

/* A position in both page tables, and what the copying has to report. */
struct fork_copy {
	struct vma *from, *to;
	u64 va, end;	    /* still to be copied, within one table */
	bool protected;	    /* an entry of the parent's lost W */
	struct page *spare; /* for a page that must be copied at once */
	bool need_spare;    /* the copying stopped for want of it */
	s64 nr_anon, nr_file, nr_swap;
};

/* What the child cannot find again in a file's pages. */
static bool
vma_copies_entries(const struct vma *vma)
{
	return vma->anon && !(vma->flags & VM_WIPEONFORK);
}

/* The child gets a copy of a page that is in use. => false: no spare page */
static bool
copy_page_now(struct fork_copy *copy, pte_t *to, struct page *page)
{
	if (!copy->spare) {
		copy->need_spare = true;
		return false;
	}
	copy->spare->index = vma_index(copy->to, copy->va);
	page_copy_contents(copy->spare, page);
	anon_page_map(copy->to, to, copy->spare);
	copy->spare = NULL;
	return true;
}

static void
copy_swap_entry(struct fork_copy *copy, pte_t pte, pte_t *to)
{
	swap_entry_get(pte_to_swp_entry(pte));
	pte_write(to, pte);
	copy->nr_swap++;
}

/*
 * Does anything but page tables have the anonymous page? counts is what page_map_get() returned.
 * While the page is in the swap cache that has a reference; whoever may store to the page has
 * another, and gets it only with the page-table lock that we hold.
 */
static inline bool
page_in_use(const struct page *page, u64 counts)
{
	u32 nr_refs = counts, nr_maps = counts >> 32;

	return nr_refs != nr_maps && !(page_test(page, PG_swapcache) && nr_refs == nr_maps + 1);
}

/* => false: stopped at this entry */
static inline bool
copy_entry(struct fork_copy *copy, pte_t *from, pte_t *to)
{
	pte_t pte = pte_read(from);
	struct page *page;
	u64 counts;

	if (unlikely(!pte_has_page(pte))) {
		if (pte_is_swap(pte))
			copy_swap_entry(copy, pte, to);
		return true;
	}
	if (unlikely(pte_is_zero_page(pte))) {
		pte_write(to, pte);
		return true;
	}
	page = pte_page(pte);
	counts = page_map_get(page);
	if (page->flags & (1U << PG_anon)) {
		if (unlikely(page_in_use(page, counts))) {
			page_map_put(page);
			return copy_page_now(copy, to, page);
		}
		copy->nr_anon++;
	} else {
		copy->nr_file++;
	}
	if (pte.bits & (PTE_W | PTE_OWNED)) {
		pte = pte_clear_flags(from, PTE_W | PTE_OWNED);
		pte.bits &= ~(PTE_W | PTE_OWNED);
		copy->protected = true;
	}
	pte_write(to, pte);
	return true;
}

/* Copy entries of one table until the end of the range, or until a spare page is needed. */
static void
copy_entries(struct fork_copy *copy, pte_t *from, pte_t *to)
{
	struct mapping *mapping = copy->to->mapping;
	struct pgtable *pgt = &copy->from->mm->pgt;

	if (mapping)
		spin_lock(&mapping->rmap_lock);
	anon_group_lock(copy->to->anon);
	spin_lock(&pgt->lock);
	for (; copy->va < copy->end; copy->va += PAGE_SIZE, from++, to++)
		if (!copy_entry(copy, from, to))
			break;
	spin_unlock(&pgt->lock);
	anon_group_unlock(copy->to->anon);
	if (mapping)
		spin_unlock(&mapping->rmap_lock);
}

/* => 0, -ENOMEM */
static int
copy_table(struct fork_copy *copy, pte_t *from)
{
	u64 first = copy->va;
	pte_t *to = pgtable_ensure(&copy->to->mm->pgt, first, GFP_KERNEL);

	if (!to)
		return -ENOMEM;
	while (copy->va < copy->end) {
		u64 done = (copy->va - first) >> PAGE_SHIFT;

		copy_entries(copy, from + done, to + done);
		if (copy->need_spare) {
			copy->spare = anon_page_alloc_raw(copy->to, copy->va);
			copy->need_spare = false;
			if (!copy->spare)
				return -ENOMEM;
		}
		cond_resched();
	}
	return 0;
}

/* => 0, -ENOMEM */
static int
copy_area_entries(struct vma *from, struct vma *to, bool *protected)
{
	struct mm *child = to->mm;
	struct fork_copy copy = {.from = from, .to = to};
	u64 va = from->start;
	unsigned nr;
	pte_t *ptep;
	int error = 0;

	while (!error && (ptep = pgtable_next(&from->mm->pgt, &va, from->end, &nr))) {
		copy.va = va;
		copy.end = va + nr * PAGE_SIZE;
		error = copy_table(&copy, ptep);
		va = copy.end;
	}
	if (copy.spare)
		page_put(copy.spare);
	atomic64_add(&child->rss_anon, copy.nr_anon);
	atomic64_add(&child->rss_file, copy.nr_file);
	atomic64_add(&child->nr_swap, copy.nr_swap);
	*protected |= copy.protected;
	return error;
}

/* => 0, -ENOMEM; both mm's locks held for writing */
static int
copy_areas(struct mm *parent, struct mm *child, bool *protected)
{
	struct vma *vma;

	list_for_each_entry(vma, &parent->vma_list, link) {
		struct vma *copy;
		int error = 0;

		if (vma->flags & VM_DONTCOPY)
			continue;
		copy = vma_alloc(child, vma->start, vma->end, vma->flags & ~VM_LOCKED_MASK,
				 vma->mapping, vma->pgoff);
		if (!copy)
			return -ENOMEM;
		vma_copy_errors(copy, vma);
		vma_insert(copy);
		anon_group_join(copy, vma->anon);
		if (vma_copies_entries(vma))
			error = copy_area_entries(vma, copy, protected);
		if (error)
			return error;
	}
	return 0;
}

/* The child's private memory is promised once more. */
static bool
fork_may_promise(struct mm *parent)
{
	struct vma *vma;
	u64 nr = 0;

	if (overcommit_memory != OVERCOMMIT_NEVER)
		return true;
	list_for_each_entry(vma, &parent->vma_list, link)
		if ((vma->flags & (VM_ACCOUNT | VM_DONTCOPY)) == VM_ACCOUNT)
			nr += vma_nr_pages(vma);
	return commit_allows(parent, nr);
}

static void
copy_fields(struct mm *child, const struct mm *parent)
{
	child->start_code = parent->start_code;
	child->end_code = parent->end_code;
	child->start_data = parent->start_data;
	child->end_data = parent->end_data;
	child->start_brk = parent->start_brk;
	child->brk = parent->brk;
	child->start_stack = parent->start_stack;
	child->arg_start = parent->arg_start;
	child->arg_end = parent->arg_end;
	child->env_start = parent->env_start;
	child->env_end = parent->env_end;
	child->mmap_base = parent->mmap_base;
	child->hole_hint = parent->mmap_base;
	child->limit_stack = parent->limit_stack;
	child->limit_as = parent->limit_as;
	child->limit_data = parent->limit_data;
	child->limit_memlock = parent->limit_memlock;
	memcpy(child->auxv, parent->auxv, sizeof(child->auxv));
	mm_set_exe(child, parent->exe);
}

struct mm *
mm_fork(struct mm *parent)
{
	struct mm *child = mm_create();
	bool protected = false;
	int error;

	if (!child)
		return NULL;
	rwsem_write_lock(&parent->lock);
	/* Who has the child's lock waits for no other mm's. */
	rwsem_write_lock_nested(&child->lock, RANK_MM + 1);
	copy_fields(child, parent);
	error = fork_may_promise(parent) ? copy_areas(parent, child, &protected) : -ENOMEM;
	if (protected || tlb_deferred_pending(&parent->tlb))
		tlb_flush_context(&parent->tlb);
	rwsem_write_unlock(&child->lock);
	rwsem_write_unlock(&parent->lock);
	if (error) {
		mm_put(child);
		return error == -ENOMEM ? NULL : ERR_PTR(error);
	}
	return child;
}
