#pragma once

/* One step of reclaim: look at some pages of a list, and free what is not needed. */

#include "mem/gfp.h"
#include "vm/lru.h"

/* What one run of reclaim may do, and what it did. */
struct reclaim_run {
	gfp_t gfp;
	bool kswapd;	/* it is the thread, not somebody who needs memory himself */
	bool desperate; /* used pages go, too */
	u64 nr_scanned, nr_freed;
	u64 nr_dirty;	  /* pages met that the flusher has to write */
	u64 nr_writeback; /* pages met that are being written, and those in laundries */
};

/* Look at up to nr pages of a kind. => how many were looked at; may sleep a while for others */
unsigned shrink_batch(struct lru *lru, enum lru_kind kind, u64 nr, struct reclaim_run *run);

/* The same with isolated pages that a program names, used or not; what needs no I/O is free then. */
void shrink_pages(struct page **pages, unsigned nr);

/* Free what was written since somebody gave it to the disk to be freed; counted in run. */
void shrink_laundry(struct lru *lru, struct reclaim_run *run);

/* The same in all zones. */
void shrink_laundries(struct reclaim_run *run);

/*
 * Isolated pages that were unevictable when they were chosen: back to the lists, which ones as their
 * areas say. => how many can go again; those that somebody else brought back meanwhile are not counted
 */
unsigned shrink_rescue_pages(struct page **pages, unsigned nr);

/* Let pages that nobody keeps in memory any more be candidates again; looks at up to nr. */
void shrink_rescue(struct lru *lru, u64 nr);
