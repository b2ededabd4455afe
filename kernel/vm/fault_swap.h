#pragma once

/* The verb of vm/fault.c for pages that were swapped out. */

#include "vm/fault_file.h"

/* The entry is a swap entry: map its page if it is in the cache. => mm->lock held for reading */
enum fault_result fault_swap(struct fault *f);

/*
 * Bring the page that fault_swap() asked for into the cache; f->held keeps it there. => FAULT_OK:
 * try again; mm->lock not held
 */
enum fault_result fault_swap_read(struct fault *f, struct mm *mm);

/*
 * For swapoff: the page of a swap entry of vma's at uva comes back, whatever the area allows. => 0
 * (look again: it may take another try), -ENOMEM, -EIO; mm->lock held for reading
 */
int fault_bring_back(struct vma *vma, uva_t uva, pte_t *ptep, pte_t pte);
