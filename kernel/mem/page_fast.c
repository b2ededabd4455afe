/*
 * The two paths of a single page that most requests take: from and to the hart's own list. This
 * file is compiled without frame pointers and with tail calls (kernel/kernel.mk), so that nothing is
 * saved on a path that calls nothing. Everything unusual is in page_alloc.c.
 */

#include "core/panic.h"
#include "mem/fault_inject.h"
#include "mem/page_slow.h"
#include "mem/pcp.h"
#include "mem/tlb_check.h"

struct page *
page_alloc(gfp_t gfp)
{
	struct zone *zone = zonelists[gfp & GFP_ZONE_MASK].zones[0];
	struct page *page;
	u64 flags;

	page_alloc_check_context(gfp);
	if (unlikely((gfp & GFP_ZERO) | READ_ONCE(fail_page_alloc.on)))
		return page_alloc_special(gfp);
	flags = irq_save();
	page = pcp_pop(pcp_mine(zone));
	irq_restore(flags);
	if (unlikely(!page))
		return page_alloc_slow(gfp);
	page_prepare(page);
	return page;
}

/* No owner is left. */
static ALWAYS_INLINE void
page_release(struct page *page)
{
	struct zone *zone = zone_of(page);
	u64 flags;

	tlb_check_free(page, page_test(page, PG_head) ? page->order : 0);
	if (unlikely(page->flags & PAGE_FLAGS_SLOW)) {
		page_release_slow(page);
		return;
	}
	flags = irq_save();
	if (unlikely(!pcp_push(pcp_mine(zone), page))) {
		page_release_full(zone, flags);
		return;
	}
	irq_restore(flags);
}

/* Both counts are looked at at once: refcount below, mapcount above (see vm/page_map.h). */
void
page_put(struct page *page)
{
	u64 old = __atomic_fetch_sub((u64 *)&page->refcount, 1, __ATOMIC_ACQ_REL);

	if (likely(old == 1))
		page_release(page);
	else
		page_put_check(page, old);
}
