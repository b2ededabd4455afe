#include "mem/tlb_deferred.h"

#include "lib/compiler.h"
#include "mem/tlb.h"

static void
deferred_add(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va, bool lost)
{
	unsigned i = 0;

	while (i < deferred->nr && deferred->of[i].ctx != ctx)
		i++;
	if (i == deferred->nr) {
		refcount_inc(&ctx->refs);
		__atomic_fetch_add(&ctx->nr_deferred, 1, __ATOMIC_RELAXED);
		deferred->nr++;
		deferred->of[i].ctx = ctx;
		deferred->of[i].start = va;
		deferred->of[i].end = va;
		deferred->of[i].lost = false;
	}
	deferred->last = i;
	tlb_deferred_extend(deferred, ctx, va, lost);
}

/* Is there room for one more address space, or ctx among them? */
static bool
has_room(const struct tlb_deferred *deferred, const struct tlb_context *ctx)
{
	if (deferred->nr < TLB_DEFERRED_MAX)
		return true;
	for (unsigned i = 0; i < deferred->nr; i++)
		if (deferred->of[i].ctx == ctx)
			return true;
	return false;
}

void
tlb_deferred_add_slow(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va)
{
	if (deferred && has_room(deferred, ctx))
		deferred_add(deferred, ctx, va, true);
	else
		tlb_flush_page(ctx, va);
}

void
tlb_deferred_add_accessed(struct tlb_deferred *deferred, struct tlb_context *ctx, u64 va)
{
	if (deferred && has_room(deferred, ctx))
		deferred_add(deferred, ctx, va, false);
	else
		tlb_flush_accessed(ctx, va, va + PAGE_SIZE);
}

void
tlb_deferred_flush(struct tlb_deferred *deferred)
{
	for (unsigned i = 0; i < deferred->nr; i++) {
		struct tlb_context *ctx = deferred->of[i].ctx;

		if (deferred->of[i].lost)
			tlb_flush_range(ctx, deferred->of[i].start, deferred->of[i].end);
		else
			tlb_flush_accessed(ctx, deferred->of[i].start, deferred->of[i].end);
		__atomic_fetch_sub(&ctx->nr_deferred, 1, __ATOMIC_RELEASE);
		tlb_context_put(ctx);
	}
	deferred->nr = 0;
}
