#include "mem/page_oom.h"

#include "core/clock.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/thread_info.h"
#include "mem/zone.h"

const struct page_oom_ops *page_oom_ops;
u64 page_oom_stall_ns = PAGE_OOM_STALL_SECONDS * NSEC_PER_SEC;

static bool
is_victim(void)
{
	return READ_ONCE(current_thread_info->flags) & TIF_MEMDIE;
}

/* Is this all that the machine has, or only its lowest part, which few programs have pages in? */
static bool
asks_for_low_part(gfp_t gfp)
{
	const struct zone *best = zonelists[gfp & GFP_ZONE_MASK].zones[0];

	return best->index == ZONE_DMA &&
	       (zones[ZONE_NORMAL].nr_managed || zones[ZONE_HIGHMEM].nr_managed);
}

/*
 * GFP_KERNEL and what contains it. A file system that must not be called back (NOFS, NOIO) can be
 * told no, and so can who said that he expects it.
 */
static bool
may_kill(gfp_t gfp, unsigned order)
{
	return (gfp & GFP_KERNEL) == GFP_KERNEL && !(gfp & (GFP_NORETRY | GFP_MEMALLOC)) &&
	       order <= PAGE_OOM_ORDER_MAX && !asks_for_low_part(gfp);
}

static void
check_stall(struct page_oom *state, gfp_t gfp, unsigned order)
{
	u64 now = clock_now_ns();

	if (state->nr_rounds++ == 0)
		state->start_ns = now;
	if (!page_oom_stall_ns || state->nr_rounds < PAGE_OOM_STALL_ROUNDS ||
	    now - state->start_ns < page_oom_stall_ns)
		return;
	page_oom_ops->report(gfp, order);
	panic("no memory for \"%s\" in %lu s and %lu attempts (order %u, gfp %#x): nothing moves",
	      current_thread_info->name, (now - state->start_ns) / NSEC_PER_SEC, state->nr_rounds,
	      order, gfp);
}

bool
page_oom_retry(struct page_oom *state, gfp_t gfp, unsigned order)
{
	bool block_only = order > 0 && state->nr_rounds >= PAGE_OOM_BLOCK_ROUNDS;

	if (!page_oom_ops || !may_kill(gfp, order) || is_victim())
		return false;
	if (!page_oom_ops->handle(gfp, order, block_only))
		return false;
	check_stall(state, gfp, order);
	return true;
}

gfp_t
page_oom_gfp(gfp_t gfp)
{
	return is_victim() ? gfp | GFP_MEMALLOC : gfp;
}
