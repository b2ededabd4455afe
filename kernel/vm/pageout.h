#pragma once

/* What a program says of its own pages: they leave before others do, or not at all. */

#include "vm/mm.h"

/*
 * Pages in [start, end) that this address space alone maps become old (cold), or are freed, after
 * they were written to swap or to their file (pageout). Sleeps. => mm->lock held for reading
 */
void vma_make_cold(struct mm *mm, uva_t start, uva_t end);
void vma_pageout(struct mm *mm, uva_t start, uva_t end);

/*
 * Pages of the range's locked areas go to the unevictable list; those of the range that nobody locks any
 * more come back from there. => mm->lock not held
 */
void vma_set_pages_aside(struct mm *mm, uva_t start, uva_t end);
void vma_take_pages_back(struct mm *mm, uva_t start, uva_t end);

/*
 * The area is about to be unmapped: those of its pages that others have come back from there if nobody else
 * locks them. => mm->lock held for writing, or nobody uses the mm
 */
void vma_unlock_pages(struct vma *vma);
