/* What is kept back for callers with a privilege stays theirs, whatever the lists of harts have seen. */

#include "ktest/ktest.h"
#include "lib/list.h"
#include "mem/page_alloc.h"
#include "mem/page_slow.h"
#include "mem/pcp.h"
#include "mem/zone.h"

enum { ROUNDS = 200, AT_ONCE = 16, ABOUT = 64, CONTIG = 8, LOOKS = 50 };

static void
take_all(struct list_head *taken, gfp_t gfp)
{
	struct page *page;

	while ((page = page_alloc(gfp | GFP_NOWARN)))
		list_add(&page->lru, taken);
}

static void
put_all(struct list_head *taken, u64 nr_pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, taken, lru) {
		list_del(&page->lru);
		pages_free_exact(page, nr_pages);
	}
}

/* Some pages come with a privilege and go again; then everybody else takes what there is. */
static void
privilege_comes_and_goes(struct list_head *taken, gfp_t everybody, gfp_t privileged)
{
	struct page *pages[AT_ONCE];

	take_all(taken, everybody);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < AT_ONCE; i++)
			pages[i] = page_alloc(privileged | GFP_NOWARN);
		for (unsigned i = 0; i < AT_ONCE; i++)
			if (pages[i])
				page_put(pages[i]);
		take_all(taken, everybody);
	}
}

/* => the reserve is there, give or take what other threads did meanwhile */
static bool
kept(const struct zone *zone, gfp_t everybody)
{
	const struct zone *best = zonelists[everybody & GFP_ZONE_MASK].zones[0];

	return READ_ONCE(zone->nr_free) + ABOUT >= zone_reserve(zone, best, everybody);
}

KTEST(reserve_of_the_atomic_stays)
{
	LIST_HEAD(taken);

	privilege_comes_and_goes(&taken, GFP_NOWAIT, GFP_ATOMIC);
	KTEST_CHECK(kept(zonelists[0].zones[0], GFP_NOWAIT));
	put_all(&taken, 1);
}

KTEST(reserve_of_lower_zones_stays)
{
	LIST_HEAD(taken);

	privilege_comes_and_goes(&taken, GFP_NOWAIT | GFP_BIT_HIGHMEM, GFP_NOWAIT);
	for (unsigned i = 0; zonelists[GFP_BIT_HIGHMEM].zones[i]; i++)
		KTEST_CHECK(
			kept(zonelists[GFP_BIT_HIGHMEM].zones[i], GFP_NOWAIT | GFP_BIT_HIGHMEM));
	put_all(&taken, 1);
}

KTEST(reserve_of_lower_zones_stays_when_contiguous)
{
	const gfp_t gfp = GFP_NOWAIT | GFP_BIT_HIGHMEM | GFP_NOWARN;
	struct page *page;
	LIST_HEAD(taken);

	take_all(&taken, gfp);
	page = pages_alloc_contig(gfp, CONTIG, 1);
	KTEST_CHECK(!page || page->zone == zonelists[GFP_BIT_HIGHMEM].zones[0]->index);
	if (page)
		pages_free_exact(page, CONTIG);
	put_all(&taken, 1);
}

/* Below its lowest watermark a zone gets each page back at once. */
KTEST(reserve_lists_are_off_while_short)
{
	struct zone *zone = zonelists[0].zones[0];
	LIST_HEAD(taken);
	bool both = false;

	take_all(&taken, GFP_NOWAIT);
	take_all(&taken, GFP_ATOMIC);
	pcp_drain_all();
	/* Meanwhile kswapd frees what it can, so one look proves nothing. */
	for (int i = 0; i < LOOKS && !both; i++) {
		u64 before = READ_ONCE(zone->nr_free);
		struct page *page = page_alloc(GFP_MEMALLOC);
		bool came_from_zone = page && READ_ONCE(zone->nr_free) < before;

		if (page)
			page_put(page);
		both = came_from_zone && READ_ONCE(zone->nr_free) + 2 >= before;
	}
	KTEST_CHECK(both);
	put_all(&taken, 1);
}
