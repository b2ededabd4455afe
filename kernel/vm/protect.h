#pragma once

/* Changing the access of pages that are mapped already. */

#include "vm/mm.h"

/*
 * Give the pages of [start, end), which is one area's, the access pte_flags (vma->pte_flags), and
 * flush where access was taken away. A page whose entry does not own it becomes writable only by the fault
 * that a store then makes: it may have to be copied, or its file be told. => mm->lock for writing
 */
void protect_range(struct mm *mm, u64 start, u64 end, u64 pte_flags);
