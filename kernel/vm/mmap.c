/*
 * Map, unmap, protect, move the break. Each operation has two halves. The first checks arguments
 * and limits and gets every structure it will need; splitting an area at the edge of a range
 * belongs to it, for two neighbours that differ in nothing mean the same as one. The second half
 * cannot fail.
 */

#include "vm/mmap.h"

#include "core/panic.h"
#include "lib/errno.h"
#include "sched/sched.h"
#include "vm/areas.h"
#include "vm/commit.h"
#include "vm/fault.h"
#include "vm/pagecache.h"
#include "vm/pageout.h"
#include "vm/protect.h"
#include "vm/zap.h"

/* Page tables that an mm may keep although nothing needs them, beyond those of its areas. */
#define TABLES_KEPT 32

static struct vma *
vma_last(struct mm *mm)
{
	return list_empty(&mm->vma_list) ? NULL : list_last_entry(&mm->vma_list, struct vma, link);
}

bool
range_valid(uva_t addr, u64 bytes)
{
	return IS_ALIGNED(addr, PAGE_SIZE) && addr >= USER_VA_START && bytes <= USER_VA_END &&
	       addr <= USER_VA_END - bytes;
}

u64
vma_guarded_start(const struct vma *vma)
{
	if (!(vma->flags & VM_GROWSDOWN))
		return vma->start;
	return vma->start > STACK_GUARD_BYTES ? vma->start - STACK_GUARD_BYTES : 0;
}

/* Is [start, end) free, with the gap below a stack above it? */
static bool
range_free(struct mm *mm, u64 start, u64 end)
{
	struct vma *vma = vma_find(mm, start);

	return !vma || vma_guarded_start(vma) >= end;
}

/*
 * The highest hole of that size below mm->mmap_base. Starts at hole_hint, above which earlier
 * searches found no hole larger than hole_skipped. => address, or 0
 */
static u64
hole_find(struct mm *mm, u64 bytes)
{
	u64 top = mm->mmap_base;
	struct vma *vma, *below;

	if (bytes > mm->hole_skipped)
		top = MIN(top, mm->hole_hint);
	else
		mm->hole_skipped = 0;
	vma = vma_find(mm, top - 1);
	if (vma)
		top = MIN(top, vma_guarded_start(vma));
	below = vma ? vma_prev(vma) : vma_last(mm);
	for (;; vma = below, below = vma_prev(vma), top = MIN(top, vma_guarded_start(vma))) {
		u64 bottom = below ? below->end : USER_VA_START;

		if (top >= bottom && top - bottom >= bytes) {
			mm->hole_hint = top;
			return top - bytes;
		}
		if (!below)
			return 0;
		if (top > bottom)
			mm->hole_skipped = MAX(mm->hole_skipped, top - bottom);
	}
}

s64
place_find(struct mm *mm, uva_t addr, u64 bytes, unsigned place)
{
	s64 found;

	if (place != MAP_PLACE_HINT) {
		if (bytes > USER_VA_END || addr > USER_VA_END - bytes)
			return -ENOMEM;
		if (!IS_ALIGNED(addr, PAGE_SIZE))
			return -EINVAL;
		if (addr < USER_VA_START)
			return -EPERM;
		if (place == MAP_PLACE_NOREPLACE && vma_find_overlap(mm, addr, addr + bytes))
			return -EEXIST;
		return addr;
	}
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	if (addr && range_valid(addr, bytes) && range_free(mm, addr, addr + bytes))
		return addr;
	found = hole_find(mm, bytes);
	return found ? found : -ENOMEM;
}

/* Pages of [start, end) that areas cover now. */
static u64
pages_covered(struct mm *mm, u64 start, u64 end)
{
	struct vma *vma = vma_find(mm, start);
	u64 bytes = 0;

	for (; vma && vma->start < end; vma = vma_next(vma))
		bytes += MIN(vma->end, end) - MAX(vma->start, start);
	return bytes >> PAGE_SHIFT;
}

/* Of the pages of [start, end), those that are promised to this mm (1), or would be if their areas
 * were writable (0). */
static u64
pages_promised(struct mm *mm, u64 start, u64 end, bool are)
{
	struct vma *vma = vma_find(mm, start);
	u64 bytes = 0;

	for (; vma && vma->start < end; vma = vma_next(vma)) {
		u32 flags = are ? vma->flags : commit_flags(vma->flags | VM_WRITE) & ~vma->flags;

		if (flags & VM_ACCOUNT)
			bytes += MIN(vma->end, end) - MAX(vma->start, start);
	}
	return bytes >> PAGE_SHIFT;
}

/* Does memory with these flags count as data? */
static bool
flags_are_data(u32 vm_flags)
{
	return (vm_flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

/* Pages of [start, end) that would count as data if their areas were writable, and do not yet. */
static u64
pages_to_be_data(struct mm *mm, u64 start, u64 end)
{
	struct vma *vma = vma_find(mm, start);
	u64 bytes = 0;

	for (; vma && vma->start < end; vma = vma_next(vma))
		if (!flags_are_data(vma->flags) && flags_are_data(vma->flags | VM_WRITE))
			bytes += MIN(vma->end, end) - MAX(vma->start, start);
	return bytes >> PAGE_SHIFT;
}

/* May [start, end) become writable: is there room under RLIMIT_DATA, and memory to promise? */
static bool
limits_allow_writing(struct mm *mm, u64 start, u64 end)
{
	u64 nr_data = pages_to_be_data(mm, start, end);

	if (nr_data && mm->data_pages + nr_data > mm->limit_data >> PAGE_SHIFT)
		return false;
	return commit_allows(mm, pages_promised(mm, start, end, false));
}

int
limits_check(const struct mm *mm, u64 nr_pages, u32 vm_flags)
{
	if (mm->total_pages + nr_pages > mm->limit_as >> PAGE_SHIFT)
		return -ENOMEM;
	if (flags_are_data(vm_flags) && mm->data_pages + nr_pages > mm->limit_data >> PAGE_SHIFT)
		return -ENOMEM;
	return 0;
}

bool
lock_limit_allows(const struct mm *mm, u64 nr_pages)
{
	return mm->locked_pages + nr_pages <= mm->limit_memlock >> PAGE_SHIFT;
}

/*
 * May a mapping of nr_pages be locked, if it shall be: because it was asked for, or mlockall wants it of
 * all? => 0, -EPERM: nothing may be locked, and somebody asks; -EAGAIN: not so much
 */
static int
lock_limit_check(const struct mm *mm, u64 nr_pages, u32 vm_flags)
{
	if (!((vm_flags | mm->lock_future) & VM_LOCKED))
		return 0;
	if (vm_flags & VM_LOCKED && mm->limit_memlock == 0)
		return -EPERM;
	return lock_limit_allows(mm, nr_pages) ? 0 : -EAGAIN;
}

/* The area that has an address strictly on both sides of at, or NULL. */
static struct vma *
vma_across(struct mm *mm, u64 at)
{
	struct vma *vma = vma_find(mm, at);

	return vma && vma->start < at ? vma : NULL;
}

int
areas_split(struct mm *mm, u64 start, u64 end, u64 max)
{
	struct vma *first = vma_across(mm, start);
	struct vma *last = vma_across(mm, end);

	if (mm->nr_vmas + (first != NULL) + (last != NULL) > max)
		return -ENOMEM;
	if (first && !vma_split(first, start))
		return -ENOMEM;
	/* What lies across the end now: if both edges are of one area, its upper part. */
	if (last && !vma_split(vma_across(mm, end), end)) {
		if (first)
			vma_merge(first);
		return -ENOMEM;
	}
	return 0;
}

int
areas_split_for_unmap(struct mm *mm, u64 start, u64 end)
{
	return areas_split(mm, start, end, max_map_count + 1);
}

void
areas_free_tables(struct mm *mm, u64 start, u64 end)
{
	struct vma *next, *prev;
	bool many = mm->pgt.nr_tables > TABLES_KEPT + mm->total_pages / PTES_PER_TABLE;

	if (end - start < 1UL << PMD_SHIFT && !many)
		return;
	next = vma_find(mm, start);
	prev = next ? vma_prev(next) : vma_last(mm);
	start = MAX(ALIGN_DOWN(start, 1UL << PMD_SHIFT), prev ? prev->end : 0);
	end = MIN(ALIGN_UP(end, 1UL << PMD_SHIFT), next ? next->start : USER_VA_END);
	pgtable_free_range(&mm->pgt, &mm->tlb, start, end);
}

void
areas_unmap(struct mm *mm, u64 start, u64 end, struct list_head *removed)
{
	struct vma *vma, *next;

	mm_update_peak(mm);
	for (vma = vma_find(mm, start); vma && vma->start < end; vma = next) {
		next = vma_next(vma);
		vma_unlock_pages(vma);
		zap_range(mm, vma->start, vma->end);
		vma_remove(vma);
		list_add_tail(&vma->link, removed);
	}
}

void
areas_free(struct list_head *removed)
{
	struct vma *vma, *next;

	list_for_each_entry_safe(vma, next, removed, link) {
		list_del(&vma->link);
		vma_free(vma);
	}
}

/* => mm->lock held for writing; vma_map's result, -ENOMEM when vma cannot go there */
static s64
map_locked(struct mm *mm, struct vma *vma, uva_t addr, unsigned place, struct list_head *removed)
{
	u64 bytes = vma->end - vma->start;
	u64 start, end, replaced = 0;
	int error;
	s64 where;

	where = place_find(mm, addr, bytes, place);
	if (where < 0)
		return where;
	start = where;
	end = start + bytes;
	if (unlikely((vma->flags | mm->lock_future) & VM_LOCKED)) {
		error = lock_limit_check(mm, bytes >> PAGE_SHIFT, vma->flags);
		if (error < 0)
			return error;
		vma->flags |= mm->lock_future;
	}
	if (place == MAP_PLACE_FIXED)
		replaced = pages_covered(mm, start, end);
	error = limits_check(mm, (bytes >> PAGE_SHIFT) - replaced, vma->flags);
	if (error < 0)
		return error;
	if (vma->flags & VM_ACCOUNT) {
		u64 nr_gone = replaced ? pages_promised(mm, start, end, true) : 0;

		if (!commit_allows(mm, (bytes >> PAGE_SHIFT) - nr_gone))
			return -ENOMEM;
	}
	if (mm->nr_vmas >= max_map_count && !replaced)
		return -ENOMEM;
	if (replaced) {
		error = areas_split_for_unmap(mm, start, end);
		if (error < 0)
			return error;
		areas_unmap(mm, start, end, removed);
		areas_free_tables(mm, start, end);
	}
	vma->start = start;
	vma->end = end;
	if (!vma->mapping)
		vma->pgoff = start >> PAGE_SHIFT;
	vma_insert(vma);
	vma_merge(vma);
	return start;
}

s64
vma_map(struct mm *mm, uva_t addr, u64 bytes, u32 vm_flags, struct mapping *mapping, u64 pgoff,
	unsigned place)
{
	LIST_HEAD(removed);
	struct vma *vma;
	s64 where;

	if (bytes == 0)
		return -EINVAL;
	if (bytes > USER_VA_END)
		return -ENOMEM;
	bytes = ALIGN_UP(bytes, PAGE_SIZE);
	vm_flags = commit_flags(vm_flags);
	vma = vma_alloc(mm, 0, bytes, vm_flags, mapping, pgoff);
	if (!vma)
		return -ENOMEM;
	rwsem_write_lock(&mm->lock);
	where = map_locked(mm, vma, addr, place, &removed);
	rwsem_write_unlock(&mm->lock);
	if (where < 0)
		vma_free(vma);
	if (unlikely(!list_empty(&removed)))
		areas_free(&removed);
	return where;
}

int
vma_map_check(struct mm *mm, uva_t addr, u64 bytes, u32 vm_flags, unsigned place)
{
	s64 where;

	bytes = ALIGN_UP(bytes, PAGE_SIZE);
	rwsem_write_lock(&mm->lock);
	where = place_find(mm, addr, bytes, place);
	if (where >= 0)
		where = lock_limit_check(mm, bytes >> PAGE_SHIFT, vm_flags);
	rwsem_write_unlock(&mm->lock);
	return where;
}

int
vma_unmap(struct mm *mm, uva_t addr, u64 bytes)
{
	LIST_HEAD(removed);
	u64 end;
	int error = 0;

	bytes = ALIGN_UP(bytes, PAGE_SIZE);
	if (!IS_ALIGNED(addr, PAGE_SIZE) || bytes == 0 || bytes > USER_VA_END ||
	    addr > USER_VA_END - bytes)
		return -EINVAL;
	end = addr + bytes;
	rwsem_write_lock(&mm->lock);
	if (vma_find_overlap(mm, addr, end)) {
		error = areas_split_for_unmap(mm, addr, end);
		if (!error) {
			areas_unmap(mm, addr, end, &removed);
			areas_free_tables(mm, addr, end);
		}
	}
	rwsem_write_unlock(&mm->lock);
	areas_free(&removed);
	return error;
}

bool
areas_cover(struct mm *mm, u64 start, u64 end)
{
	return pages_covered(mm, start, end) == (end - start) >> PAGE_SHIFT;
}

void
areas_change_flags(struct mm *mm, u64 start, u64 end, u32 set, u32 clear)
{
	struct vma *vma = vma_find_overlap(mm, start, end);

	while (vma && vma->start < end) {
		vma_set_flags(vma, (vma->flags & ~clear) | set);
		vma = vma_next(vma_merge(vma));
	}
	if (vma)
		vma_merge(vma);
}

/*
 * Is the whole of [start, *end) mapped, and does every area allow this access? If not, *end becomes
 * where that ends.
 */
static int
protect_check(struct mm *mm, u64 start, u64 *end, u32 vm_access)
{
	struct vma *vma = vma_at(mm, start);
	int error = 0;

	for (u64 at = start; at < *end; at = vma->end, vma = vma_next(vma)) {
		if (!vma || vma->start > at)
			error = -ENOMEM;
		else if (vm_access & ~(vma->flags >> 4))
			error = -EACCES;
		if (error) {
			*end = at;
			break;
		}
	}
	return error;
}

static void
protect_commit(struct mm *mm, u64 start, u64 end, u32 vm_access)
{
	struct vma *vma = vma_at(mm, start);

	while (vma && vma->start < end) {
		u32 flags = (vma->flags & ~VM_ACCESS) | vm_access;

		if (vm_access & VM_WRITE)
			flags |= commit_flags(flags) & VM_ACCOUNT;
		if (flags != vma->flags) {
			u64 from = vma->start, to = vma->end;

			vma_set_flags(vma, flags);
			protect_range(mm, from, to, vma->pte_flags);
		}
		vma = vma_next(vma_merge(vma));
	}
	if (vma)
		vma_merge(vma);
}

/* => mm->lock held for writing; as vma_protect() */
static int
protect_locked(struct mm *mm, u64 start, u64 end, u32 vm_access)
{
	int failure, error = protect_check(mm, start, &end, vm_access);

	if (end > start && vm_access & VM_WRITE && !limits_allow_writing(mm, start, end))
		return -ENOMEM;
	if (end > start) {
		failure = areas_split(mm, start, end, max_map_count);
		if (!failure)
			protect_commit(mm, start, end, vm_access);
		error = failure ? failure : error;
	}
	return error;
}

int
vma_protect(struct mm *mm, uva_t addr, u64 bytes, u32 vm_access)
{
	u64 end = addr + ALIGN_UP(bytes, PAGE_SIZE);
	int error;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (bytes == 0)
		return 0;
	if (end <= addr)
		return -ENOMEM;
	rwsem_write_lock(&mm->lock);
	error = protect_locked(mm, addr, end, vm_access);
	rwsem_write_unlock(&mm->lock);
	return error;
}

int
vma_protect_area(struct mm *mm, uva_t addr, u64 bytes, u32 vm_access, bool down)
{
	u64 end = addr + ALIGN_UP(bytes, PAGE_SIZE);
	int error = -ENOMEM;
	struct vma *vma;

	rwsem_write_lock(&mm->lock);
	vma = vma_find(mm, addr);
	if (vma && vma->start < end && (down || vma->start <= addr))
		error = down && vma->flags & VM_GROWSDOWN ? 0 : -EINVAL;
	if (!error)
		error = protect_locked(mm, vma->start, end, vm_access);
	rwsem_write_unlock(&mm->lock);
	return error;
}

/* Fault in the page at va. => 0; -ENOMEM: nothing is mapped there; -EFAULT, -ENOMEM of the fault */
static int
populate_page(struct mm *mm, uva_t va)
{
	enum fault_result result;
	struct vma *vma;
	u32 flags;
	bool store;

	rwsem_read_lock(&mm->lock);
	vma = vma_at(mm, va);
	flags = vma ? vma->flags : 0;
	rwsem_read_unlock(&mm->lock);
	if (flags & VM_LOCKONFAULT)
		return 0;
	if (!(flags & VM_ACCESS))
		return vma ? -EFAULT : -ENOMEM;
	store = (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE;
	result = fault_handle(mm, va, store ? FAULT_WRITE : FAULT_READ);
	return result == FAULT_OK ? 0 : fault_errno(result);
}

int
vma_populate(struct mm *mm, uva_t addr, u64 bytes)
{
	int error = 0;

	for (u64 va = addr; va < addr + bytes && !error; va += PAGE_SIZE) {
		error = kill_pending() ? -EINTR : populate_page(mm, va);
		cond_resched();
	}
	vma_set_pages_aside(mm, addr, addr + bytes);
	return error;
}
