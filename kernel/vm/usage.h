#pragma once

/* What an area really has in memory: for /proc/<pid>/smaps. */

#include "vm/vma.h"

struct mm;

#define PSS_SHIFT 12

/* Bytes, but for pss. Clean and dirty as the page is; shared: more than one PTE has it. */
struct vma_usage {
	u64 rss, anonymous, referenced, locked, swap;
	u64 shared_clean, shared_dirty, private_clean, private_dirty;
	u64 pss;      /* each page divided by the number of PTEs that have it; << PSS_SHIFT */
	u64 swap_pss; /* the same of pages in swap; those of shared memory are not in it */
};

/* Adds what vma has to *usage. => its mm->lock held */
void vma_usage_add(struct vma *vma, struct vma_usage *usage);

/* Makes the area's pages unused until they are used again. => its mm->lock held */
void vma_clear_accessed(struct vma *vma);

/* Pages of shared memory and tmpfs that mm's page tables have. => mm->lock not held */
u64 mm_rss_shmem(struct mm *mm);
