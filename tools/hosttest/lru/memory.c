/*
 * A memory of some frames: the policy's own code on the lists of the kernel, one page at a time. What
 * it decides must agree with the textbook's FIFO and CLOCK; and whatever the policy, all but FIFO keep a
 * page that was used since it was last looked at.
 */
#include "lru/env.h"

#include "hosttest.h"
#include "mem/page_alloc.h"
#include "vm/reclaim_policy.h"

#include <string.h>

#define LOOKS_MAX (16 * MEMORY_FRAMES_MAX)

static struct page *frames[MEMORY_PAGES];
static unsigned nr_frames, nr_used;

void
memory_create(const struct reclaim_policy *policy, unsigned nr)
{
	env_lru_create();
	reclaim_policy = policy;
	memset(frames, 0, sizeof(frames));
	nr_frames = nr;
	nr_used = 0;
}

static bool *
accessed(const struct page *page)
{
	return &env_accessed[page_to_pfn(page) - ENV_START];
}

static void
evict(struct page *page)
{
	unsigned n = page->index;

	page_put(page);
	lru_isolated_free(lru_of(page), &page, 1);
	CHECK(frames[n] == page);
	frames[n] = NULL;
	nr_used--;
}

/* One candidate is judged. */
static void
look(void)
{
	struct lru *lru = &lrus[ZONE_NORMAL];
	enum policy_verdict verdict;
	struct page *page;
	u32 used;

	reclaim_policy->refill(lru, LRU_ANON, 1);
	if (lru_isolate(lru, LRU_INACTIVE_ANON, &page, 1) == 0)
		return;
	used = *accessed(page) ? USED_MAPPED : 0;
	*accessed(page) = false;
	verdict = reclaim_policy->judge(page, used);
	CHECK(verdict != POLICY_EVICT || !used || reclaim_policy == &policy_fifo);
	if (verdict == POLICY_EVICT)
		evict(page);
	else
		lru_putback(page, verdict == POLICY_ACTIVATE);
	CHECK(!reclaim_policy->one_list || lru->nr[LRU_ACTIVE_ANON] == 0);
}

bool
memory_use(unsigned n)
{
	struct page *page = frames[n];
	unsigned looks = 0;

	if (page) {
		*accessed(page) = true;
		return false;
	}
	while (nr_used >= nr_frames) {
		look();
		CHECK_MSG(++looks <= LOOKS_MAX, "nobody ever goes");
	}
	page = page_alloc(GFP_KERNEL);
	CHECK(page && page->zone == ZONE_NORMAL);
	page->flags |= 1U << PG_anon | 1U << PG_swapbacked;
	page->owner = 1;
	page->index = n;
	lru_add(page);
	lru_flush();
	*accessed(page) = true;
	frames[n] = page;
	nr_used++;
	lru_check(&lrus[ZONE_NORMAL]);
	return true;
}

void
memory_destroy(void)
{
	for (unsigned n = 0; n < MEMORY_PAGES; n++)
		if (frames[n])
			page_put(frames[n]);
	CHECK_EQ(lru_nr_pages(LRU_INACTIVE_ANON) + lru_nr_pages(LRU_ACTIVE_ANON), 0);
}

bool
textbook_use(struct textbook *book, unsigned page)
{
	for (unsigned i = 0; i < book->nr_used; i++)
		if (book->pages[i] == page) {
			book->bits[i] = true;
			return false;
		}
	if (book->nr_used < book->nr_frames) {
		book->hand = 0;
		book->pages[book->nr_used] = page;
		book->bits[book->nr_used++] = true;
		return true;
	}
	while (book->clock && book->bits[book->hand]) {
		book->bits[book->hand] = false;
		book->hand = (book->hand + 1) % book->nr_frames;
	}
	book->pages[book->hand] = page;
	book->bits[book->hand] = true;
	book->hand = (book->hand + 1) % book->nr_frames;
	return true;
}
