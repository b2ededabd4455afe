/*
 * The lists beside arrays: each operation is done on both, and then all lists are walked. A page is
 * free, in a hart's batch, on a list, isolated, or in a laundry.
 */
#include "lru/env.h"

#include "hosttest.h"
#include "mem/env.h"
#include "mem/page_alloc.h"
#include "vm/lru.h"

#include <string.h>

#define NR	 48
#define NR_HARTS 2

enum place { FREE, BATCH, LIST, ISOLATED, LAUNDRY };

struct model_page {
	struct page *page;
	enum place place;
	unsigned home;
	enum lru_list list; /* BATCH: where the next flush takes it */
	bool anon;
};

/* Numbers of pages, oldest first. */
struct sequence {
	unsigned nr;
	u8 of[NR];
};

static struct model_page pages[NR];
static struct sequence lists[NR_LRUS][NR_LRU_LISTS], laundries[NR_LRUS], slots[NR_HARTS];
static unsigned nr_slots_used[NR_HARTS], hart;

static void
sequence_add(struct sequence *sequence, unsigned n)
{
	sequence->of[sequence->nr++] = n;
}

static void
sequence_remove(struct sequence *sequence, unsigned n)
{
	unsigned at = 0;

	while (at < sequence->nr && sequence->of[at] != n)
		at++;
	CHECK(at < sequence->nr);
	memmove(&sequence->of[at], &sequence->of[at + 1], sequence->nr - at - 1);
	sequence->nr--;
}

static struct sequence *
list_of(const struct model_page *page)
{
	return &lists[page->home][page->list];
}

static enum lru_kind
kind_of(const struct model_page *page)
{
	return page->anon ? LRU_ANON : LRU_FILE;
}

/* --- the model of each operation ---------------------------------------------------------------- */

static void
model_put(unsigned n, enum lru_list list)
{
	pages[n].place = LIST;
	pages[n].list = list;
	sequence_add(list_of(&pages[n]), n);
}

static void
model_flush_hart(unsigned h)
{
	for (unsigned i = 0; i < slots[h].nr; i++)
		model_put(slots[h].of[i], pages[slots[h].of[i]].list);
	slots[h].nr = 0;
}

static void
model_flush(void)
{
	for (unsigned h = 0; h < NR_HARTS; h++)
		model_flush_hart(h);
}

/* It is on no list any more. */
static void
model_take(unsigned n)
{
	if (pages[n].place == LIST)
		sequence_remove(list_of(&pages[n]), n);
	for (unsigned h = 0; pages[n].place == BATCH && h < NR_HARTS; h++)
		for (unsigned i = 0; i < slots[h].nr; i++)
			if (slots[h].of[i] == n) {
				sequence_remove(&slots[h], n);
				return;
			}
}

/* --- operations --------------------------------------------------------------------------------- */

static void
add(unsigned n, u8 arg)
{
	struct model_page *page = &pages[n];
	bool stays = arg % 8 == 0;

	page->page = page_alloc(arg & 64 ? GFP_DMA : GFP_KERNEL);
	if (!page->page)
		return;
	page->anon = arg & 128;
	page->page->flags |=
		(page->anon ? 1U << PG_swapbacked : 0) | (stays ? 1U << PG_unevictable : 0);
	page->home = page->page->zone;
	page->place = BATCH;
	page->list = stays ? LRU_UNEVICTABLE : lru_inactive(kind_of(page));
	CHECK_EQ(page->page->lru_home, page->home);
	lru_add(page->page);
	sequence_add(&slots[hart], n);
	if (++nr_slots_used[hart] == LRU_BATCH) {
		model_flush_hart(hart);
		nr_slots_used[hart] = 0;
	}
}

static void
activate(unsigned n)
{
	struct model_page *page = &pages[n];
	enum lru_list inactive = lru_inactive(kind_of(page));
	bool can = (page->place == LIST || page->place == BATCH) && page->list == inactive;

	CHECK_EQ(lru_activate(page->page), can);
	if (can && page->place == LIST) {
		model_take(n);
		model_put(n, inactive + 1);
	} else if (can) {
		page->list = inactive + 1;
	}
}

static void
isolate(unsigned home, enum lru_list list, unsigned wanted)
{
	struct page *taken[4];
	struct sequence *sequence = &lists[home][list];
	unsigned nr = lru_isolate(&lrus[home], list, taken, wanted);

	CHECK_EQ(nr, sequence->nr < wanted ? sequence->nr : wanted);
	for (unsigned i = 0; i < nr; i++) {
		unsigned n = sequence->of[0];

		CHECK(taken[i] == pages[n].page);
		sequence_remove(sequence, n);
		pages[n].place = ISOLATED;
	}
}

/* Its last owner is gone, and about to take it off its list, when the list is looked at. */
static void
isolate_dying(unsigned n)
{
	struct model_page *page = &pages[n];
	struct sequence *sequence = list_of(page);
	struct page *taken[NR];

	if (page->place != LIST || page->list == LRU_UNEVICTABLE)
		return;
	atomic_set(&page->page->refcount, 0);
	model_take(n);
	CHECK_EQ(lru_isolate(&lrus[page->home], page->list, taken, NR), sequence->nr);
	for (unsigned i = 0; sequence->nr > 0; i++) {
		CHECK(taken[i] == pages[sequence->of[0]].page);
		pages[sequence->of[0]].place = ISOLATED;
		sequence_remove(sequence, sequence->of[0]);
	}
	atomic_set(&page->page->refcount, 1);
	page_put(page->page);
	CHECK_EQ(page->page->lru_home, page->page->zone);
	page->place = FREE;
}

static void
isolate_one(unsigned n)
{
	bool can = pages[n].place == LIST;

	page_get(pages[n].page);
	CHECK_EQ(lru_isolate_page(pages[n].page), can);
	if (!can) {
		page_put(pages[n].page);
		return;
	}
	model_take(n);
	pages[n].place = ISOLATED;
}

static void
putback(unsigned n, bool active)
{
	lru_putback(pages[n].page, active);
	model_put(n, lru_inactive(kind_of(&pages[n])) + active);
}

static void
move_home(unsigned n, unsigned home)
{
	bool can = pages[n].place == LIST || pages[n].place == BATCH;

	model_flush();
	CHECK_EQ(lru_move_home(pages[n].page, &lrus[home]), can);
	if (!can)
		return;
	model_take(n);
	pages[n].home = home;
	model_put(n, lru_inactive(kind_of(&pages[n])));
}

static void
make_swapbacked(unsigned n)
{
	struct model_page *page = &pages[n];
	unsigned active = page->list == LRU_ACTIVE_FILE;

	if (page->anon)
		return;
	lru_make_swapbacked(page->page);
	page->anon = true;
	if (page->place == LIST) {
		enum lru_list list = page->list == LRU_UNEVICTABLE ? LRU_UNEVICTABLE
								   : LRU_INACTIVE_ANON + active;

		model_take(n);
		model_put(n, list);
	} else if (page->place == BATCH && page->list != LRU_UNEVICTABLE) {
		page->list = LRU_INACTIVE_ANON + active;
	}
}

static void
launder(unsigned n, bool writing)
{
	struct page *page = pages[n].page;

	if (writing)
		page_set(page, PG_writeback);
	lru_launder(&lrus[pages[n].home], &page, 1);
	sequence_add(&laundries[pages[n].home], n);
	pages[n].place = LAUNDRY;
}

static void
collect(unsigned home, bool wait)
{
	struct sequence *laundry = &laundries[home];
	struct page *page;
	bool clean, written;

	written = lru_laundry_wait(&lrus[home], wait);
	clean = laundry->nr > 0 && !page_test(pages[laundry->of[0]].page, PG_writeback);
	page = lru_laundered(&lrus[home]);
	CHECK_EQ(page != NULL, clean);
	CHECK_EQ(written, clean || laundry->nr == 0);
	if (!clean)
		return;
	CHECK(page == pages[laundry->of[0]].page);
	pages[laundry->of[0]].place = ISOLATED;
	sequence_remove(laundry, laundry->of[0]);
}

/* Its owner has no more use for it; several at a time leave their lists together. */
static void
release(unsigned n, bool together)
{
	struct model_page *page = &pages[n];

	if (page->place == LAUNDRY)
		return;
	if (page->place == ISOLATED) {
		page_put_shared(page->page);
		lru_isolated_free(lru_of(page->page), &page->page, 1);
	} else {
		if (together) {
			lru_remove_unused(&page->page, 1);
			CHECK(!page_test(page->page, PG_lru));
		}
		page_put(page->page);
	}
	model_take(n);
	CHECK_EQ(page->page->lru_home, page->page->zone);
	page->place = FREE;
}

/* --- comparing ---------------------------------------------------------------------------------- */

static void
compare_list(unsigned home, enum lru_list list)
{
	struct sequence *sequence = &lists[home][list];
	unsigned at = sequence->nr;
	struct page *page;

	CHECK_EQ(lrus[home].nr[list], sequence->nr);
	list_for_each_entry(page, &lrus[home].lists[list], lru)
		CHECK(at > 0 && pages[sequence->of[--at]].page == page);
	CHECK_EQ(at, 0);
}

static void
compare(void)
{
	s64 isolated[NR_LRUS][NR_LRU_KINDS] = {0};

	for (unsigned n = 0; n < NR; n++)
		if (pages[n].place == ISOLATED || pages[n].place == LAUNDRY)
			isolated[pages[n].home][kind_of(&pages[n])]++;
	for (unsigned home = 0; home < NR_LRUS; home++) {
		lru_check(&lrus[home]);
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
			compare_list(home, list);
		for (enum lru_kind kind = 0; kind < NR_LRU_KINDS; kind++)
			CHECK_EQ(atomic64_read(&lrus[home].nr_isolated[kind]),
				 isolated[home][kind]);
		CHECK_EQ(lrus[home].nr_laundry, laundries[home].nr);
	}
	env_check_idle();
}

/* --- choosing ----------------------------------------------------------------------------------- */

static void
page_step(u8 op, unsigned n, u8 arg)
{
	enum place place = pages[n].place;

	if (place == FREE)
		add(n, arg);
	else if (op == 0)
		activate(n);
	else if (op == 1)
		isolate_one(n);
	else if (op == 2 && place == ISOLATED)
		putback(n, arg & 128);
	else if (op == 7 && arg & 64)
		isolate_dying(n);
	else if (op == 3)
		move_home(n, arg & 128 ? LRU_PAGEREFS : pages[n].page->zone);
	else if (op == 4)
		make_swapbacked(n);
	else if (op == 5 && place == ISOLATED)
		launder(n, arg & 128);
	else if (op >= 6)
		release(n, arg & 128);
}

void
lists_step(u8 op, u8 arg)
{
	unsigned home = arg % NR_LRUS;

	if (op >= 64) {
		page_step(op % 8, arg % NR, op);
	} else if (op >= 48) {
		hart = arg % NR_HARTS;
		env_set_cpu(hart);
	} else if (op >= 36) {
		isolate(home, arg / NR_LRUS % NR_LRU_LISTS, 1 + op % 4);
	} else if (op >= 12) {
		collect(home, op & 1);
	} else {
		lru_flush();
		model_flush();
	}
	compare();
}

void
lists_create(void)
{
	env_lru_create();
	memset(pages, 0, sizeof(pages));
	memset(lists, 0, sizeof(lists));
	memset(laundries, 0, sizeof(laundries));
	memset(slots, 0, sizeof(slots));
	memset(nr_slots_used, 0, sizeof(nr_slots_used));
	hart = 0;
	env_set_cpu(0);
}

void
lists_destroy(void)
{
	for (unsigned home = 0; home < NR_LRUS; home++)
		while (laundries[home].nr > 0)
			collect(home, true);
	for (unsigned n = 0; n < NR; n++)
		if (pages[n].place != FREE)
			release(n, n % 2);
	compare();
}
