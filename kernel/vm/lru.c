#include "vm/lru.h"

#include "core/panic.h"
#include "core/spinlock.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"

static struct spinlock lru_lock = SPINLOCK_INIT("lru", RANK_LRU);
static struct lru lru = {
	.active = LIST_HEAD_INIT(lru.active),
	.inactive = LIST_HEAD_INIT(lru.inactive),
};

/* => lru_lock held, page on no list */
static void
lru_insert_locked(struct page *page, bool active)
{
	list_add(&page->lru, active ? &lru.active : &lru.inactive);
	*(active ? &lru.nr_active : &lru.nr_inactive) += 1;
	__atomic_fetch_or(&page->flags, 1U << PG_lru | (active ? 1U << PG_active : 0),
			  __ATOMIC_RELAXED);
}

/*
 * Off the list first, then PG_lru: page_put() of the last owner does not come here for a page
 * without it. => lru_lock held
 */
static void
lru_delete_locked(struct page *page)
{
	u32 bits = 1U << PG_lru | 1U << PG_active;
	u32 old;

	if (!page_test(page, PG_lru))
		return;
	list_del(&page->lru);
	old = __atomic_fetch_and(&page->flags, ~bits, __ATOMIC_RELEASE);
	*(old & (1U << PG_active) ? &lru.nr_active : &lru.nr_inactive) -= 1;
}

/* To the young end of the other list; it keeps PG_lru all the while. => lru_lock held, it has it */
static void
lru_move_locked(struct page *page)
{
	bool was_active = page_test(page, PG_active);

	list_move(&page->lru, was_active ? &lru.inactive : &lru.active);
	lru.nr_active += was_active ? -1 : 1;
	lru.nr_inactive += was_active ? 1 : -1;
	__atomic_fetch_xor(&page->flags, 1U << PG_active, __ATOMIC_RELAXED);
	vmstat_add(was_active ? PGDEACTIVATE : PGACTIVATE, 1);
}

void
lru_add(struct page *page)
{
	spin_lock(&lru_lock);
	lru_insert_locked(page, false);
	spin_unlock(&lru_lock);
}

void
lru_remove(struct page *page)
{
	spin_lock(&lru_lock);
	lru_delete_locked(page);
	spin_unlock(&lru_lock);
}

void
lru_touch(struct page *page)
{
	u32 flags = page->flags;

	if (!(flags & (1U << PG_referenced))) {
		page_set(page, PG_referenced);
		return;
	}
	if (flags & (1U << PG_active) || !(flags & (1U << PG_lru)))
		return;
	spin_lock(&lru_lock);
	if (page_test(page, PG_lru) && !page_test(page, PG_active))
		lru_move_locked(page);
	spin_unlock(&lru_lock);
	page_clear(page, PG_referenced);
}

/*
 * Keep the inactive list at least as long as the active one, so that pages are judged before they
 * go.
 */
static void
lru_balance_locked(unsigned nr)
{
	while (nr-- > 0 && lru.nr_inactive < lru.nr_active)
		lru_move_locked(list_last_entry(&lru.active, struct page, lru));
}

unsigned
lru_isolate(struct page **pages, unsigned nr)
{
	unsigned taken = 0;

	spin_lock(&lru_lock);
	lru_balance_locked(nr);
	while (taken < nr && !list_empty(&lru.inactive)) {
		struct page *page = list_last_entry(&lru.inactive, struct page, lru);

		if (page_try_get(page))
			pages[taken++] = page;
		lru_delete_locked(page);
	}
	spin_unlock(&lru_lock);
	return taken;
}

void
lru_putback(struct page *page, bool active)
{
	spin_lock(&lru_lock);
	if (!page_test(page, PG_lru))
		lru_insert_locked(page, active);
	spin_unlock(&lru_lock);
	page_put(page);
}

void
lru_counts(u64 *nr_active, u64 *nr_inactive)
{
	*nr_active = READ_ONCE(lru.nr_active);
	*nr_inactive = READ_ONCE(lru.nr_inactive);
}

void
lru_init(void)
{
	page_lru_release_hook = lru_remove;
}
