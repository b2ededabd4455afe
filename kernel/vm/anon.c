#include "vm/anon.h"

#include "mem/page_alloc.h"
#include "mem/tlb.h"
#include "mem/vmstat.h"
#include "vm/anon_group.h"
#include "vm/lru.h"
#include "vm/page_map.h"
#include "vm/pte_state.h"

static struct page *
anon_alloc(struct vma *vma, uva_t uva, gfp_t gfp)
{
	struct page *page;

	if (unlikely(!vma->anon) && anon_group_prepare(vma) < 0)
		return NULL;
	page = page_alloc_user(gfp, uva);
	if (unlikely(!page))
		return NULL;
	page->flags = 1U << PG_anon | 1U << PG_uptodate | 1U << PG_swapbacked;
	page->owner = anon_group_to_owner(vma->anon);
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
anon_page_adopt(struct vma *vma, uva_t uva, struct page *page)
{
	page->owner = anon_group_to_owner(vma->anon);
	page->index = vma_index(vma, uva);
}

/* => the mm's count is right already */
static ALWAYS_INLINE void
page_map(struct vma *vma, pte_t *ptep, struct page *page)
{
	u64 flags = vma->pte_flags;

	if (unlikely(flags & PTE_X))
		icache_flush(&vma->mm->tlb); /* before a hart can fetch what was stored */
	page->mapcount = (atomic_t)ATOMIC_INIT(1);
	vmstat_add(NR_ANON_MAPPED, 1);
	lru_add_private(page);
	pte_write(ptep, pte_for(page_to_pfn(page), flags & PTE_W ? flags | PTE_D : flags));
}

void
anon_page_map(struct vma *vma, pte_t *ptep, struct page *page)
{
	atomic64_add(&vma->mm->rss_anon, 1);
	page_map(vma, ptep, page);
}

void
anon_page_replace(struct vma *vma, pte_t *ptep, struct page *original, struct page *page)
{
	if (!page_test(original, PG_anon)) {
		atomic64_add(&vma->mm->rss_file, -1);
		atomic64_add(&vma->mm->rss_anon, 1);
	}
	page_map_remove(original);
	page_map(vma, ptep, page);
}
