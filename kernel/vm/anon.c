#include "vm/anon.h"

#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "vm/pte_state.h"

static struct page *
anon_alloc(struct vma *vma, uva_t uva, gfp_t gfp)
{
	struct page *page = page_alloc_user(gfp, uva);

	if (unlikely(!page))
		return NULL;
	page->flags |= 1U << PG_anon | 1U << PG_uptodate | 1U << PG_swapbacked;
	page->owner = PAGE_OWNER_ANON;
	page->index = vma_index(vma, uva);
	return page;
}

struct page *
anon_page_alloc(struct vma *vma, uva_t uva)
{
	return anon_alloc(vma, uva, GFP_HIGHUSER | GFP_ZERO);
}

struct page *
anon_page_alloc_raw(struct vma *vma, uva_t uva)
{
	return anon_alloc(vma, uva, GFP_HIGHUSER);
}

void
anon_page_map(struct vma *vma, pte_t *ptep, struct page *page)
{
	u64 flags = vma->pte_flags;

	vma->has_anon = true;
	page->mapcount = (atomic_t)ATOMIC_INIT(1);
	atomic64_add(&vma->mm->rss_anon, 1);
	vmstat_add(NR_ANON_MAPPED, 1);
	pte_write(ptep, pte_for(page_to_pfn(page), flags & PTE_W ? flags | PTE_D : flags));
}
