/*
 * From a page to its PTEs: every area of the file's mapping, or of an anonymous page's group, that
 * shows the page's index would have it at one address. The areas stay in place under the mapping's
 * rmap_lock, or the group's lock. A file page's place in the mapping stays under the page lock; an
 * anonymous page's group and index never change.
 */

#include "vm/rmap.h"

#include "mem/tlb_deferred.h"
#include "vm/anon_group.h"
#include "vm/page_map.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/swap.h"
#include "vm/vma.h"
#include "vm/zap.h"

/*
 * Looks at, or changes, the entry that maps page. => false ends the walk; page-table lock held.
 *
 * Reclaim walks once or twice for each page, mostly to one entry. So each kind of walk is compiled as a
 * function of its own, in which fn and everything on the way to it are inline.
 */
typedef bool (*entry_fn)(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg);

/* => false when fn ended the walk */
static ALWAYS_INLINE bool
vma_visit(struct vma *vma, struct page *page, entry_fn fn, void *arg)
{
	struct mm *mm = vma->mm;
	bool more = true;
	pte_t *ptep;
	u64 va;

	if (page->index < vma->pgoff || page->index - vma->pgoff >= vma_nr_pages(vma))
		return true;
	va = vma->start + ((page->index - vma->pgoff) << PAGE_SHIFT);
	spin_lock(&mm->pgt.lock);
	ptep = pgtable_lookup(&mm->pgt, va);
	if (ptep && pte_has_page(pte_read(ptep)) && pte_page(pte_read(ptep)) == page)
		more = fn(vma, ptep, va, page, arg);
	spin_unlock(&mm->pgt.lock);
	return more;
}

static ALWAYS_INLINE void
anon_page_visit(struct page *page, entry_fn fn, void *arg)
{
	struct anon_group *group = anon_group_of(page);
	struct vma *vma;

	if (!group)
		return;
	spin_lock(&group->lock);
	list_for_each_entry(vma, &group->vmas, anon_link)
		if (!vma_visit(vma, page, fn, arg))
			break;
	spin_unlock(&group->lock);
	anon_group_put(group);
}

static ALWAYS_INLINE void
file_page_visit(struct page *page, entry_fn fn, void *arg)
{
	struct mapping *mapping = page->mapping;
	struct vma *vma;

	spin_lock(&mapping->rmap_lock);
	list_for_each_entry(vma, &mapping->vmas, mapping_link)
		if (!vma_visit(vma, page, fn, arg))
			break;
	spin_unlock(&mapping->rmap_lock);
}

static ALWAYS_INLINE void
page_visit(struct page *page, entry_fn fn, void *arg)
{
	if (page_test(page, PG_anon))
		anon_page_visit(page, fn, arg);
	else
		file_page_visit(page, fn, arg);
}

/* What rmap_test_and_clear_accessed() has to do still, and has found. */
struct access_walk {
	s32 nr_left; /* entries that may map the page still */
	u32 found;
	struct tlb_deferred *deferred;
};

/* => RMAP_*, of one entry */
static ALWAYS_INLINE u32
entry_test_and_clear_accessed(struct vma *vma, pte_t *ptep, u64 va, struct tlb_deferred *deferred)
{
	u32 found = 0;

	if (pte_read(ptep).bits & PTE_A) {
		pte_clear_flags(ptep, PTE_A);
		tlb_deferred_add_accessed(deferred, &vma->mm->tlb, va);
		found |= RMAP_ACCESSED;
	}
	if (vma->flags & VM_LOCKED)
		found |= RMAP_LOCKED;
	if (vma->flags & VM_EXEC)
		found |= RMAP_EXEC;
	return found;
}

static bool
entry_clear_accessed(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	struct access_walk *walk = arg;

	(void)page;
	walk->found |= entry_test_and_clear_accessed(vma, ptep, va, walk->deferred);
	return --walk->nr_left > 0;
}

/*
 * A walk that finds all entries that there were when it began may end early: the accessed bit of
 * one that was made meanwhile is none of a use that counts.
 */
u32
rmap_test_and_clear_accessed(struct page *page, struct tlb_deferred *deferred)
{
	struct access_walk walk = {.nr_left = page_mapcount(page), .deferred = deferred};

	debug_assert(page_test(page, PG_anon) || page_locked(page));
	if (walk.nr_left > 0)
		page_visit(page, entry_clear_accessed, &walk);
	return walk.found;
}

static bool
entry_count(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	(void)vma;
	(void)ptep;
	(void)va;
	(void)page;
	*(s32 *)arg += 1;
	return true;
}

s32
rmap_count(struct page *page)
{
	s32 nr = 0;

	page_visit(page, entry_count, &nr);
	return nr;
}

/*
 * Who may store has found the page by an entry that owns it, and has a reference: read(2), perhaps, which is
 * about to copy to it. What others store meanwhile would be put in a copy (swap_cache_claim()), and one of
 * the two lost. The swap cache has a reference, too, and reclaim. => page-table lock held
 */
static bool
anon_entry_is_pinned(const pte_t *ptep, const struct page *page)
{
	return pte_is_owned(pte_read(ptep)) && page_refcount(page) > page_mapcount(page) + 2;
}

/* An anonymous page leaves its place in swap behind. */
static bool
anon_entry_unmap(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	struct mm *mm = vma->mm;
	swp_entry_t entry = {page->private};
	pte_t old;

	if (unlikely(anon_entry_is_pinned(ptep, page)))
		return false;
	swap_entry_get(entry);
	old = pte_exchange(ptep, swp_entry_to_pte(entry));
	tlb_deferred_add(arg, &mm->tlb, va);
	if (old.bits & PTE_D)
		page_set(page, PG_dirty);
	atomic64_add(&mm->nr_swap, 1);
	atomic64_add(&mm->rss_anon, -1);
	page_map_put_shared(page);
	return page_mapcount(page) > 0;
}

static ALWAYS_INLINE bool
file_entry_unmap(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	struct mm *mm = vma->mm;

	pte_exchange(ptep, pte_none());
	tlb_deferred_add(arg, &mm->tlb, va);
	atomic64_add(&mm->rss_file, -1);
	page_map_put_shared(page);
	return page_mapcount(page) > 0;
}

bool
rmap_unmap(struct page *page, struct tlb_deferred *deferred)
{
	assert(page_locked(page) && page->owner);
	assert(!page_test(page, PG_anon) || page_test(page, PG_swapcache));
	if (page_mapcount(page) > 0 && page_test(page, PG_anon))
		anon_page_visit(page, anon_entry_unmap, deferred);
	else if (page_mapcount(page) > 0)
		file_page_visit(page, file_entry_unmap, deferred);
	return page_mapcount(page) == 0;
}

/* What rmap_unmap_if() asks, of a page that one entry maps. */
struct unmap_walk {
	struct tlb_deferred *deferred;
	rmap_may_unmap_fn may_unmap;
	void *arg;
	bool asked, answer;
};

static ALWAYS_INLINE bool
entry_unmap_if(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	struct unmap_walk *walk = arg;
	u32 found = entry_test_and_clear_accessed(vma, ptep, va, walk->deferred);

	walk->asked = true;
	walk->answer = walk->may_unmap(page, found, walk->arg);
	if (walk->answer)
		file_entry_unmap(vma, ptep, va, page, walk->deferred);
	return false;
}

static NOINLINE bool
entries_unmap_if(struct page *page, struct unmap_walk *walk)
{
	u32 found = rmap_test_and_clear_accessed(page, walk->deferred);

	return walk->may_unmap(page, found, walk->arg) && rmap_unmap(page, walk->deferred);
}

/* The one entry may be gone before it is found, and there may be others when it was. */
bool
rmap_unmap_if(struct page *page, rmap_may_unmap_fn may_unmap, void *arg,
	      struct tlb_deferred *deferred)
{
	struct unmap_walk walk = {.deferred = deferred, .may_unmap = may_unmap, .arg = arg};

	assert(page_locked(page) && !page_test(page, PG_anon));
	if (page_mapcount(page) == 1)
		file_page_visit(page, entry_unmap_if, &walk);
	if (!walk.asked)
		return entries_unmap_if(page, &walk);
	/* One that was mapped meanwhile must not stay half unmapped: its flush is still to come. */
	return walk.answer && (page_mapcount(page) == 0 || rmap_unmap(page, deferred));
}

static ALWAYS_INLINE bool
entry_write_protect(struct vma *vma, pte_t *ptep, u64 va, struct page *page, void *arg)
{
	(void)page;
	if (pte_read(ptep).bits & (PTE_W | PTE_D)) {
		pte_clear_flags(ptep, PTE_W | PTE_D);
		tlb_deferred_add(arg, &vma->mm->tlb, va);
	}
	return true;
}

void
rmap_write_protect(struct page *page, struct tlb_deferred *deferred)
{
	assert(page_locked(page) && page->mapping);
	if (page_mapcount(page) > 0 && READ_ONCE(page->mapping->nr_shared_writable) > 0)
		page_visit(page, entry_write_protect, deferred);
}

void
rmap_unmap_range(struct mapping *mapping, u64 first, u64 last)
{
	struct vma *vma;

	spin_lock(&mapping->rmap_lock);
	list_for_each_entry(vma, &mapping->vmas, mapping_link) {
		u64 vma_last = vma->pgoff + vma_nr_pages(vma) - 1;
		u64 from = MAX(first, vma->pgoff), to = MIN(last, vma_last);

		if (from <= to)
			zap_vma_locked(vma, vma->start + ((from - vma->pgoff) << PAGE_SHIFT),
				       vma->start + ((to - vma->pgoff + 1) << PAGE_SHIFT));
	}
	spin_unlock(&mapping->rmap_lock);
}
