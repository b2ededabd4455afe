#pragma once

/*
 * The end of an allocation that may sleep: nothing is free and reclaim finds nothing. Small requests
 * for ordinary memory do not fail then as long as somebody can be killed; all others do.
 */

#include "mem/gfp.h"

/* Larger blocks may be missing although memory is not: nobody is killed for one. */
#define PAGE_OOM_ORDER_MAX 3

/* Single pages may come and go for ever without a block: after so many attempts they are no progress. */
#define PAGE_OOM_BLOCK_ROUNDS 100

/* What vm/ does about it; NULL until it can. */
struct page_oom_ops {
	/*
	 * Let memory become free, by killing if need be, and wait for a part of it. Any sleeping
	 * lock may be held. block_only: what helps must be a block of that order. => false: nothing can
	 * be done
	 */
	bool (*handle)(gfp_t gfp, unsigned order, bool block_only);
	/* Print who uses the memory: the kernel is about to panic. */
	void (*report)(gfp_t gfp, unsigned order);
};
extern const struct page_oom_ops *page_oom_ops;

/* One allocation's attempts. */
struct page_oom {
	u64 nr_rounds;
	u64 start_ns;
};

/*
 * After reclaim gave up: once more? Panics when an allocation has come here for longer than it can
 * take to kill everybody: then nothing moves any more. => false: the allocation fails
 */
bool page_oom_retry(struct page_oom *state, gfp_t gfp, unsigned order);

/* gfp, and for a thread that is being killed for its memory: whatever is left. */
gfp_t page_oom_gfp(gfp_t gfp);

/*
 * Limits of the detector: both must be passed. oom_stall=SECONDS of the boot arguments sets the time;
 * 0: never.
 */
#define PAGE_OOM_STALL_ROUNDS  500
#define PAGE_OOM_STALL_SECONDS 120
extern u64 page_oom_stall_ns;

/* Would a request be served without the reserves now? No more than a guess: the next may be faster. */
bool page_alloc_possible(gfp_t gfp, unsigned order);
