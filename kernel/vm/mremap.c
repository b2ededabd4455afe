/*
 * Growing, shrinking and moving an area. A move takes page-table entries from one place to another
 * and leaves the pages where they are. First the new area and its page tables are made, which may
 * fail; then entry after entry moves, which cannot.
 *
 * Whoever looks for the entries of a file page (truncation, reclaim) holds the mapping's rmap_lock
 * all the while, and finds both areas on its list; entries move under that lock, so it finds each
 * in one place or the other. For anonymous pages the lock is that of their group. TLBs are flushed before the page-table lock is dropped: after that the
 * page could be unmapped at its new address and freed, with the old one still usable.
 *
 * An anonymous page knows its place in the area by page->index. So a moved area keeps its pgoff.
 */

#include "vm/mremap.h"

#include "lib/errno.h"
#include "mem/tlb.h"
#include "sched/sched.h"
#include "vm/anon_group.h"
#include "vm/areas.h"
#include "vm/commit.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/pte_state.h"

/* Areas that a move may need beyond those there are: two pieces cut off, and the new one. */
#define AREAS_FOR_MOVE 3

static u64
nr_pages_of(u64 bytes)
{
	return bytes >> PAGE_SHIFT;
}

/* Tables at the new place for all that the old one has. => 0, -ENOMEM */
static int
tables_ensure(struct mm *mm, const struct remap *remap)
{
	u64 va = remap->old, end = remap->old + remap->old_bytes;
	unsigned nr;

	while (pgtable_next(&mm->pgt, &va, end, &nr)) {
		u64 first = remap->new + (va - remap->old);
		u64 last = first + (nr - 1) * PAGE_SIZE;

		if (!pgtable_ensure(&mm->pgt, first, GFP_KERNEL) ||
		    !pgtable_ensure(&mm->pgt, last, GFP_KERNEL))
			return -ENOMEM;
		va += nr * PAGE_SIZE;
	}
	return 0;
}

/* Both tables are there. => page-table lock held */
static void
move_entries(struct mm *mm, pte_t *from, pte_t *to, u64 va, unsigned nr)
{
	bool flush = tlb_deferred_pending(&mm->tlb);

	for (unsigned i = 0; i < nr; i++) {
		pte_t pte;

		if (pte_is_none(pte_read(&from[i])))
			continue;
		pte = pte_exchange(&from[i], pte_none());
		pte_write(&to[i], pte);
		flush = true;
	}
	if (flush)
		tlb_flush_range(&mm->tlb, va, va + nr * PAGE_SIZE);
}

/* Move what the tables at *va hold, as far as one table at the new place reaches. => false: the end */
static bool
move_some(struct mm *mm, const struct remap *remap, u64 *va)
{
	unsigned nr;
	pte_t *from = pgtable_next(&mm->pgt, va, remap->old + remap->old_bytes, &nr);
	u64 new_va = remap->new + (*va - remap->old);

	if (!from)
		return false;
	nr = MIN(nr, (unsigned)(PTES_PER_TABLE - pte_index(new_va, 0)));
	move_entries(mm, from, pgtable_lookup(&mm->pgt, new_va), *va, nr);
	*va += nr * PAGE_SIZE;
	return true;
}

static void
move_pages(struct mm *mm, const struct remap *remap, const struct vma *area)
{
	struct mapping *mapping = area->mapping;
	u64 va = remap->old;
	bool more;

	do {
		if (mapping)
			spin_lock(&mapping->rmap_lock);
		anon_group_lock(area->anon);
		spin_lock(&mm->pgt.lock);
		more = move_some(mm, remap, &va);
		spin_unlock(&mm->pgt.lock);
		anon_group_unlock(area->anon);
		if (mapping)
			spin_unlock(&mapping->rmap_lock);
		cond_resched();
	} while (more);
}

/* The area at the new place, in no tree yet, with page tables. => NULL: no memory */
static struct vma *
area_prepare(struct mm *mm, const struct remap *remap, const struct vma *vma)
{
	bool keeps_offset = vma->mapping || vma->anon;
	u64 pgoff = keeps_offset ? vma_index(vma, remap->old) : remap->new >> PAGE_SHIFT;
	struct vma *area;

	if (tables_ensure(mm, remap) < 0)
		return NULL;
	area = vma_alloc(mm, remap->new, remap->new + remap->new_bytes, vma->flags, vma->mapping,
			 pgoff);
	if (area)
		vma_copy_errors(area, vma);
	return area;
}

/* The old area goes, or stays without its pages. */
static void
old_area_finish(struct mm *mm, const struct remap *remap, struct list_head *removed)
{
	struct vma *vma = vma_at(mm, remap->old);

	if (remap->keep_old) {
		vma_set_flags(vma, vma->flags & ~VM_LOCKED_MASK);
		return;
	}
	vma_remove(vma);
	list_add_tail(&vma->link, removed);
	areas_free_tables(mm, remap->old, remap->old + remap->old_bytes);
}

/* Undo what areas_split() did at `at`. */
static void
edge_merge(struct mm *mm, u64 at)
{
	struct vma *vma = vma_at(mm, at);

	if (vma && vma->start == at)
		vma_merge(vma);
}

/* Edges at both places, and the new area. => NULL: no memory, and nothing has changed */
static struct vma *
move_prepare(struct mm *mm, const struct remap *remap)
{
	u64 old_end = remap->old + remap->old_bytes, new_end = remap->new + remap->new_bytes;
	struct vma *area = NULL;
	int error;

	if (mm->nr_vmas + AREAS_FOR_MOVE > max_map_count)
		return NULL;
	error = areas_split(mm, remap->new, new_end, max_map_count);
	if (!error && remap->old_bytes > 0)
		error = areas_split(mm, remap->old, old_end, max_map_count);
	if (!error)
		area = area_prepare(mm, remap, vma_at(mm, remap->old));
	if (!area) {
		edge_merge(mm, remap->new);
		edge_merge(mm, new_end);
		edge_merge(mm, remap->old);
		edge_merge(mm, old_end);
	}
	return area;
}

/* Everything is checked, and old_bytes is not 0 unless the area is shared. => the new address */
static s64
remap_move(struct mm *mm, struct remap *remap, struct list_head *removed)
{
	unsigned place = remap->fixed ? MAP_PLACE_FIXED : MAP_PLACE_HINT;
	u64 peak = mm->peak_total_pages;
	struct vma *area;
	s64 where = place_find(mm, remap->new, remap->new_bytes, place);

	if (where < 0)
		return where;
	remap->new = where;
	area = move_prepare(mm, remap);
	if (!area)
		return -ENOMEM;
	areas_unmap(mm, remap->new, remap->new + remap->new_bytes, removed);
	vma_insert(area);
	if (remap->old_bytes > 0) {
		anon_group_join(area, vma_at(mm, remap->old)->anon);
		move_pages(mm, remap, area);
		old_area_finish(mm, remap, removed);
	}
	if (!remap->keep_old)
		mm->peak_total_pages = MAX(peak, mm->total_pages);
	vma_merge(area);
	if (remap->keep_old)
		vma_merge(vma_at(mm, remap->old)); /* it may have become one with the new area */
	return remap->new;
}

/* May the area at old be as long as new_bytes? => 0 or -errno */
static int
remap_check_growth(struct mm *mm, const struct remap *remap, const struct vma *vma)
{
	u64 old_bytes = remap->keep_old ? 0 : remap->old_bytes;
	u64 nr_more = nr_pages_of(remap->new_bytes) - nr_pages_of(old_bytes);
	u64 index = vma_index(vma, remap->old);

	if (remap->old_bytes == 0 && !(vma->flags & VM_SHARED))
		return -EINVAL;
	if (remap->old_bytes > vma->end - remap->old)
		return -EFAULT;
	if (remap->new_bytes <= old_bytes)
		return 0;
	if (index + nr_pages_of(remap->new_bytes) < index)
		return -EINVAL;
	/* The lock of what stays goes with its pages. */
	if (vma->flags & VM_LOCKED && !remap->keep_old && !lock_limit_allows(mm, nr_more))
		return -EAGAIN;
	if (vma->flags & VM_ACCOUNT && !commit_allows(mm, nr_more))
		return -ENOMEM;
	return limits_check(mm, nr_more, vma->flags);
}

/* Is there room above the area, and does the range end with it? */
static bool
can_grow_in_place(const struct remap *remap, const struct vma *vma)
{
	u64 end = remap->old + remap->new_bytes;
	struct vma *next = vma_next(vma);

	return remap->old + remap->old_bytes == vma->end && end <= USER_VA_END &&
	       end > remap->old && (!next || vma_guarded_start(next) >= end);
}

/* Unmap what is beyond new_bytes. => 0, -EINVAL, -ENOMEM */
static int
remap_shrink(struct mm *mm, struct remap *remap, struct list_head *removed)
{
	u64 start = remap->old + remap->new_bytes, end = remap->old + remap->old_bytes;
	int error;

	if (end > USER_VA_END || end < start)
		return -EINVAL;
	error = areas_split(mm, start, end, max_map_count + 1);
	if (error < 0)
		return error;
	areas_unmap(mm, start, end, removed);
	areas_free_tables(mm, start, end);
	remap->old_bytes = remap->new_bytes;
	return 0;
}

/* The place that a move asks for. => 0, -EINVAL; -EFAULT: it would replace what is to be there twice */
static int
remap_check_target(const struct remap *remap)
{
	u64 new_end = remap->new + remap->new_bytes;

	if (!IS_ALIGNED(remap->new, PAGE_SIZE) || remap->new_bytes > USER_VA_END ||
	    remap->new > USER_VA_END - remap->new_bytes)
		return -EINVAL;
	if (remap->old + remap->old_bytes > remap->new &&new_end > remap->old)
		return -EINVAL;
	if (remap->old_bytes == 0 && remap->old >= remap->new && remap->old < new_end)
		return -EFAULT;
	return 0;
}

/* => mm->lock held for writing; the address or -errno */
static s64
remap_locked(struct mm *mm, struct remap *remap, struct list_head *removed)
{
	struct vma *vma = vma_at(mm, remap->old);
	bool must_move = remap->fixed || remap->keep_old;
	int error;

	if (!vma)
		return -EFAULT;
	error = must_move ? remap_check_target(remap) : 0;
	if (!error && remap->old_bytes > remap->new_bytes) {
		error = remap_shrink(mm, remap, removed);
		vma = vma_at(mm, remap->old);
	}
	if (error < 0)
		return error;
	/* What stays, or has become shorter, may be of several areas. */
	if (!must_move && remap->old_bytes == remap->new_bytes)
		return remap->old;
	error = remap_check_growth(mm, remap, vma);
	if (error < 0)
		return error;
	if (!must_move && can_grow_in_place(remap, vma)) {
		vma_resize(vma, vma->start, remap->old + remap->new_bytes);
		vma_merge(vma);
		return remap->old;
	}
	return remap->may_move ? remap_move(mm, remap, removed) : -ENOMEM;
}

/* What can be said without looking at the areas. => 0, -EINVAL */
static int
remap_check(const struct remap *remap)
{
	if ((remap->fixed || remap->keep_old) && !remap->may_move)
		return -EINVAL;
	if (remap->keep_old && remap->old_bytes != remap->new_bytes)
		return -EINVAL;
	if (!IS_ALIGNED(remap->old, PAGE_SIZE) || ALIGN_UP(remap->new_bytes, PAGE_SIZE) == 0)
		return -EINVAL;
	return 0;
}

s64
vma_remap(struct mm *mm, struct remap remap)
{
	u64 asked_bytes;
	LIST_HEAD(removed);
	bool locked = false;
	s64 where = remap_check(&remap);

	if (where < 0)
		return where;
	remap.old_bytes = ALIGN_UP(remap.old_bytes, PAGE_SIZE);
	remap.new_bytes = ALIGN_UP(remap.new_bytes, PAGE_SIZE);
	asked_bytes = remap.old_bytes;
	rwsem_write_lock(&mm->lock);
	where = remap_locked(mm, &remap, &removed);
	if (where >= 0)
		locked = vma_at(mm, where)->flags & VM_LOCKED;
	rwsem_write_unlock(&mm->lock);
	areas_free(&removed);
	if (where >= 0 && locked && remap.new_bytes > asked_bytes)
		vma_populate(mm, where + asked_bytes, remap.new_bytes - asked_bytes);
	return where;
}
