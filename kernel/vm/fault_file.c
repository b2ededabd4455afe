#include "vm/fault_file.h"

#include "lib/err.h"
#include "lib/errno.h"
#include "mem/kmap.h"
#include "mem/tlb.h"
#include "vm/anon.h"
#include "vm/page_map.h"
#include "vm/pagecache_internal.h"
#include "vm/pte_state.h"
#include "vm/shmem_swap.h"

/* Pages mapped by one fault if the cache has them: 64 KiB, as Linux does. */
#define FAULT_AROUND_PAGES 16

static u64
mapping_nr_indices(const struct mapping *mapping)
{
	return (mapping_size(mapping) + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Ask fault_handle to read the page and try again. */
static enum fault_result
fault_needs_read(struct fault *f)
{
	struct mapping *mapping = f->vma->mapping;
	u64 index = vma_index(f->vma, f->uva);

	if (index >= mapping_nr_indices(mapping) || !mapping_get(mapping))
		return FAULT_BUS;
	f->read_mapping = mapping;
	f->read_index = index;
	f->read_advice = f->vma->flags & (VM_SEQ_READ | VM_RAND_READ);
	return FAULT_OK;
}

void
fault_hold(struct fault *f, struct page *page)
{
	if (f->held)
		page_put(f->held);
	f->held = page;
}

/* Is the page on a disk alone, that of the file or swap? */
static bool
page_is_away(struct mapping *mapping, u64 index)
{
	void *entry;

	spin_lock(&mapping->lock);
	entry = xa_load(&mapping->pages, index);
	spin_unlock(&mapping->lock);
	return mapping->swapbacked ? xa_is_value(entry) && !shmem_swap_cached(mapping, index)
				   : !entry;
}

enum fault_result
fault_read_page(struct fault *f)
{
	struct mapping *mapping = f->read_mapping;
	struct readahead advised = {.window = READAHEAD_MAX, .advice = f->read_advice};
	struct readahead *ra = f->read_advice ? &advised : &mapping->ra;
	struct page *page;
	enum fault_result result = FAULT_OK;

	f->read_mapping = NULL;
	f->major |= page_is_away(mapping, f->read_index);
	page = pagecache_get(mapping, f->read_index, ra);
	if (IS_ERR(page) && PTR_ERR(page) == -ENOENT)
		page = pagecache_fill_hole(mapping, f->read_index);
	if (!page) {
		result = FAULT_OOM;
	} else if (IS_ERR(page)) {
		result = PTR_ERR(page) == -ENOMEM ? FAULT_OOM : FAULT_BUS;
	} else {
		/* Reclaim may be looking at it; to try at once would find it locked again. */
		page_wait_unlocked(page);
		fault_hold(f, page);
	}
	mapping_put(mapping);
	return result;
}

/* Is there nothing to be read, neither this page of the cache nor what follows it? */
static bool
page_was_read(const struct page *page)
{
	return page &&
	       (page->flags & (1U << PG_uptodate | 1U << PG_readahead)) == 1U << PG_uptodate;
}

/* Can it be mapped now? => mapping->lock held */
static bool
page_ready(const struct page *page)
{
	const u32 tested = 1U << PG_uptodate | 1U << PG_locked | 1U << PG_readahead;

	return (page->flags & tested) == 1U << PG_uptodate;
}

/*
 * Map those of nr pages that are there and not mapped yet, not for stores. => how many;
 * mapping->lock and page-table lock held
 */
static unsigned
map_run(pte_t *ptep, void *const *pages, unsigned nr, u64 pte_flags)
{
	unsigned mapped = 0, fresh = 0;

	for (; nr > 0; nr--, ptep++, pages++) {
		struct page *page = mapping_entry_page(*pages);

		if (!page || !pte_is_none(pte_read(ptep)) || !page_ready(page))
			continue;
		fresh += page_map_get(page) >> 32 == 0;
		pte_write(ptep, pte_for(page_to_pfn(page), pte_flags));
		mapped++;
	}
	vmstat_add(NR_FILE_MAPPED, fresh);
	return mapped;
}

/*
 * Map the pages around f->uva that lie in its window, its area, its page table and its file. => how
 * many; mapping->lock and page-table lock held
 */
static unsigned
map_around(struct fault *f)
{
	struct vma *vma = f->vma;
	struct mapping *mapping = vma->mapping;
	u64 window = ALIGN_DOWN(f->uva, FAULT_AROUND_PAGES * PAGE_SIZE);
	u64 start = MAX(window, vma->start);
	u64 end = MIN(window + FAULT_AROUND_PAGES * PAGE_SIZE, vma->end);
	u64 index = vma_index(vma, start);
	u64 last = MIN(index + ((end - start) >> PAGE_SHIFT), mapping_nr_indices(mapping));
	pte_t *ptep = f->ptep - ((f->uva - start) >> PAGE_SHIFT);
	unsigned mapped = 0, nr;

	for (; index < last; index += nr, ptep += nr) {
		void *const *pages = xa_load_run(&mapping->pages, index, &nr);

		nr = MIN((u64)nr, last - index);
		if (pages)
			mapped += map_run(ptep, pages, nr, vma->pte_flags & ~(PTE_W | PTE_OWNED));
	}
	return mapped;
}

enum fault_result
fault_map_file(struct fault *f)
{
	struct vma *vma = f->vma;
	struct mm *mm = vma->mm;
	struct mapping *mapping = vma->mapping;
	unsigned nr;
	bool done;

	spin_lock(&mapping->lock);
	spin_lock(&mm->pgt.lock);
	/* Pages of a private area may have hidden those of the file, until the reaper came. */
	if (mm_is_unstable(mm)) {
		spin_unlock(&mm->pgt.lock);
		spin_unlock(&mapping->lock);
		return FAULT_OOM;
	}
	/* Before a hart can fetch from the pages; those that are ready stay so under the locks. */
	if (vma->flags & VM_EXEC)
		icache_flush(&mm->tlb);
	nr = map_around(f);
	done = !pte_is_none(pte_read(f->ptep));
	spin_unlock(&mm->pgt.lock);
	spin_unlock(&mapping->lock);
	atomic64_add(&mm->rss_file, nr);
	fault_count()->nr_file_mapped += nr;
	return done ? FAULT_OK : fault_needs_read(f);
}

/*
 * Is the page that was copied still the file's, and within it? Truncation looks for the copy after it has made the file
 * shorter; if it is over, and the file long again, the page is no more the file's. In this order: between the other
 * two looks all of it might happen. => page-table lock held
 */
static bool
copy_is_true(const struct page *source, const struct fault *f)
{
	const struct mapping *mapping = f->vma->mapping;

	if (vma_index(f->vma, f->uva) >= mapping_nr_indices(mapping))
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return READ_ONCE(source->mapping) == mapping;
}

enum fault_result
fault_copy_file(struct fault *f)
{
	struct vma *vma = f->vma;
	struct mm *mm = vma->mm;
	struct mapping *mapping = vma->mapping;
	u64 index = vma_index(vma, f->uva);
	struct page *source = pagecache_find(mapping, index);
	struct page *copy;
	bool mapped = false;

	if (!page_was_read(source)) {
		if (source)
			page_put(source);
		return fault_needs_read(f);
	}
	copy = anon_page_alloc_raw(vma, f->uva);
	if (copy)
		page_copy_contents(copy, source);
	if (!copy) {
		page_put(source);
		return FAULT_OOM;
	}
	spin_lock(&mm->pgt.lock);
	if (pte_is_none(pte_read(f->ptep)) && copy_is_true(source, f) && !mm_is_unstable(mm)) {
		if (tlb_deferred_pending(&mm->tlb))
			tlb_flush_page(&mm->tlb, f->uva);
		anon_page_map(vma, f->ptep, copy);
		mapped = true;
	}
	spin_unlock(&mm->pgt.lock);
	page_put(source);
	fault_count()->nr_cow_copied++;
	if (mapped)
		return FAULT_OK;
	page_put(copy);
	return index < mapping_nr_indices(mapping) ? FAULT_OK : FAULT_BUS;
}

/* Let the program store to the locked page. => page-table lock held */
static void
map_writable(struct fault *f, struct page *page)
{
	struct mm *mm = f->vma->mm;
	pte_t now = pte_read(f->ptep);

	if (pte_is_none(now)) {
		vmstat_add(NR_FILE_MAPPED, page_map_get(page) >> 32 == 0);
		atomic64_add(&mm->rss_file, 1);
		if (f->vma->flags & VM_EXEC)
			icache_flush(&mm->tlb);
	} else if (!pte_present(now) || pte_page(now) != page) {
		return;
	}
	pte_write(f->ptep, pte_for(page_to_pfn(page), f->vma->pte_flags | PTE_D));
}

enum fault_result
fault_store_shared(struct fault *f)
{
	struct vma *vma = f->vma;
	struct mm *mm = vma->mm;
	struct mapping *mapping = vma->mapping;
	u64 index = vma_index(vma, f->uva);
	struct page *page = pagecache_find(mapping, index);
	void (*stored)(struct mapping * mapping) = NULL;
	int error = 0;

	if (!page_was_read(page)) {
		if (page)
			page_put(page);
		return fault_needs_read(f);
	}
	page_lock(page);
	if (page->mapping != mapping || index >= mapping_nr_indices(mapping)) {
		error = index >= mapping_nr_indices(mapping) ? -EIO : 0;
	} else if (mapping->swapfile) {
		error = -ETXTBSY;
	} else if (!mapping->ops->reserve_write ||
		   (error = mapping->ops->reserve_write(mapping, page)) == 0) {
		page_mark_dirty(page);
		f->dirtied = mapping->ops->write_pages != NULL;
		spin_lock(&mm->pgt.lock);
		map_writable(f, page);
		spin_unlock(&mm->pgt.lock);
		stored = mapping->ops->stored;
	}
	page_unlock(page);
	page_put(page);
	if (stored)
		stored(mapping);
	return error ? FAULT_BUS : FAULT_OK;
}
