/*
 * Each zone has five lists:
 *
 *	             new pages                              isolated by reclaim
 *	                 │                                        ▲
 *	                 ▼   used again                           │
 *	inactive  [young ............ old] ───────────────────────┤ used lately: back,
 *	             │          ▲                                 │ to the active list
 *	 used twice  ▼          │ when inactive is the shorter    │
 *	active    [young ............ old]
 *
 *	unevictable: pages that somebody locked in memory
 *
 * one such pair for memory that has to go to swap (anonymous pages, and those of shared memory and tmpfs:
 * PG_swapbacked), and one for the rest (files). Pages are aged by kind, for the kinds cost differently; and by zone, for a shortage of one zone
 * is not helped by pages of another.
 *
 * New pages come in numbers, so they go to a batch of the hart first, without a lock: an array
 * of slots. A page in there has PG_lru, its slot's number in lru_slot, and no reference. Whoever
 * exchanges a slot's content for NULL owns what was in it: a flush, which puts the page on its
 * list with the zone's lock held all the while; or lru_remove(), when the page is freed before. If
 * that finds its slot empty then a flush has the page, and is done with it when the lock can be
 * taken. Any hart may flush the slots of any other, and only the owner of a batch fills it:
 *
 *	slots of a hart:  [0] next free, [1] .. [LRU_BATCH] pages or NULL
 *
 * A page on a list has PG_lru and lru_slot 0. Both change with the zone's lock held.
 */

#include "vm/lru.h"

#include "core/cpu.h"
#include "core/panic.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "sched/sched.h"
#include "vm/page_lock.h"
#include "vm/reclaim_policy.h"

/* What says on which list of its zone a page is. */
#define LRU_LIST_FLAGS (1U << PG_active | 1U << PG_unevictable | 1U << PG_swapbacked)

/* What a page has only while it is on a list. */
#define LRU_PLACE_FLAGS (1U << PG_lru | 1U << PG_active | 1U << PG_unevictable)

/* Pages moved between two looks at whether another task should run. */

struct lru lrus[NR_LRUS];

union lru_slot lru_slots[NR_CPUS * LRU_SLOTS] ALIGNED(64);

STATIC_ASSERT(NR_CPUS *LRU_SLOTS <= UINT16_MAX);

/* The list that the page's flags stand for. */
static enum lru_list
page_list(const struct page *page)
{
	if (page_test(page, PG_unevictable))
		return LRU_UNEVICTABLE;
	return lru_inactive(page_lru_kind(page)) + page_test(page, PG_active);
}

/* => lru->lock held, page on no list, its flags set */
static void
lru_insert_locked(struct lru *lru, struct page *page)
{
	enum lru_list list = page_list(page);

	list_add(&page->lru, &lru->lists[list]);
	lru->nr[list]++;
	page->lru_slot = 0;
}

/*
 * Off the list first, then PG_lru: page_put() of the last owner does not come here for a page
 * without it. The caller counts. => lru->lock held, page on a list
 */
static void
lru_unlink_locked(struct page *page)
{
	list_del(&page->lru);
	__atomic_fetch_and(&page->flags, ~LRU_PLACE_FLAGS, __ATOMIC_RELEASE);
}

static void
lru_delete_locked(struct lru *lru, struct page *page)
{
	lru->nr[page_list(page)]--;
	lru_unlink_locked(page);
}

/* The page is about to be free: what it is next belongs to its zone. */
static void
forget_home(struct page *page)
{
	page->lru_home = page->zone;
}

/* To the young end of the list for which `flags` would be changed so. => lru->lock held, on a list */
static void
lru_move_locked(struct lru *lru, struct page *page, u32 change)
{
	lru->nr[page_list(page)]--;
	__atomic_fetch_xor(&page->flags, change, __ATOMIC_RELAXED);
	lru->nr[page_list(page)]++;
	list_move(&page->lru, &lru->lists[page_list(page)]);
}

/* The lists that the page is on, or would be, locked: it may move to others until they are. */
static struct lru *
lru_lock_of(const struct page *page)
{
	for (;;) {
		struct lru *lru = lru_of(page);

		spin_lock(&lru->lock);
		if (likely(lru == lru_of(page)))
			return lru;
		spin_unlock(&lru->lock);
	}
}

/* Take the page out of its slot. => false: it is not there */
static bool
slot_take(union lru_slot *slot, struct page *page)
{
	return __atomic_compare_exchange_n(&slot->page, &page, NULL, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_RELAXED);
}

/* => true: the page was in a slot, and now is nowhere; no flush has it, nor will have */
static bool
slot_leave(struct page *page)
{
	u32 slot = READ_ONCE(page->lru_slot);

	if (!slot || !slot_take(&lru_slots[slot], page))
		return false;
	__atomic_fetch_and(&page->flags, ~LRU_PLACE_FLAGS, __ATOMIC_RELEASE);
	return true;
}

/* Pages of one hart's slots go to their lists. Those in a row are mostly alike. */
static void
slots_flush(union lru_slot *first)
{
	struct lru *lru = NULL;
	struct list_head *head = NULL;
	u32 flags = 0;
	u64 *nr = NULL;

	for (unsigned i = 1; i <= LRU_BATCH; i++) {
		struct page *page = READ_ONCE(first[i].page);

		if (!page)
			continue;
		if (unlikely(lru != lru_of(page))) {
			if (lru)
				spin_unlock(&lru->lock);
			lru = lru_of(page);
			spin_lock(&lru->lock);
			head = NULL;
		}
		if (unlikely(!slot_take(&first[i], page)))
			continue;
		if (unlikely(!head || (page->flags & LRU_LIST_FLAGS) != flags)) {
			flags = page->flags & LRU_LIST_FLAGS;
			head = &lru->lists[page_list(page)];
			nr = &lru->nr[page_list(page)];
		}
		list_add(&page->lru, head);
		page->lru_slot = 0;
		*nr += 1;
	}
	if (lru)
		spin_unlock(&lru->lock);
}

void
lru_batch_full(union lru_slot *first)
{
	slots_flush(first);
	first->nr = 0;
}

void
lru_add(struct page *page)
{
	page_set(page, PG_lru);
	lru_batch_add(page);
}

void
lru_flush(void)
{
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		if (READ_ONCE(lru_slots[cpu * LRU_SLOTS].nr) > 0)
			slots_flush(&lru_slots[cpu * LRU_SLOTS]);
}

static NOINLINE void
lists_remove_unused(struct page **pages, unsigned nr)
{
	struct lru *lru = NULL;

	for (unsigned i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (page_refcount(page) != 1 || !page_test(page, PG_lru) || slot_leave(page))
			continue;
		if (unlikely(lru != lru_of(page))) {
			if (lru)
				spin_unlock(&lru->lock);
			lru = lru_of(page);
			spin_lock(&lru->lock);
		}
		if (likely(page_refcount(page) == 1 && page_test(page, PG_lru))) {
			lru_delete_locked(lru, page);
			forget_home(page);
		}
	}
	if (lru)
		spin_unlock(&lru->lock);
}

/* Those in front, up to the first that is on a list, need no lock. */
void
lru_remove_unused(struct page **pages, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct page *page = pages[i];

		if (page_refcount(page) == 1 && page_test(page, PG_lru) && !slot_leave(page)) {
			lists_remove_unused(pages + i, nr - i);
			return;
		}
	}
}

void
lru_remove(struct page *page)
{
	struct lru *lru;

	if (!page_test(page, PG_lru) || slot_leave(page))
		return;
	lru = lru_lock_of(page);
	if (page_test(page, PG_lru)) {
		lru_delete_locked(lru, page);
		forget_home(page);
	}
	spin_unlock(&lru->lock);
}

bool
lru_activate(struct page *page)
{
	struct lru *lru;
	bool done = false;

	if (reclaim_policy->one_list || (page->flags & LRU_PLACE_FLAGS) != 1U << PG_lru)
		return false;
	lru = lru_lock_of(page);
	if ((page->flags & LRU_PLACE_FLAGS) == 1U << PG_lru) {
		/* One that is still in a batch gets there with the flush. */
		if (page->lru_slot)
			page_set(page, PG_active);
		else
			lru_move_locked(lru, page, 1U << PG_active);
		vmstat_add(PGACTIVATE, 1);
		done = true;
	}
	spin_unlock(&lru->lock);
	return done;
}

void
lru_touch(struct page *page)
{
	reclaim_policy->touch(page);
}

static void
isolated_count(struct lru *lru, const s64 by_kind[NR_LRU_KINDS], s64 sign)
{
	for (unsigned kind = 0; kind < NR_LRU_KINDS; kind++)
		if (by_kind[kind])
			atomic64_add(&lru->nr_isolated[kind], sign * by_kind[kind]);
}

/* => lru->lock held: lru_make_swapbacked() changes an isolated page's kind, and the numbers with it */
static void
isolated_count_locked(struct lru *lru, const struct page *page, s64 nr)
{
	atomic64_add(&lru->nr_isolated[page_lru_kind(page)], nr);
}

unsigned
lru_isolate(struct lru *lru, enum lru_list list, struct page **pages, unsigned nr)
{
	unsigned taken = 0;
	s64 by_kind[NR_LRU_KINDS] = {0};

	spin_lock(&lru->lock);
	for (u64 looks = lru->nr[list]; taken < nr && looks > 0; looks--) {
		struct page *page = list_last_entry(&lru->lists[list], struct page, lru);

		if (page_try_get(page)) {
			pages[taken++] = page;
			by_kind[page_lru_kind(page)]++;
			lru_unlink_locked(page);
		} else {
			/* Its last owner waits for the lock, in lru_remove(). */
			list_move(&page->lru, &lru->lists[list]);
		}
	}
	lru->nr[list] -= taken;
	spin_unlock(&lru->lock);
	isolated_count(lru, by_kind, 1);
	return taken;
}

bool
lru_isolate_page(struct page *page)
{
	struct lru *lru = lru_lock_of(page);
	bool taken = page_test(page, PG_lru) && !page->lru_slot;

	if (taken) {
		lru_delete_locked(lru, page);
		isolated_count_locked(lru, page, 1);
	}
	spin_unlock(&lru->lock);
	return taken;
}

void
lru_isolated_free(struct lru *lru, struct page **pages, unsigned nr)
{
	s64 by_kind[NR_LRU_KINDS] = {0};

	for (unsigned i = 0; i < nr; i++) {
		by_kind[page_lru_kind(pages[i])]++;
		forget_home(pages[i]);
		page_put(pages[i]);
	}
	isolated_count(lru, by_kind, -1);
}

void
lru_putback(struct page *page, bool active)
{
	struct lru *lru = lru_of(page);
	u32 flags = 1U << PG_lru;

	if (active && !reclaim_policy->one_list)
		flags |= 1U << PG_active;
	spin_lock(&lru->lock);
	isolated_count_locked(lru, page, -1);
	if (!page_test(page, PG_lru)) {
		__atomic_fetch_or(&page->flags, flags, __ATOMIC_RELAXED);
		lru_insert_locked(lru, page);
	}
	spin_unlock(&lru->lock);
	page_put(page);
}

bool
lru_move_home(struct page *page, struct lru *lru)
{
	struct lru *old;
	bool taken;

	lru_flush();
	old = lru_lock_of(page);
	taken = page_test(page, PG_lru) && !page->lru_slot;
	if (taken) {
		lru_delete_locked(old, page);
		page->lru_home = lru - lrus;
	}
	spin_unlock(&old->lock);
	if (!taken)
		return false;
	page->lru_age = 0;
	page_clear(page, PG_referenced);
	spin_lock(&lru->lock);
	page_set(page, PG_lru);
	lru_insert_locked(lru, page);
	spin_unlock(&lru->lock);
	return true;
}

void
lru_make_swapbacked(struct page *page)
{
	struct lru *lru = lru_lock_of(page);

	if (page_test(page, PG_lru) && !page->lru_slot) {
		lru_move_locked(lru, page, 1U << PG_swapbacked);
	} else {
		if (!page_test(page, PG_lru)) {
			atomic64_add(&lru->nr_isolated[LRU_FILE], -1);
			atomic64_add(&lru->nr_isolated[LRU_ANON], 1);
		}
		page_set(page, PG_swapbacked);
	}
	spin_unlock(&lru->lock);
}

void
lru_launder(struct lru *lru, struct page **pages, unsigned nr)
{
	spin_lock(&lru->lock);
	for (unsigned i = 0; i < nr; i++)
		list_add_tail(&pages[i]->lru, &lru->laundry);
	lru->nr_laundry += nr;
	spin_unlock(&lru->lock);
}

/* => lru->lock held; or NULL */
static struct page *
laundry_oldest(const struct lru *lru)
{
	return list_empty(&lru->laundry) ? NULL : list_first_entry(&lru->laundry, struct page, lru);
}

struct page *
lru_laundered(struct lru *lru)
{
	struct page *page;

	spin_lock(&lru->lock);
	page = laundry_oldest(lru);
	if (page && page_test(page, PG_writeback))
		page = NULL;
	if (page) {
		list_del(&page->lru);
		lru->nr_laundry--;
	}
	spin_unlock(&lru->lock);
	return page;
}

/* Is the page the oldest in the laundry, and being written? Only then is it sure to be one. */
static bool
laundry_holds_up(struct page *page, void *arg)
{
	struct lru *lru = arg;
	bool pending;

	spin_lock(&lru->lock);
	pending = laundry_oldest(lru) == page && page_writeback_pending(page);
	spin_unlock(&lru->lock);
	return pending;
}

/*
 * Without a reference to the page: others may collect it as soon as it is written, and it is free then only
 * if nobody else has one.
 */
bool
lru_laundry_wait(struct lru *lru, u64 deadline_ns)
{
	struct page *page;

	spin_lock(&lru->lock);
	page = laundry_oldest(lru);
	spin_unlock(&lru->lock);
	return !page || page_wait_pending(page, laundry_holds_up, lru, deadline_ns);
}

void
lru_note_cost(struct lru *lru, enum lru_kind kind, u64 cost)
{
	u64 nr_pages = 0;

	spin_lock(&lru->lock);
	for (enum lru_list list = 0; list < LRU_UNEVICTABLE; list++)
		nr_pages += lru->nr[list];
	lru->cost[kind] += cost;
	if (lru->cost[LRU_ANON] + lru->cost[LRU_FILE] > nr_pages / 4 * LRU_COST_IO) {
		lru->cost[LRU_ANON] /= 2;
		lru->cost[LRU_FILE] /= 2;
	}
	spin_unlock(&lru->lock);
}

u64
lru_nr_pages(enum lru_list list)
{
	u64 nr = 0;

	for (unsigned i = 0; i < NR_LRUS; i++)
		nr += READ_ONCE(lrus[i].nr[list]);
	return nr;
}

u64
lru_nr_isolated(enum lru_kind kind)
{
	s64 nr = 0;

	for (unsigned i = 0; i < NR_LRUS; i++)
		nr += atomic64_read(&lrus[i].nr_isolated[kind]);
	return MAX(nr, 0L);
}

void
lru_check(struct lru *lru)
{
	spin_lock(&lru->lock);
	for (enum lru_list list = 0; list < NR_LRU_LISTS; list++) {
		struct page *page;
		u64 nr = 0;

		list_for_each_entry(page, &lru->lists[list], lru) {
			assert(lru_of(page) == lru && page_test(page, PG_lru));
			assert(page->lru_slot == 0 && page_list(page) == list);
			nr++;
		}
		assert(nr == lru->nr[list]);
	}
	spin_unlock(&lru->lock);
}

void INIT
lru_init(void)
{
	for (unsigned i = 0; i < NR_LRUS; i++) {
		spin_init(&lrus[i].lock, "lru", RANK_LRU);
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
			list_init(&lrus[i].lists[list]);
		list_init(&lrus[i].laundry);
	}
	page_lru_release_hook = lru_remove;
}
