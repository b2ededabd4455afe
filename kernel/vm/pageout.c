/*
 * What reclaim does with the oldest pages of a list, done with pages that a program names: MADV_COLD and
 * MADV_PAGEOUT, which leave alone what somebody else maps, for he has not been asked; and mlock and
 * munlock, so that what is locked is out of reclaim's way at once, and what is not can go again.
 * It is no harm if a page is missed here: reclaim finds out when it meets the page.
 */

#include "vm/pageout.h"

#include "mem/tlb_deferred.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/page_lock.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"
#include "vm/shrink.h"
#include "vm/vma.h"

#define PAGEOUT_BATCH 32

/* What is to be done with which pages. */
struct advice {
	u32 vm_flags; /* of areas with one of these; 0: all */
	bool (*wants)(const struct page *page);
	void (*deal)(struct page **pages, unsigned nr); /* they are isolated */
};

static bool
page_is_sole(const struct page *page)
{
	return page_mapcount(page) == 1;
}

static bool
page_is_not_mlocked(const struct page *page)
{
	return !page_test(page, PG_mlocked);
}

static bool
page_is_mlocked(const struct page *page)
{
	return page_test(page, PG_mlocked);
}

/* What goes when its last map does need not be taken back first; in swap, others may have it. */
static bool
page_stays_mlocked(const struct page *page)
{
	return page_is_mlocked(page) &&
	       !(page_test(page, PG_anon) && page_is_sole(page) && !page_test(page, PG_swapcache));
}

/* The page of the entry, if it is wanted, with a reference; or NULL. => page-table lock held */
static struct page *
wanted_page(pte_t pte, const struct advice *advice)
{
	struct page *page = NULL;

	if (pte_has_page(pte) && !pte_is_zero_page(pte) && advice->wants(pte_page(pte))) {
		page = pte_page(pte);
		page_get(page);
	}
	return page;
}

/* Up to PAGEOUT_BATCH such pages of the next table from *va on; *va moves behind them. => how many */
static unsigned
wanted_pages(struct mm *mm, uva_t *va, uva_t end, const struct advice *advice, struct page **pages)
{
	unsigned nr = 0, nr_entries, i = 0;
	pte_t *ptep;

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_next(&mm->pgt, va, end, &nr_entries);
	for (; ptep && i < nr_entries && nr < PAGEOUT_BATCH; i++) {
		pages[nr] = wanted_page(pte_read(&ptep[i]), advice);
		nr += pages[nr] != NULL;
	}
	*va = ptep ? *va + i * PAGE_SIZE : end;
	spin_unlock(&mm->pgt.lock);
	return nr;
}

/* Some of them, off their lists. => how many */
static unsigned
isolate_some(struct mm *mm, uva_t *va, uva_t end, const struct advice *advice, struct page **pages)
{
	unsigned nr_wanted = wanted_pages(mm, va, end, advice, pages), nr = 0;

	for (unsigned i = 0; i < nr_wanted; i++) {
		struct page *page = pages[i];

		if (lru_isolate_page(page))
			pages[nr++] = page;
		else
			page_put(page);
	}
	return nr;
}

static void
page_forget_uses(struct page *page, struct tlb_deferred *deferred)
{
	if (page_trylock(page)) {
		if (page->owner)
			rmap_test_and_clear_accessed(page, deferred);
		page_unlock(page);
	}
	page_clear(page, PG_referenced);
}

/* Forgotten is what they were used for, and they are as young as a new page that was not used. */
static void
pages_make_cold(struct page **pages, unsigned nr)
{
	struct tlb_deferred deferred;

	tlb_deferred_init(&deferred);
	for (unsigned i = 0; i < nr; i++) {
		page_forget_uses(pages[i], &deferred);
		lru_putback(pages[i], false);
	}
	tlb_deferred_flush(&deferred);
}

static void
pages_lock(struct page **pages, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		page_set(pages[i], PG_mlocked);
		page_set(pages[i], PG_unevictable);
		lru_putback(pages[i], false);
	}
	vmstat_add(UNEVICTABLE_PGS_MLOCKED, nr);
}

static void
pages_unlock(struct page **pages, unsigned nr)
{
	vmstat_add(UNEVICTABLE_PGS_MUNLOCKED, shrink_rescue_pages(pages, nr));
}

/* => the area does not change meanwhile */
static void
advise_area(struct vma *vma, uva_t start, uva_t end, const struct advice *advice)
{
	struct page *pages[PAGEOUT_BATCH];
	uva_t va = MAX(vma->start, start), vma_end = MIN(vma->end, end);

	lru_flush();
	while (va < vma_end) {
		unsigned nr = isolate_some(vma->mm, &va, vma_end, advice, pages);

		if (nr > 0)
			advice->deal(pages, nr);
		cond_resched();
	}
}

/* Pages of a recording leave as that says (vm/pagerefs.c). */
static void
advise_pages(struct mm *mm, uva_t start, uva_t end, const struct advice *advice)
{
	struct vma *vma = vma_find(mm, start);

	for (; vma && vma->start < end; vma = vma_next(vma))
		if ((!advice->vm_flags || vma->flags & advice->vm_flags) &&
		    !(vma->flags & VM_PAGEREFS))
			advise_area(vma, start, end, advice);
}

void
vma_make_cold(struct mm *mm, uva_t start, uva_t end)
{
	static const struct advice cold = {.wants = page_is_sole, .deal = pages_make_cold};

	advise_pages(mm, start, end, &cold);
}

void
vma_pageout(struct mm *mm, uva_t start, uva_t end)
{
	static const struct advice pageout = {.wants = page_is_sole, .deal = shrink_pages};

	current->reclaim_depth++;
	advise_pages(mm, start, end, &pageout);
	current->reclaim_depth--;
}

void
vma_set_pages_aside(struct mm *mm, uva_t start, uva_t end)
{
	static const struct advice lock = {
		.vm_flags = VM_LOCKED,
		.wants = page_is_not_mlocked,
		.deal = pages_lock,
	};

	rwsem_read_lock(&mm->lock);
	advise_pages(mm, start, end, &lock);
	rwsem_read_unlock(&mm->lock);
}

void
vma_take_pages_back(struct mm *mm, uva_t start, uva_t end)
{
	static const struct advice unlock = {.wants = page_is_mlocked, .deal = pages_unlock};

	rwsem_read_lock(&mm->lock);
	advise_pages(mm, start, end, &unlock);
	rwsem_read_unlock(&mm->lock);
}

void
vma_unlock_pages(struct vma *vma)
{
	static const struct advice unlock = {.wants = page_stays_mlocked, .deal = pages_unlock};

	if (!(vma->flags & VM_LOCKED))
		return;
	vma_set_flags(vma, vma->flags & ~VM_LOCKED_MASK);
	advise_area(vma, vma->start, vma->end, &unlock);
}
