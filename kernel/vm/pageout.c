/*
 * MADV_COLD and MADV_PAGEOUT: what reclaim does with the oldest pages of a list, done with pages that
 * a program names. Pages that somebody else maps are left, for he has not been asked.
 */

#include "vm/pageout.h"

#include "mem/tlb_deferred.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"
#include "vm/shrink.h"
#include "vm/vma.h"

#define PAGEOUT_BATCH 32

/* The page that va maps, if nobody else does, with a reference; or NULL. */
static struct page *
sole_page(struct mm *mm, uva_t va)
{
	struct page *page = NULL;
	pte_t *ptep, pte;

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_lookup(&mm->pgt, va);
	pte = ptep ? pte_read(ptep) : pte_none();
	if (pte_has_page(pte) && !pte_is_zero_page(pte) && page_mapcount(pte_page(pte)) == 1) {
		page = pte_page(pte);
		page_get(page);
	}
	spin_unlock(&mm->pgt.lock);
	return page;
}

/* The next such pages from *va on, off their lists; *va moves behind them. => how many */
static unsigned
isolate_some(struct mm *mm, uva_t *va, uva_t end, struct page **pages)
{
	unsigned nr = 0;

	for (; *va < end && nr < PAGEOUT_BATCH; *va += PAGE_SIZE) {
		struct page *page = sole_page(mm, *va);

		if (page && lru_isolate_page(page))
			pages[nr++] = page;
		else if (page)
			page_put(page);
	}
	return nr;
}

/* Forgotten is what they were used for, and they are as young as a new page that was not used. */
static void
pages_make_cold(struct page **pages, unsigned nr)
{
	struct tlb_deferred deferred;

	tlb_deferred_init(&deferred);
	for (unsigned i = 0; i < nr; i++) {
		rmap_test_and_clear_accessed(pages[i], &deferred);
		page_clear(pages[i], PG_referenced);
		lru_putback(pages[i], false);
	}
	tlb_deferred_flush(&deferred);
}

static void
advise_pages(struct mm *mm, uva_t start, uva_t end, void (*deal)(struct page **pages, unsigned nr))
{
	struct page *pages[PAGEOUT_BATCH];
	struct vma *vma = vma_find(mm, start);

	lru_flush();
	for (; vma && vma->start < end; vma = vma_next(vma)) {
		uva_t va = MAX(vma->start, start), vma_end = MIN(vma->end, end);

		while (va < vma_end) {
			unsigned nr = isolate_some(mm, &va, vma_end, pages);

			deal(pages, nr);
			cond_resched();
		}
	}
}

void
vma_make_cold(struct mm *mm, uva_t start, uva_t end)
{
	advise_pages(mm, start, end, pages_make_cold);
}

void
vma_pageout(struct mm *mm, uva_t start, uva_t end)
{
	current->reclaim_depth++;
	advise_pages(mm, start, end, shrink_pages);
	current->reclaim_depth--;
}
