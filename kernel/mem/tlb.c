/*
 * Which hart must hear of a change. ctx->harts are those that run the address space. A hart that
 * goes on to a kernel thread, or idles, keeps the page table loaded but leaves the mask: it uses no
 * user address, and waking it for each flush would cost more than all the rest. When it comes back
 * to the same address space it looks whether anything was flushed meanwhile:
 *
 *	flusher			hart that comes back
 *	change the entry	set its bit in harts
 *	flushes++		seen != flushes: flush everything
 *	load harts, tell them
 *
 * Whichever order these take, either the hart is told or it sees the new number. Another address
 * space loaded in between means a full flush anyway. Page tables stay until no hart has the root
 * loaded.
 */

#include "mem/tlb.h"

#include "core/panic.h"
#include "lib/compiler.h"
#include "mem/vmstat.h"
#include "riscv/fence.h"
#include "riscv/sbi.h"

/* Above this many bytes one full flush costs less than a fence for each page. */
#define FLUSH_RANGE_MAX (16UL * PAGE_SIZE)

/* The context loaded in each hart; changed by that hart with interrupts off. */
static struct tlb_context *loaded[NR_CPUS];
/* Does the hart do without the user half of what is loaded? Then it is not in its mask. Likewise. */
static bool lazy[NR_CPUS];
/* loaded[]'s number of flushes when the hart last had none of its entries. Likewise. */
static u64 seen[NR_CPUS];
/* What it had loaded before, with the hart's reference still to be put: likewise. */
static struct tlb_context *left[NR_CPUS];

void
tlb_context_init(struct tlb_context *ctx, struct pgtable *pgt,
		 void (*release)(struct tlb_context *ctx))
{
	ctx->satp = SATP_MODE_SV39 | (kva_to_pa(pgt->root) >> PAGE_SHIFT);
	ctx->harts = 0;
	ctx->flushes = 0;
	ctx->icache_stale = 0;
	ctx->release = release;
	refcount_set(&ctx->refs, 1);
}

void
tlb_context_put(struct tlb_context *ctx)
{
	if (refcount_dec_and_test(&ctx->refs))
		ctx->release(ctx);
}

/* The hart uses ctx from now on. => the number of flushes, none of which it may miss after this */
static u64
mask_enter(struct tlb_context *ctx, u32 cpu)
{
	__atomic_fetch_or(&ctx->harts, 1U << cpu, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&ctx->flushes, __ATOMIC_SEQ_CST);
}

static void
mask_leave(struct tlb_context *ctx, u32 cpu)
{
	if (!lazy[cpu])
		__atomic_fetch_and(&ctx->harts, ~(1U << cpu), __ATOMIC_SEQ_CST);
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
	u64 flushes = mask_enter(ctx, cpu);

	lazy[cpu] = false;
	if (seen[cpu] != flushes) {
		sfence_vma_all();
		seen[cpu] = flushes;
	}
	icache_catch_up(ctx, cpu);
}

static void
tlb_load(struct tlb_context *ctx, struct tlb_context *old, u32 cpu)
{
	refcount_inc(&ctx->refs);
	seen[cpu] = mask_enter(ctx, cpu);
	csr_write(satp, ctx->satp);
	sfence_vma_all();
	icache_catch_up(ctx, cpu);
	loaded[cpu] = ctx;
	if (old) {
		mask_leave(old, cpu);
		assert(!left[cpu]);
		left[cpu] = old;
	}
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
	left[cpu] = NULL;
	tlb_context_put(old);
}

/* The harts of a mask of logical ids but this one, as SBI wants them: by hart id. */
static void
remote_flush(cpumask_t harts, u64 start, u64 size)
{
	u64 mask = 0;

	vmstat_add(NR_TLB_REMOTE_FLUSH, 1);
	harts &= ~(1U << cpu_id());
	for (u32 i = 0; i < nr_cpus; i++) {
		if (!(harts & (1U << i)) || !cpus[i].online)
			continue;
		if (cpus[i].hartid < 64)
			mask |= 1UL << cpus[i].hartid;
		else
			sbi_remote_sfence(1, cpus[i].hartid, start, size);
	}
	if (mask)
		sbi_remote_sfence(mask, 0, start, size);
}

static void
local_flush(u64 start, u64 size)
{
	if (size > FLUSH_RANGE_MAX) {
		sfence_vma_all();
		return;
	}
	for (u64 at = 0; at < size; at += PAGE_SIZE)
		sfence_vma_page(start + at);
}

static void
flush_harts(cpumask_t harts, u64 start, u64 size)
{
	if (harts & (1U << cpu_id()))
		local_flush(start, size);
	if (harts & ~(1U << cpu_id()))
		remote_flush(harts, start, size > FLUSH_RANGE_MAX ? ~0UL : size);
}

void
tlb_flush_range(struct tlb_context *ctx, u64 start, u64 end)
{
	if (start >= end)
		return;
	__atomic_fetch_add(&ctx->flushes, 1, __ATOMIC_SEQ_CST);
	flush_harts(__atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST), start, end - start);
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
tlb_flush_kernel(u64 start, u64 end)
{
	if (start < end)
		flush_harts((1U << nr_cpus) - 1, start, end - start);
}

void
icache_flush(struct tlb_context *ctx)
{
	cpumask_t harts;
	u64 mask = 0;

	__atomic_store_n(&ctx->icache_stale, ~(1U << cpu_id()), __ATOMIC_SEQ_CST);
	harts = __atomic_load_n(&ctx->harts, __ATOMIC_SEQ_CST);
	fence_i();
	for (u32 i = 0; i < nr_cpus; i++)
		if (i != cpu_id() && harts & (1U << i))
			mask |= 1UL << cpus[i].hartid;
	if (mask)
		sbi_remote_fence_i(mask, 0);
}

void
tlb_batch_init(struct tlb_batch *batch, struct tlb_context *ctx)
{
	batch->ctx = ctx;
	batch->start = ~0UL;
	batch->end = 0;
	batch->nr_pages = 0;
}

bool
tlb_batch_add(struct tlb_batch *batch, u64 va, struct page *page)
{
	batch->start = MIN(batch->start, va);
	batch->end = MAX(batch->end, va + PAGE_SIZE);
	if (page)
		batch->pages[batch->nr_pages++] = page;
	return batch->nr_pages == TLB_BATCH_MAX;
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
