#include "vm/mlock.h"

#include "lib/errno.h"
#include "vm/areas.h"
#include "vm/mmap.h"
#include "vm/pageout.h"

/* Pages of [start, end) that are locked already. => mm->lock held */
static u64
pages_locked(struct mm *mm, u64 start, u64 end)
{
	struct vma *vma = vma_find(mm, start);
	u64 bytes = 0;

	for (; vma && vma->start < end; vma = vma_next(vma))
		if (vma->flags & VM_LOCKED)
			bytes += MIN(vma->end, end) - MAX(vma->start, start);
	return bytes >> PAGE_SHIFT;
}

static u32
lock_flags(bool on_fault)
{
	return on_fault ? VM_LOCKED | VM_LOCKONFAULT : VM_LOCKED;
}

/* The limit counts what is asked for, mapped or not. => mm->lock held */
static bool
limit_allows_range(struct mm *mm, u64 start, u64 bytes)
{
	u64 end = start + bytes < start ? UINT64_MAX : start + bytes;

	return lock_limit_allows(mm, (bytes >> PAGE_SHIFT) - pages_locked(mm, start, end));
}

/*
 * flags: what of VM_LOCKED_MASK the range shall have. => 0, -ENOMEM, -EINVAL: no such addresses;
 * mm->lock held for writing
 */
static int
set_lock_flags(struct mm *mm, u64 start, u64 bytes, u32 flags)
{
	u64 end = start + bytes;
	int error;

	if (flags && !limit_allows_range(mm, start, bytes))
		return -ENOMEM;
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (!areas_cover(mm, start, end))
		return -ENOMEM;
	error = areas_split(mm, start, end, max_map_count);
	if (!error)
		areas_change_flags(mm, start, end, flags, VM_LOCKED_MASK);
	return error;
}

/* Fault in what was locked. => 0; -ENOMEM: it may not be touched, -EAGAIN: no memory, -EINTR */
static int
populate_locked(struct mm *mm, u64 start, u64 bytes)
{
	int error = vma_populate(mm, start, bytes);

	if (error == -ENOMEM)
		return -EAGAIN;
	return error == -EFAULT ? -ENOMEM : error;
}

static int
change_range(struct mm *mm, uva_t addr, u64 bytes, u32 flags)
{
	u64 start = ALIGN_DOWN(addr, PAGE_SIZE);
	int error;

	bytes = ALIGN_UP(bytes + addr % PAGE_SIZE, PAGE_SIZE);
	rwsem_write_lock(&mm->lock);
	error = set_lock_flags(mm, start, bytes, flags);
	rwsem_write_unlock(&mm->lock);
	if (error < 0)
		return error;
	if (flags == VM_LOCKED)
		return populate_locked(mm, start, bytes);
	if (flags)
		vma_set_pages_aside(mm, start, start + bytes);
	else
		vma_take_pages_back(mm, start, start + bytes);
	return 0;
}

int
vma_lock(struct mm *mm, uva_t addr, u64 bytes, bool on_fault)
{
	if (mm->limit_memlock == 0)
		return -EPERM;
	return change_range(mm, addr, bytes, lock_flags(on_fault));
}

int
vma_unlock(struct mm *mm, uva_t addr, u64 bytes)
{
	return change_range(mm, addr, bytes, 0);
}

/* Fault in what the areas have; whatever cannot be had stays away. */
static void
populate_all(struct mm *mm)
{
	struct vma *vma;
	u64 at = 0;

	for (;;) {
		u64 start, end;

		rwsem_read_lock(&mm->lock);
		vma = vma_find(mm, at);
		start = vma ? vma->start : 0;
		end = vma ? vma->end : 0;
		rwsem_read_unlock(&mm->lock);
		if (!vma)
			return;
		vma_populate(mm, start, end - start);
		at = end;
	}
}

int
mm_lock_all(struct mm *mm, bool current_areas, bool future, bool on_fault)
{
	bool allowed;

	if (mm->limit_memlock == 0)
		return -EPERM;
	rwsem_write_lock(&mm->lock);
	allowed = !current_areas || mm->total_pages <= mm->limit_memlock >> PAGE_SHIFT;
	if (allowed) {
		mm->lock_future = future ? lock_flags(on_fault) : 0;
		if (current_areas)
			areas_change_flags(mm, 0, USER_VA_END, lock_flags(on_fault),
					   VM_LOCKED_MASK);
	}
	rwsem_write_unlock(&mm->lock);
	if (!allowed)
		return -ENOMEM;
	if (current_areas && on_fault)
		vma_set_pages_aside(mm, 0, USER_VA_END);
	else if (current_areas)
		populate_all(mm);
	return 0;
}

void
mm_unlock_all(struct mm *mm)
{
	rwsem_write_lock(&mm->lock);
	mm->lock_future = 0;
	areas_change_flags(mm, 0, USER_VA_END, 0, VM_LOCKED_MASK);
	rwsem_write_unlock(&mm->lock);
	vma_take_pages_back(mm, 0, USER_VA_END);
}
