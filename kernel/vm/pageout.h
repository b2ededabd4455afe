#pragma once

/* Advice about pages that a program will not need for a while: they leave before others do. */

#include "vm/mm.h"

/*
 * Pages in [start, end) that this address space alone maps become old (cold), or are freed, after
 * they were written to swap or to their file (pageout). Sleeps. => mm->lock held for reading
 */
void vma_make_cold(struct mm *mm, uva_t start, uva_t end);
void vma_pageout(struct mm *mm, uva_t start, uva_t end);
