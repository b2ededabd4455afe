#include "vm/msync.h"

#include "lib/errno.h"
#include "sched/sched.h"
#include "vm/areas.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"
#include "vm/shmem_swap.h"
#include "vm/swap.h"
#include "vm/usercopy.h"

#define VEC_CHUNK 256

/* Is the page that va would show in memory? => mm->lock held */
static bool
page_resident(struct mm *mm, const struct vma *vma, u64 va)
{
	pte_t *ptep;
	bool resident;
	struct page *page;
	pte_t pte = pte_none();

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_lookup(&mm->pgt, va);
	if (ptep)
		pte = pte_read(ptep);
	if (pte_is_swap(pte))
		page = swap_cache_find(pte_to_swp_entry(pte));
	spin_unlock(&mm->pgt.lock);
	if (pte_has_page(pte) || (!pte_is_swap(pte) && !vma->mapping))
		return pte_has_page(pte);
	if (!pte_is_swap(pte))
		page = pagecache_find(vma->mapping, vma_index(vma, va));
	if (!page)
		return !pte_is_swap(pte) && shmem_swap_cached(vma->mapping, vma_index(vma, va));
	resident = page_uptodate(page);
	page_put(page);
	return resident;
}

/* => how many there are before a hole, at most nr */
static u64
residency_chunk(struct mm *mm, u64 start, u8 *vec, u64 nr)
{
	struct vma *vma;
	u64 done = 0;

	rwsem_read_lock(&mm->lock);
	for (; done < nr && (vma = vma_at(mm, start + done * PAGE_SIZE)) != NULL; done++)
		vec[done] = page_resident(mm, vma, start + done * PAGE_SIZE);
	rwsem_read_unlock(&mm->lock);
	return done;
}

int
vma_residency(struct mm *mm, uva_t addr, u64 bytes, uva_t vec)
{
	u64 nr_pages = ALIGN_UP(bytes, PAGE_SIZE) >> PAGE_SHIFT;
	u8 chunk[VEC_CHUNK];
	int error = 0;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (bytes > USER_VA_END || addr > USER_VA_END - bytes)
		return -ENOMEM;
	if (nr_pages > USER_VA_END || vec > USER_VA_END - nr_pages)
		return -EFAULT;
	for (u64 done = 0, nr; done < nr_pages && !error; done += nr) {
		nr = residency_chunk(mm, addr + done * PAGE_SIZE, chunk,
				     MIN(nr_pages - done, (u64)VEC_CHUNK));
		error = nr ? copy_to_user(vec + done, chunk, nr) : -ENOMEM;
		cond_resched();
		if (kill_pending())
			error = -EINTR;
	}
	return error;
}

/* What a range shows of a file, through one area. */
struct part {
	struct mapping *mapping; /* a reference; NULL: there is none, or it is not shared */
	uva_t start;
	u64 first, nr_pages;
};

/* The part of [*at, end) that is in the next area; *at moves to its end. => mm->lock is not held */
static struct part
part_next(struct mm *mm, u64 *at, u64 end)
{
	struct part part = {0};
	struct vma *vma;

	rwsem_read_lock(&mm->lock);
	vma = vma_find_overlap(mm, *at, end);
	if (vma) {
		part.start = MAX(vma->start, *at);
		end = MIN(vma->end, end);
		part.first = vma_index(vma, part.start);
		part.nr_pages = (end - part.start) >> PAGE_SHIFT;
		if (vma->flags & VM_SHARED && vma->mapping && mapping_get(vma->mapping))
			part.mapping = vma->mapping;
	}
	rwsem_read_unlock(&mm->lock);
	*at = end;
	return part;
}

/* Write-back may have failed before anybody asked. => the error of which the area has not told; 0 */
static int
part_check_error(struct mm *mm, const struct part *part)
{
	struct vma *vma;
	int error = 0;

	rwsem_read_lock(&mm->lock);
	vma = vma_at(mm, part->start);
	if (vma && vma->mapping == part->mapping)
		error = mapping_check_error(part->mapping, &vma->wb_errors);
	rwsem_read_unlock(&mm->lock);
	return error;
}

/* Write a stretch of a file, with what leads to it. */
static int
part_sync(struct mm *mm, const struct part *part)
{
	struct mapping *mapping = part->mapping;
	int error, result;

	error = mapping_writeback(mapping, part->first << PAGE_SHIFT,
				  (part->first + part->nr_pages) << PAGE_SHIFT, true);
	result = part_check_error(mm, part);
	error = error ? error : result;
	result = mapping->ops->sync ? mapping->ops->sync(mapping) : 0;
	return error ? error : result;
}

/* => 0, -ENOMEM: a hole; -EBUSY */
static int
sync_check(struct mm *mm, u64 start, u64 end, bool locked_is_busy)
{
	struct vma *vma;
	int error;

	rwsem_read_lock(&mm->lock);
	error = areas_cover(mm, start, end) ? 0 : -ENOMEM;
	for (vma = vma_find(mm, start); vma && vma->start < end; vma = vma_next(vma))
		if (locked_is_busy && vma->flags & VM_LOCKED)
			error = -EBUSY;
	rwsem_read_unlock(&mm->lock);
	return error;
}

int
vma_sync(struct mm *mm, uva_t addr, u64 bytes, bool wait, bool locked_is_busy)
{
	u64 end = addr + ALIGN_UP(bytes, PAGE_SIZE);
	int error;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (end <= addr)
		return end < addr ? -ENOMEM : 0;
	error = sync_check(mm, addr, end, locked_is_busy);
	if (error == -EBUSY || !wait)
		return error;
	for (u64 at = addr; at < end;) {
		struct part part = part_next(mm, &at, end);
		int result;

		if (!part.mapping)
			continue;
		result = part_sync(mm, &part);
		mapping_put(part.mapping);
		if (result < 0)
			return result;
	}
	return error;
}
