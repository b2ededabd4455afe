#pragma once

/* Removing translations from an address space. */

#include "mem/tlb.h"
#include "vm/mm.h"

/*
 * Unmap [start, end): every page loses this mm's reference after the TLBs were flushed. Tables
 * stay. => caller holds mm->lock for writing, or for reading if it does not matter what is faulted in
 * meanwhile, or the mm has no user left; sleeps
 */
void zap_range(struct mm *mm, u64 start, u64 end);

/* The same for all areas at once. => the mm has no user left */
void zap_all(struct mm *mm);

/*
 * The same for a part of one area, for a caller that holds a spinning lock of rank RMAP and so
 * keeps the area in place: truncation, whose pages have another owner. What private copies of them and
 * swap entries may come up lose their last reference under that lock.
 */
void zap_vma_locked(struct vma *vma, u64 start, u64 end);
