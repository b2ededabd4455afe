/* What each replacement policy says of a page, by how it was used. */

#include "ktest/ktest.h"
#include "mem/page_alloc.h"
#include "vm/reclaim_policy.h"

/* A page that is on no list: as an isolated one is. */
static struct page *
page_isolated(u32 flags)
{
	struct page *page = page_alloc(GFP_KERNEL);

	if (page) {
		page->flags |= flags;
		page->lru_age = 0;
	}
	return page;
}

static void
page_done(struct page *page)
{
	page->flags = 0;
	page_put(page);
}

KTEST(policy_by_name)
{
	KTEST_CHECK(reclaim_policy_find("lru") == &policy_lru);
	KTEST_CHECK(reclaim_policy_find("clock") == &policy_clock);
	KTEST_CHECK(!reclaim_policy_find("mru"));
}

KTEST(policy_fifo_and_clock)
{
	struct page *page = page_isolated(0);

	KTEST_REQUIRE(page);
	KTEST_CHECK(policy_fifo.judge(page, USED_MAPPED | USED_CALL) == POLICY_EVICT);
	KTEST_CHECK(policy_clock.judge(page, USED_MAPPED) == POLICY_KEEP);
	KTEST_CHECK(policy_clock.judge(page, USED_CALL) == POLICY_KEEP);
	KTEST_CHECK(policy_clock.judge(page, USED_EXEC) == POLICY_EVICT);
	page_done(page);
}

/* One use keeps a page for two rounds of the hand; one never used goes at once. */
KTEST(policy_age_forgets)
{
	struct page *page = page_isolated(0);

	KTEST_REQUIRE(page);
	KTEST_CHECK(policy_age.judge(page, 0) == POLICY_EVICT);
	KTEST_CHECK(policy_age.judge(page, USED_MAPPED) == POLICY_KEEP);
	KTEST_CHECK(policy_age.judge(page, 0) == POLICY_KEEP);
	KTEST_CHECK(policy_age.judge(page, 0) == POLICY_EVICT);
	page_done(page);
}

/* A page of a file must be used twice, unless it is text; anonymous pages once. */
KTEST(policy_lru_protects)
{
	struct page *file = page_isolated(0),
		    *anon = page_isolated(1U << PG_anon | 1U << PG_swapbacked);

	KTEST_REQUIRE(file && anon);
	KTEST_CHECK(policy_lru.judge(file, 0) == POLICY_EVICT);
	KTEST_CHECK(policy_lru.judge(file, USED_CALL) == POLICY_EVICT);
	KTEST_CHECK(policy_lru.judge(file, USED_MAPPED) == POLICY_KEEP);
	KTEST_CHECK(page_test(file, PG_referenced));
	KTEST_CHECK(policy_lru.judge(file, USED_MAPPED | USED_CALL) == POLICY_ACTIVATE);
	KTEST_CHECK(policy_lru.judge(file, USED_MAPPED | USED_EXEC) == POLICY_ACTIVATE);
	KTEST_CHECK(policy_lru.judge(anon, USED_MAPPED) == POLICY_ACTIVATE);
	KTEST_CHECK(policy_lru.judge(anon, 0) == POLICY_EVICT);
	page_done(file);
	page_done(anon);
}
