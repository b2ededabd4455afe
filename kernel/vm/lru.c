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

/* => lru_lock held; false: it was on no list */
static bool
lru_delete_locked(struct page *page)
{
	u32 bits = 1U << PG_lru | 1U << PG_active;
	u32 old;

	if (!page_test(page, PG_lru))
		return false;
	old = __atomic_fetch_and(&page->flags, ~bits, __ATOMIC_RELAXED);
	list_del(&page->lru);
	*(old & (1U << PG_active) ? &lru.nr_active : &lru.nr_inactive) -= 1;
	return true;
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
	if (lru_delete_locked(page)) {
		lru_insert_locked(page, true);
		vmstat_add(PGACTIVATE, 1);
	}
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
	while (nr-- > 0 && lru.nr_inactive < lru.nr_active) {
		struct page *page = list_last_entry(&lru.active, struct page, lru);

		lru_delete_locked(page);
		lru_insert_locked(page, false);
		vmstat_add(PGDEACTIVATE, 1);
	}
}

unsigned
lru_isolate(struct page **pages, unsigned nr)
{
	unsigned taken = 0;

	spin_lock(&lru_lock);
	lru_balance_locked(nr);
	while (taken < nr && !list_empty(&lru.inactive)) {
		struct page *page = list_last_entry(&lru.inactive, struct page, lru);

		page_get(page);
		lru_delete_locked(page);
		pages[taken++] = page;
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
