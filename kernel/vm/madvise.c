/*
 * Advice comes in four kinds: flags that the areas keep (DONTFORK, SEQUENTIAL ...), pages to be
 * thrown away (DONTNEED, FREE, REMOVE), pages that need not be in memory (COLD, PAGEOUT), and pages
 * to be had soon or now (WILLNEED, POPULATE). The first two change areas or page tables under
 * mm->lock, the third looks for pages under it; the last sleeps for the disk and so goes from area
 * to area without it.
 *
 * FREE lets the kernel take the pages when it wants them, and it does so at once.
 */

#include "vm/madvise.h"

#include "lib/errno.h"
#include "sched/sched.h"
#include "vm/areas.h"
#include "vm/fault.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/pageout.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"
#include "vm/shmem_swap.h"
#include "vm/swap.h"
#include "vm/zap.h"

#define MADV_NORMAL	     0
#define MADV_RANDOM	     1
#define MADV_SEQUENTIAL	     2
#define MADV_WILLNEED	     3
#define MADV_DONTNEED	     4
#define MADV_FREE	     8
#define MADV_REMOVE	     9
#define MADV_DONTFORK	     10
#define MADV_DOFORK	     11
#define MADV_DONTDUMP	     16
#define MADV_DODUMP	     17
#define MADV_WIPEONFORK	     18
#define MADV_KEEPONFORK	     19
#define MADV_COLD	     20
#define MADV_PAGEOUT	     21
#define MADV_POPULATE_READ   22
#define MADV_POPULATE_WRITE  23
#define MADV_DONTNEED_LOCKED 24

/* An advice that is a change of flags. */
struct flag_advice {
	int advice;
	u32 set, clear;
};

static const struct flag_advice flag_advices[] = {
	{MADV_NORMAL, 0, VM_SEQ_READ | VM_RAND_READ},
	{MADV_RANDOM, VM_RAND_READ, VM_SEQ_READ},
	{MADV_SEQUENTIAL, VM_SEQ_READ, VM_RAND_READ},
	{MADV_DONTFORK, VM_DONTCOPY, 0},
	{MADV_DOFORK, 0, VM_DONTCOPY},
	{MADV_DONTDUMP, VM_DONTDUMP, 0},
	{MADV_DODUMP, 0, VM_DONTDUMP},
	{MADV_WIPEONFORK, VM_WIPEONFORK, 0},
	{MADV_KEEPONFORK, 0, VM_WIPEONFORK},
};

static const struct flag_advice *
flag_advice_find(int advice)
{
	for (unsigned i = 0; i < ARRAY_SIZE(flag_advices); i++)
		if (flag_advices[i].advice == advice)
			return &flag_advices[i];
	return NULL;
}

/* => 0 or -errno */
static int
remove_check(const struct vma *vma)
{
	const struct mapping_ops *ops = vma->mapping ? vma->mapping->ops : NULL;

	if (vma->flags & VM_LOCKED || !ops)
		return -EINVAL;
	if ((vma->flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE))
		return -EACCES;
	if (ops->write_pages)
		return -EOPNOTSUPP;
	return ops->check_remove ? ops->check_remove(vma->mapping) : 0;
}

static bool
is_private_anonymous(const struct vma *vma)
{
	return !vma->mapping && !(vma->flags & VM_SHARED);
}

/* Does the advice make sense for this area? => 0 or -errno */
static int
advice_check(const struct vma *vma, int advice)
{
	switch (advice) {
	case MADV_WIPEONFORK:
		return is_private_anonymous(vma) ? 0 : -EINVAL;
	case MADV_FREE:
		return is_private_anonymous(vma) && !(vma->flags & VM_LOCKED) ? 0 : -EINVAL;
	case MADV_DONTNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
		return vma->flags & VM_LOCKED ? -EINVAL : 0;
	case MADV_REMOVE:
		return remove_check(vma);
	default:
		return 0;
	}
}

/* => mm->lock held; 0 or the first area's -errno */
static int
advice_check_range(struct mm *mm, u64 start, u64 end, int advice)
{
	struct vma *vma = vma_find(mm, start);
	int error = 0;

	for (; vma && vma->start < end && !error; vma = vma_next(vma))
		error = advice_check(vma, advice);
	return error;
}

static int
change_flags(struct mm *mm, u64 start, u64 end, const struct flag_advice *change)
{
	int error = areas_split(mm, start, end, max_map_count);

	if (!error)
		areas_change_flags(mm, start, end, change->set, change->clear);
	return error;
}

/* The pages of [start, end) go; with `remove`, out of the file as well. => mm->lock for writing */
static void
discard(struct mm *mm, u64 start, u64 end, bool remove)
{
	struct vma *vma = vma_find(mm, start);

	mm_update_peak(mm);
	for (; vma && vma->start < end; vma = vma_next(vma)) {
		u64 from = MAX(vma->start, start), to = MIN(vma->end, end);

		if (remove)
			mapping_remove_pages(vma->mapping, vma_index(vma, from),
					     vma_index(vma, to - 1));
		else
			zap_range(mm, from, to);
	}
}

/* Flags and discards. => 0 or -errno; holes are not looked for */
static int
advise_areas(struct mm *mm, u64 start, u64 end, int advice)
{
	const struct flag_advice *change = flag_advice_find(advice);
	int error = advice_check_range(mm, start, end, advice);

	if (error < 0)
		return error;
	if (change)
		return change_flags(mm, start, end, change);
	discard(mm, start, end, advice == MADV_REMOVE);
	return 0;
}

/*
 * Up to SWAP_AHEAD_MAX swapped pages of the next table from *va on; *va moves behind them. => how many;
 * mm->lock held
 */
static unsigned
swapped_pages(struct mm *mm, uva_t *va, uva_t end, struct swap_wanted *wanted)
{
	unsigned nr = 0, nr_entries, i = 0;
	pte_t *ptep;

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_next(&mm->pgt, va, end, &nr_entries);
	for (; ptep && i < nr_entries && nr < SWAP_AHEAD_MAX; i++) {
		pte_t pte = pte_read(&ptep[i]);

		if (!pte_is_swap(pte))
			continue;
		wanted[nr].entry = pte_to_swp_entry(pte);
		wanted[nr++].at = *va + i * PAGE_SIZE;
	}
	*va = ptep ? *va + i * PAGE_SIZE : end;
	spin_unlock(&mm->pgt.lock);
	return nr;
}

/* Start reading what an anonymous area has in swap. => mm->lock held */
static void
willneed_swapped(struct mm *mm, uva_t start, uva_t end)
{
	struct swap_wanted wanted[SWAP_AHEAD_MAX];

	while (start < end && !kill_pending()) {
		swap_read_ahead(wanted, swapped_pages(mm, &start, end, wanted));
		cond_resched();
	}
}

/* The same of a file, or of what shared memory has in swap. */
static void
willneed_mapping(struct mapping *mapping, u64 index, u64 nr_pages)
{
	if (mapping->swapbacked)
		shmem_swap_read_ahead(mapping, index, index + nr_pages - 1);
	else
		pagecache_readahead(mapping, index, nr_pages);
}

/* Start reading what is not in memory of [*at, end), up to the end of one area. => false: nothing left */
static bool
willneed_some(struct mm *mm, u64 *at, u64 end)
{
	struct mapping *mapping = NULL;
	u64 index = 0, nr_pages = 0;
	struct vma *vma;

	rwsem_read_lock(&mm->lock);
	vma = vma_find_overlap(mm, *at, end);
	if (vma) {
		u64 from = MAX(vma->start, *at);

		index = vma_index(vma, from);
		*at = MIN(vma->end, end);
		nr_pages = (*at - from) >> PAGE_SHIFT;
		if (vma->mapping && mapping_get(vma->mapping))
			mapping = vma->mapping;
		else if (!vma->mapping && !(vma->flags & VM_PAGEREFS))
			willneed_swapped(mm, from, *at);
	}
	rwsem_read_unlock(&mm->lock);
	if (mapping) {
		willneed_mapping(mapping, index, nr_pages);
		mapping_put(mapping);
	}
	return vma != NULL;
}

/* => 0; -ENOMEM: a hole; -EINVAL: no such access; -EFAULT: SIGBUS; -EINTR: killed */
static int
populate(struct mm *mm, u64 start, u64 end, enum fault_access access)
{
	for (u64 va = start; va < end; va += PAGE_SIZE) {
		enum fault_result result;

		if (kill_pending())
			return -EINTR;
		result = fault_handle(mm, va, access);
		if (result == FAULT_ACCERR)
			return -EINVAL;
		if (result == FAULT_MAPERR)
			return -ENOMEM;
		if (result != FAULT_OK)
			return fault_errno(result);
		cond_resched();
	}
	return 0;
}

/* => 0 or -errno; -ENOMEM when there is a hole in the range */
static int
advise_lru(struct mm *mm, u64 start, u64 end, int advice)
{
	int error;

	rwsem_read_lock(&mm->lock);
	error = advice_check_range(mm, start, end, advice);
	if (!error && advice == MADV_COLD)
		vma_make_cold(mm, start, end);
	else if (!error)
		vma_pageout(mm, start, end);
	if (!error && !areas_cover(mm, start, end))
		error = -ENOMEM;
	rwsem_read_unlock(&mm->lock);
	return error;
}

static bool
advice_known(int advice)
{
	switch (advice) {
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_WILLNEED:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
	case MADV_REMOVE:
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return true;
	default:
		return flag_advice_find(advice) != NULL;
	}
}

/* => 0 or -errno; -ENOMEM when there is a hole in the range */
static int
advise_range(struct mm *mm, u64 start, u64 end, int advice)
{
	bool covered;
	int error = 0;

	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return populate(mm, start, end,
				advice == MADV_POPULATE_READ ? FAULT_READ : FAULT_WRITE);
	if (advice == MADV_COLD || advice == MADV_PAGEOUT)
		return advise_lru(mm, start, end, advice);
	if (advice == MADV_WILLNEED)
		for (u64 at = start; at < end && willneed_some(mm, &at, end);)
			;
	rwsem_write_lock(&mm->lock);
	covered = areas_cover(mm, start, end);
	if (advice != MADV_WILLNEED)
		error = advise_areas(mm, start, end, advice);
	rwsem_write_unlock(&mm->lock);
	return error == 0 && !covered ? -ENOMEM : error;
}

int
vma_advise(struct mm *mm, uva_t addr, u64 bytes, int advice)
{
	u64 rounded = ALIGN_UP(bytes, PAGE_SIZE);

	if (!advice_known(advice) || !IS_ALIGNED(addr, PAGE_SIZE) || rounded < bytes ||
	    addr + rounded < addr)
		return -EINVAL;
	if (rounded == 0)
		return 0;
	return advise_range(mm, addr, addr + rounded, advice);
}
