/* The two areas that grow: the heap upwards by brk(2), stacks downwards by faults. */

#include "core/panic.h"
#include "lib/errno.h"
#include "vm/areas.h"
#include "vm/commit.h"
#include "vm/mmap.h"

#define VM_HEAP (VM_READ | VM_WRITE | VM_MAYALL | VM_ACCOUNT)

/* May the heap's end move up from old_end to end? => mm->lock held */
static bool
brk_may_grow(struct mm *mm, u64 old_end, u64 end)
{
	struct vma *next = vma_find(mm, old_end);
	u64 nr_pages = (end - old_end) >> PAGE_SHIFT;
	u64 limit = USER_VA_END;

	if (next)
		limit = vma_guarded_start(next);
	if (mm->lock_future && !lock_limit_allows(mm, nr_pages))
		return false;
	return end <= limit && end - mm->start_brk <= mm->limit_data &&
	       mm->total_pages + nr_pages <= mm->limit_as >> PAGE_SHIFT &&
	       mm->data_pages + nr_pages <= mm->limit_data >> PAGE_SHIFT &&
	       mm->nr_vmas < max_map_count && commit_allows(mm, nr_pages);
}

/* => 0, -ENOMEM; mm->lock held for writing */
static int
brk_grow(struct mm *mm, u64 old_end, u64 end)
{
	struct vma *heap;

	if (!brk_may_grow(mm, old_end, end))
		return -ENOMEM;
	heap = old_end > mm->start_brk ? vma_at(mm, old_end - 1) : NULL;
	if (heap && heap->end == old_end && !heap->mapping &&
	    heap->flags == (VM_HEAP | mm->lock_future)) {
		vma_resize(heap, heap->start, end);
		vma_merge(heap);
		return 0;
	}
	heap = vma_alloc(mm, old_end, end, VM_HEAP | mm->lock_future, NULL, old_end >> PAGE_SHIFT);
	if (!heap)
		return -ENOMEM;
	vma_insert(heap);
	vma_merge(heap);
	return 0;
}

/* => 0, -ENOMEM; mm->lock held for writing */
static int
brk_shrink(struct mm *mm, u64 end, u64 old_end, struct list_head *removed)
{
	int error;

	if (!vma_find_overlap(mm, end, old_end))
		return 0;
	error = areas_split_for_unmap(mm, end, old_end);
	if (!error) {
		areas_unmap(mm, end, old_end, removed);
		areas_free_tables(mm, end, old_end);
	}
	return error;
}

/* => the break after it; mm->lock held for writing */
static uva_t
brk_locked(struct mm *mm, uva_t new_brk, struct list_head *removed)
{
	u64 old_end = ALIGN_UP(mm->brk, PAGE_SIZE), end = ALIGN_UP(new_brk, PAGE_SIZE);
	int error = 0;

	if (end > old_end)
		error = brk_grow(mm, old_end, end);
	else if (end < old_end)
		error = brk_shrink(mm, end, old_end, removed);
	if (!error)
		mm->brk = new_brk;
	return mm->brk;
}

uva_t
mm_brk(struct mm *mm, uva_t new_brk)
{
	u64 old_end, end;
	LIST_HEAD(removed);
	bool populate;

	if (new_brk < mm->start_brk || new_brk > USER_VA_END)
		return READ_ONCE(mm->brk);
	rwsem_write_lock(&mm->lock);
	old_end = ALIGN_UP(mm->brk, PAGE_SIZE);
	new_brk = brk_locked(mm, new_brk, &removed);
	end = ALIGN_UP(new_brk, PAGE_SIZE);
	populate = end > old_end && mm->lock_future == VM_LOCKED;
	rwsem_write_unlock(&mm->lock);
	areas_free(&removed);
	if (populate)
		vma_populate(mm, old_end, end - old_end);
	return new_brk;
}

int
stack_map(struct mm *mm, uva_t top, u64 initial_bytes, bool exec)
{
	u32 flags = exec ? VM_STACK | VM_EXEC : VM_STACK;
	u64 bytes = ALIGN_UP(MIN(initial_bytes, mm->limit_stack), PAGE_SIZE);
	s64 where;

	where = vma_map(mm, top - bytes, bytes, flags, NULL, 0, MAP_PLACE_NOREPLACE);
	return where < 0 ? -ENOMEM : 0;
}

int
stack_grow(struct vma *vma, uva_t uva)
{
	struct mm *mm = vma->mm;
	u64 start = ALIGN_DOWN(uva, PAGE_SIZE);
	struct vma *prev = vma_prev(vma);
	u64 nr_more;

	assert(vma->flags & VM_GROWSDOWN && start < vma->start);
	if (start < USER_VA_START || vma->end - start > mm->limit_stack)
		return -ENOMEM;
	/* Not from an area that grows, too: one that was parted can come together again. */
	if (prev && prev->flags & VM_ACCESS && !(prev->flags & VM_GROWSDOWN) &&
	    prev->end + STACK_GUARD_BYTES > start)
		return -ENOMEM;
	if (prev && prev->end > start)
		return -ENOMEM;
	nr_more = (vma->start - start) >> PAGE_SHIFT;
	if (nr_more > vma->pgoff)
		return -ENOMEM;
	if (mm->total_pages + nr_more > mm->limit_as >> PAGE_SHIFT || !commit_allows(mm, nr_more))
		return -ENOMEM;
	if (vma->flags & VM_LOCKED && !lock_limit_allows(mm, nr_more))
		return -ENOMEM;
	vma_resize(vma, start, vma->end);
	vma_merge(vma);
	return 0;
}
