#pragma once

/*
 * Flushes that many changes share, in several address spaces: reclaim and write-back look at a batch
 * of pages, each of which may be mapped anywhere, and one flush for each address space is enough for
 * all of them, before the pages are freed or written.
 *
 *	tlb_deferred_init(&deferred);
 *	... for each entry, with the page-table lock held: change it, tlb_deferred_add() ...
 *	tlb_deferred_flush(&deferred);		before anybody relies on the changes
 *
 * Until then programs may go on using what was taken away, by what their harts hold. Reclaim keeps the pages
 * locked so long, write-back has marked them PG_writeback. Whoever changes the same addresses without a look at the pages, and
 * would not flush because there is nothing to be seen in the page table, asks tlb_deferred_pending() (mem/tlb.h):
 *
 *	munmap, mremap	nothing is there: what is mapped there next would not be seen by all harts
 *	mprotect, fork	the page is in swap: a hart may still store to it
 *	a page fault	nothing is there: a copy that is mapped now would not be seen by all harts
 */

#include "lib/types.h"
#include "riscv/layout.h"

struct tlb_context;

#define TLB_DEFERRED_MAX 4

struct tlb_deferred {
	unsigned nr, last; /* last: of[] to which something was added last */
	struct {
		struct tlb_context *ctx; /* a reference: its last user may be gone meanwhile */
		u64 start, end;
		bool lost; /* something that programs may rely on, not only A */
	} of[TLB_DEFERRED_MAX];
};

static inline void
tlb_deferred_init(struct tlb_deferred *deferred)
{
	deferred->nr = 0;
}

/* The address space of the last change has changed again? => true, and that is all there is to do */
static inline bool
tlb_deferred_extend(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va, bool lost)
{
	unsigned last = deferred->last;

	if (deferred->nr == 0 || deferred->of[last].ctx != ctx)
		return false;
	if (va < deferred->of[last].start)
		deferred->of[last].start = va;
	if (va + PAGE_SIZE > deferred->of[last].end)
		deferred->of[last].end = va + PAGE_SIZE;
	deferred->of[last].lost |= lost;
	return true;
}

void tlb_deferred_add_slow(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va);

/*
 * The entry for va has changed; it is flushed at once when deferred is NULL or has no room for one more
 * address space. => the caller's lock keeps ctx
 */
static inline void
tlb_deferred_add(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va)
{
	if (!deferred || !tlb_deferred_extend(deferred, ctx, va, true))
		tlb_deferred_add_slow(deferred, ctx, va);
}

/* The same when the entry lost nothing but A. */
void tlb_deferred_add_accessed(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va);

/* All harts have forgotten what changed. No spinning lock held. */
void tlb_deferred_flush(struct tlb_deferred *deferred);
