#pragma once

/*
 * The steps that the operations on an address space are made of (vm/mmap.c). Those that can fail
 * come first and change nothing that a program could see; the others cannot fail. mm->lock is held
 * for writing throughout, except in areas_free() and range_valid().
 */

#include "vm/mm.h"

/* Is it within user addresses, and aligned? */
bool range_valid(uva_t addr, u64 bytes);

/* Lowest address that a new area must stay below to keep a stack's guard gap. */
u64 vma_guarded_start(const struct vma *vma);

/* Where a new area goes; place is a MAP_PLACE_*. => its address; -EINVAL, -EPERM, -ENOMEM, -EEXIST */
s64 place_find(struct mm *mm, uva_t addr, u64 bytes, unsigned place);

/* May the mm have nr_pages more with these flags? => 0, -ENOMEM */
int limits_check(const struct mm *mm, u64 nr_pages, u32 vm_flags);

/* May nr_pages more of it be locked? */
bool lock_limit_allows(const struct mm *mm, u64 nr_pages);

/* Is every page of it mapped? => mm->lock held */
bool areas_cover(struct mm *mm, u64 start, u64 end);

/*
 * Let areas begin and end at start and end. max: how many there may be afterwards.
 * => 0; -ENOMEM: nothing has changed
 */
int areas_split(struct mm *mm, u64 start, u64 end, u64 max);

/* The same for a range that will go: what lies in it does not count. */
int areas_split_for_unmap(struct mm *mm, u64 start, u64 end);

/*
 * Take the areas of [start, end) out of the mm, with their pages; areas_split() was called. They
 * are left on `removed`, for areas_free().
 */
void areas_unmap(struct mm *mm, u64 start, u64 end, struct list_head *removed);

/*
 * Free page tables that [start, end), unmapped now, left empty. Not for every small range, which
 * will often be mapped again soon; but an mm may not have many more tables than it has use for.
 */
void areas_free_tables(struct mm *mm, u64 start, u64 end);

/* => mm->lock is not held: the files of the areas may go, too */
void areas_free(struct list_head *removed);

/* Sets and clears flags of all areas in [start, end), whose edges were split, and merges them. */
void areas_change_flags(struct mm *mm, u64 start, u64 end, u32 set, u32 clear);
