/*
 * Which hart must hear of a change. ctx->harts are those that run the address space: they are told,
 * and the flusher waits until they have flushed. No other hart is. It may hold translations of ctx
 * nevertheless, for there are two ways to leave an address space:
 *
 *	to a kernel thread, or to idle	satp stays, the hart uses no user address
 *	to another address space	satp changes; what is tagged with ctx's number stays (mem/asid.h)
 *
 * Waking such a hart for each flush would cost more than all the rest. It finds a bit of its own in
 * ctx->stale when it comes back, and then flushes ctx's number before it uses it:
 *
 *	flusher				hart that comes
 *	change the entry		set its bit in harts
 *	first = harts			take its bit out of stale: was there? flush
 *	stale |= all but first		run ctx
 *	tell first and harts
 *
 * A hart of `first` is told. Any other has the bit in stale; if it came before that was set, it is
 * in harts when the flusher looks again. So each either is told or sees its bit. (The other way, a
 * new number for ctx at each flush that some hart misses, would throw away what all harts hold and
 * use up the numbers; a bit for each hart costs one hart one flush of one number.)
 *
 * Without numbers a switch to another address space flushes everything, after satp was written. With
 * them the flush, if any, comes before, so that a hart never walks by an old entry of a table.
 *
 * The root table stays until no hart has it in satp. Tables below are freed before that, after
 * tlb_flush_tables(): a hart that is lazy runs none of the programs, but may still walk.
 */

#include "mem/tlb.h"

#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/asid.h"
#include "mem/vmstat.h"
#include "riscv/fence.h"
#include "riscv/irqflags.h"
#include "riscv/sbi.h"

/* Above this many bytes one full flush costs less than a fence for each page. */
#define FLUSH_RANGE_MAX (16UL * PAGE_SIZE)

/* The context in each hart's satp; changed by that hart with interrupts off. */
static struct tlb_context *loaded[NR_CPUS];
/* Does the hart do without the user half of what is loaded? Then it is not in its mask. Likewise. */
static bool lazy[NR_CPUS];
/* What it had loaded before, with the hart's reference still to be put: likewise. */
static struct tlb_context *left[NR_CPUS];

void
tlb_context_init(struct tlb_context *ctx, struct pgtable *pgt,
		 void (*release)(struct tlb_context *ctx))
{
	ctx->satp = SATP_MODE_SV39 | (kva_to_pa(pgt->root) >> PAGE_SHIFT);
	ctx->asid = 0;
	ctx->harts = 0;
	ctx->stale = 0;
	ctx->nr_deferred = 0;
	ctx->icache_stale = ~0U; /* it may begin with pages that another address space wrote */
	ctx->release = release;
	refcount_set(&ctx->refs, 1);
	tlb_check_init(ctx, pgt);
}

void
tlb_context_put(struct tlb_context *ctx)
{
	if (refcount_dec_and_test(&ctx->refs))
		ctx->release(ctx);
}

/* Everything that this hart holds, the kernel's translations too. */
static NOINLINE void
flush_hart(void)
{
	vmstat_add(NR_TLB_LOCAL_FLUSH_ALL, 1);
	sfence_vma_all();
	tlb_check_forgotten(NULL);
}

/* Everything of ctx that this hart holds. => ctx has a number that stays: the hart runs ctx */
static NOINLINE void
flush_own(struct tlb_context *ctx)
{
	vmstat_add(NR_TLB_LOCAL_FLUSH_ALL, 1);
	if (asids.nr_numbers)
		sfence_vma_asid(asid_number(ctx->asid));
	else
		sfence_vma_all();
}

static void
mask_enter(struct tlb_context *ctx, u32 cpu)
{
	__atomic_fetch_or(&ctx->harts, 1U << cpu, __ATOMIC_SEQ_CST);
}

static void
mask_leave(struct tlb_context *ctx, u32 cpu)
{
	if (!lazy[cpu])
		__atomic_fetch_and(&ctx->harts, ~(1U << cpu), __ATOMIC_SEQ_CST);
}

/*
 * => did this hart miss a flush of ctx, which it makes good now? It is in the mask already, and no load
 * comes before that atomic operation
 */
static bool
stale_take(struct tlb_context *ctx, u32 cpu)
{
	if (likely(!(READ_ONCE(ctx->stale) & (1U << cpu))))
		return false;
	__atomic_fetch_and(&ctx->stale, ~(1U << cpu), __ATOMIC_SEQ_CST);
	return true;
}

/* Instructions were stored while the hart did not run ctx. */
static void
icache_catch_up(struct tlb_context *ctx, u32 cpu)
{
	if (likely(!(READ_ONCE(ctx->icache_stale) & (1U << cpu))))
		return;
	__atomic_fetch_and(&ctx->icache_stale, ~(1U << cpu), __ATOMIC_SEQ_CST);
	fence_i();
}

/* Back from a kernel thread to what is still loaded. */
static void
tlb_come_back(struct tlb_context *ctx, u32 cpu)
{
	mask_enter(ctx, cpu);
	lazy[cpu] = false;
	if (stale_take(ctx, cpu)) {
		flush_own(ctx);
		tlb_check_forgotten(ctx);
	}
	tlb_check_entered(ctx);
	icache_catch_up(ctx, cpu);
}

/* ctx goes into satp, and from now on the hart holds nothing old of it. */
static void
satp_load(struct tlb_context *ctx, u32 cpu)
{
	bool missed = stale_take(ctx, cpu);

	if (!asids.nr_numbers) {
		csr_write(satp, ctx->satp);
		flush_hart();
		return;
	}
	if (unlikely(asid_enter(&asids, &ctx->asid, cpu))) {
		flush_hart();
	} else if (missed) {
		flush_own(ctx);
		tlb_check_forgotten(ctx);
	}
	csr_write(satp, ctx->satp | asid_number(ctx->asid) << SATP_ASID_SHIFT);
}

static void
tlb_load(struct tlb_context *ctx, struct tlb_context *old, u32 cpu)
{
	refcount_inc(&ctx->refs);
	/* Whoever reads loaded first and left then finds old while it is in satp. */
	assert(!left[cpu]);
	WRITE_ONCE(left[cpu], old);
	mask_enter(ctx, cpu);
	WRITE_ONCE(loaded[cpu], ctx);
	satp_load(ctx, cpu);
	tlb_check_entered(ctx);
	icache_catch_up(ctx, cpu);
	if (old)
		mask_leave(old, cpu);
	lazy[cpu] = false;
}

void
tlb_switch(struct tlb_context *ctx)
{
	u32 cpu = cpu_id();
	struct tlb_context *old = loaded[cpu];

	if (!ctx) {
		if (old)
			mask_leave(old, cpu);
		lazy[cpu] = true;
	} else if (ctx != old) {
		tlb_load(ctx, old, cpu);
	} else if (lazy[cpu]) {
		tlb_come_back(ctx, cpu);
	}
}

void
tlb_put_left(void)
{
	u32 cpu = cpu_id();
	struct tlb_context *old = left[cpu];

	if (!old)
		return;
	WRITE_ONCE(left[cpu], NULL);
	tlb_context_put(old);
}

typedef void remote_fence(u64 hart_mask, u64 hart_base, u64 start, u64 size);

/* A fence on the harts of a mask of logical ids but this one; SBI wants them by hart id. */
static void
fence_harts(cpumask_t harts, remote_fence *fence, u64 start, u64 size)
{
	u64 mask = 0;

	harts &= ~(1U << cpu_id());
	for (u32 i = 0; i < nr_cpus; i++) {
		if (!(harts & (1U << i)) || !cpus[i].online)
			continue;
		if (cpus[i].hartid < 64)
			mask |= 1UL << cpus[i].hartid;
		else
			fence(1, cpus[i].hartid, start, size);
	}
	if (mask)
		fence(mask, 0, start, size);
}

static NOINLINE void
remote_flush(cpumask_t harts, u64 start, u64 size)
{
	vmstat_add(NR_TLB_REMOTE_FLUSH, 1);
	for (u32 i = 0; i < nr_cpus; i++)
		if (harts & (1U << i) && i != cpu_id())
			__atomic_fetch_add(&vm_counts[i].nr[NR_TLB_REMOTE_FLUSH_RECEIVED], 1,
					   __ATOMIC_RELAXED);
	fence_harts(harts, sbi_remote_sfence, start, size);
}

/* By address it is of every number, whichever the context has on each hart. */
static ALWAYS_INLINE void
flush_pages(u64 start, u64 size)
{
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		sfence_vma_page(start + at);
}

/* ctx NULL: of the kernel. */
static void
local_flush(struct tlb_context *ctx, u64 start, u64 size)
{
	if (size > FLUSH_RANGE_MAX) {
		if (ctx)
			flush_own(ctx);
		else
			flush_hart();
		return;
	}
	flush_pages(start, size);
}

static NOINLINE void
flush_harts_slow(struct tlb_context *ctx, cpumask_t harts, u64 start, u64 size)
{
	cpumask_t self = 1U << cpu_id();

	if (harts & self)
		local_flush(ctx, start, size);
	if (harts & ~self)
		remote_flush(harts, start, size > FLUSH_RANGE_MAX ? ~0UL : size);
}

/* Mostly it is this hart alone, and a few pages. */
static ALWAYS_INLINE void
flush_harts(struct tlb_context *ctx, cpumask_t harts, u64 start, u64 size)
{
	if (likely(harts == 1U << cpu_id() && size <= FLUSH_RANGE_MAX))
		flush_pages(start, size);
	else
		flush_harts_slow(ctx, harts, start, size);
}

/* An entry of ctx has changed: harts that do not run ctx owe a flush. => those to be told now */
static cpumask_t
stale_mark(struct tlb_context *ctx)
{
	cpumask_t first = __atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST);

	__atomic_fetch_or(&ctx->stale, ~first, __ATOMIC_SEQ_CST);
	return first | __atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST);
}

void
tlb_flush_range(struct tlb_context *ctx, u64 start, u64 end)
{
	cpumask_t harts;
	u64 begun;

	if (start >= end || tlb_check_drops())
		return;
	begun = tlb_check_flush_begins();
	harts = stale_mark(ctx);
	flush_harts(ctx, harts, start, end - start);
	tlb_check_flushed(ctx, harts, start, end, false, begun);
}

void
tlb_flush_accessed(struct tlb_context *ctx, u64 start, u64 end)
{
	u64 flags = irq_save();

	if (stale_mark(ctx) & 1U << cpu_id())
		local_flush(ctx, start, end - start);
	irq_restore(flags);
}

void
tlb_flush_page(struct tlb_context *ctx, u64 va)
{
	tlb_flush_range(ctx, va, va + PAGE_SIZE);
}

void
tlb_flush_context(struct tlb_context *ctx)
{
	tlb_flush_range(ctx, 0, USER_VA_END);
}

void
tlb_flush_tables(struct tlb_context *ctx)
{
	u64 begun = tlb_check_flush_begins();
	cpumask_t harts;

	if (tlb_check_drops())
		return;
	harts = stale_mark(ctx);
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (__atomic_load_n(&loaded[cpu], __ATOMIC_SEQ_CST) == ctx ||
		    __atomic_load_n(&left[cpu], __ATOMIC_SEQ_CST) == ctx)
			harts |= 1U << cpu;
	flush_harts(ctx, harts, 0, USER_VA_END);
	tlb_check_flushed(ctx, harts, 0, USER_VA_END, true, begun);
}

void
tlb_flush_kernel(u64 start, u64 end)
{
	if (start < end)
		flush_harts(NULL, (1U << nr_cpus) - 1, start, end - start);
}

static void
remote_fence_i(u64 hart_mask, u64 hart_base, u64 start UNUSED, u64 size UNUSED)
{
	sbi_remote_fence_i(hart_mask, hart_base);
}

void
icache_flush(struct tlb_context *ctx)
{
	__atomic_store_n(&ctx->icache_stale, ~(1U << cpu_id()), __ATOMIC_SEQ_CST);
	fence_i();
	fence_harts(__atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST), remote_fence_i, 0, 0);
}

void
tlb_batch_init(struct tlb_batch *batch, struct tlb_context *ctx)
{
	batch->ctx = ctx;
	batch->start = ~0UL;
	batch->end = 0;
	batch->nr_pages = 0;
}

void
tlb_batch_flush_noted(struct tlb_batch *batch)
{
	tlb_flush_range(batch->ctx, batch->start, batch->end);
	batch->start = ~0UL;
	batch->end = 0;
}

void
tlb_batch_flush(struct tlb_batch *batch)
{
	tlb_flush_range(batch->ctx, batch->start, batch->end);
	for (unsigned i = 0; i < batch->nr_pages; i++)
		page_put(batch->pages[i]);
	tlb_batch_init(batch, batch->ctx);
}

void
tlb_batch_finish(struct tlb_batch *batch)
{
	tlb_batch_flush(batch);
}
