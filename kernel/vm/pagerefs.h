#pragma once

/* Which pages a program uses, one after another, under a policy with a memory of its own. */

#include "vm/fault_file.h"

/* As many references are noted; then the record is full. */
#define PAGEREFS_MAX 65536
/* The part of memory that a recording may have in frames at most. */
#define PAGEREFS_SHARE 8

struct pagerefs_info {
	u64 nr_frames, nr_pages;
	u64 nr_refs, nr_faults; /* noted */
	u64 nr_lost;		/* references after the record was full */
	u64 nr_strays;		/* pages that reclaim had in its hands: they are in no frame */
};

/*
 * Record what the current program does in [start, start + bytes), which has nr_frames frames from now
 * on. It ends when the range is unmapped. => 0; -EINVAL: not aligned, not private anonymous memory
 * or no good number of frames; -EBUSY: there are pages in it, or in another recording; -ENOSPC: no
 * swap; -ENOMEM
 */
int pagerefs_start(uva_t start, u64 bytes, u64 nr_frames);

void pagerefs_info(struct pagerefs_info *info);

/* The n-th reference of the record: a page of the range. *fault: it was not in a frame */
u32 pagerefs_get(u64 n, bool *fault);

/*
 * Before the verb of a fault in an area with VM_PAGEREFS: the reference is noted, and a page that is not
 * in a frame has one free. => FAULT_OK: go on, f->pte is as it is now; mm->lock held
 */
enum fault_result pagerefs_note(struct fault *f);
