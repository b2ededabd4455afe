#pragma once

/*
 * Translation caches: which harts may hold entries of an address space, and the
 * flushes that a change of its page table needs. One fence for each operation, none
 * where nothing was valid before.
 */

#include "core/cpu.h"
#include "core/refcount.h"
#include "mem/pgtable.h"
#include "mem/tlb_check.h"

/* The hardware side of an address space; embedded in struct mm. */
struct tlb_context {
	u64 satp;		/* without the number */
	u64 asid;		/* mem/asid.h */
	cpumask_t harts;	/* run it now: must be told of changes */
	cpumask_t stale;	/* were not told of some: owe a flush before they run it next */
	cpumask_t icache_stale; /* owe a fence.i before they run it next */
	u32 nr_deferred; /* batches of changes whose flush is still to come (mem/tlb_deferred.h) */
	refcount_t refs; /* the mm, and each hart that has it loaded */
	void (*release)(struct tlb_context *ctx); /* last reference is gone: free root and mm */
	struct tlb_check check;
};

void tlb_context_init(struct tlb_context *ctx, struct pgtable *pgt,
		      void (*release)(struct tlb_context *ctx));
void tlb_context_put(struct tlb_context *ctx);

/*
 * Make ctx the address space of this hart; NULL keeps the present one (a kernel thread runs in
 * whatever is there, and uses nothing of it). Called by the scheduler with interrupts off.
 */
void tlb_switch(struct tlb_context *ctx);

/*
 * Put the reference to the context that tlb_switch() left, which may free it: after each
 * tlb_switch(), in the same stretch without interrupts, with no lock of rank SLAB or above.
 */
void tlb_put_left(void);

/* Flush [start, end) of ctx on every hart that runs it; others do so before they run it. Any lock may be held but none that an
 * interrupt handler takes; returns when all harts have done it. */
void tlb_flush_range(struct tlb_context *ctx, u64 start, u64 end);
void tlb_flush_page(struct tlb_context *ctx, u64 va);
/*
 * The same for entries that lost nothing but A: other harts that run ctx are not made to wait for. As long as they
 * hold such an entry a use of the page is not seen; under pressure the next flush of others is near.
 */
void tlb_flush_accessed(struct tlb_context *ctx, u64 start, u64 end);
void tlb_flush_context(struct tlb_context *ctx);
/*
 * The same for all of ctx, when page-table pages are about to be freed: on every hart that has ctx in
 * satp, too, for a hart may walk a table whenever it likes.
 */
void tlb_flush_tables(struct tlb_context *ctx);
void tlb_flush_kernel(u64 start, u64 end);

/*
 * Do other threads still owe flushes of ctx (mem/tlb_deferred.h) for changes that can be seen in its page table? Whoever flushes what
 * it has to do with then need not wait for them. => the page-table lock was held after the last look at the table
 */
static inline bool
tlb_deferred_pending(const struct tlb_context *ctx)
{
	return unlikely(__atomic_load_n(&ctx->nr_deferred, __ATOMIC_ACQUIRE) > 0);
}

/* Instruction caches of every hart that may run ctx. */
void icache_flush(struct tlb_context *ctx);

/*
 * A batch of removed translations: pages are put only after the flush.
 *
 *	tlb_batch_init(&batch, ctx);
 *	... with the page-table lock: clear PTEs, batch.pages[batch.nr_pages++] = page for each
 *	    that is owed a put, tlb_batch_note(&batch, start, end); when it is full, drop the lock
 *	    and tlb_batch_flush(&batch) ...
 *	tlb_batch_finish(&batch);	after the lock was dropped
 */
#define TLB_BATCH_MAX 64

struct tlb_batch {
	struct tlb_context *ctx;
	u64 start, end; /* range that needs a flush */
	unsigned nr_pages;
	struct page *pages[TLB_BATCH_MAX];
};

void tlb_batch_init(struct tlb_batch *batch, struct tlb_context *ctx);
/* Addresses that lost their translations. */
static inline void
tlb_batch_note(struct tlb_batch *batch, u64 start, u64 end)
{
	batch->start = MIN(batch->start, start);
	batch->end = MAX(batch->end, end);
}

/* Flush for what was noted so far; the pages stay in the batch. Locks as for tlb_flush_range(). */
void tlb_batch_flush_noted(struct tlb_batch *batch);
/* Flush, put the pages, start over. No spinning lock held. */
void tlb_batch_flush(struct tlb_batch *batch);
void tlb_batch_finish(struct tlb_batch *batch);
