#pragma once

/*
 * Which page to reclaim next: user pages and pages of the cache, zone by zone and kind by kind, in
 * the order of their last use. See the theory in vm/lru.c.
 */

#include "core/atomic.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "mem/page.h"
#include "mem/zone.h"

/* The lists of a zone, with Linux's names. Active ones are one more than the inactive of the kind. */
enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS,
};

/* What has to be written to swap, and what a file has (or can give again). */
enum lru_kind { LRU_ANON, LRU_FILE, NR_LRU_KINDS };

struct lru {
	struct spinlock lock;		      /* LRU: all of it but nr_isolated */
	struct list_head lists[NR_LRU_LISTS]; /* newest first */
	u64 nr[NR_LRU_LISTS];
	atomic64_t nr_isolated[NR_LRU_KINDS]; /* in the hands of lru_isolate()'s callers */
	struct list_head laundry; /* being written to be freed, oldest first (vm/shrink.c) */
	u64 nr_laundry;
	u64 cost[NR_LRU_KINDS]; /* of reclaiming the wrong page, lately: LRU_COST_* */
	u64 nr_evicted;		/* unlocked: a clock of vm/workingset.c */
	u64 file_gone,
		file_back; /* unlocked: lately, there: pages of files taken, and read again */
	u64 turns; /* unlocked: how far vm/reclaim.c went round the lists, in 1 / LRU_TURN */
} ALIGNED(256);	   /* a power of two: found by a shift */

#define LRU_TURN (1UL << 32)

/* Those of each zone, which reclaim goes over; and those of vm/pagerefs.c, which has its own pages. */
#define LRU_PAGEREFS NR_ZONES
#define NR_LRUS	     (NR_ZONES + 1)

extern struct lru lrus[NR_LRUS];

static inline struct lru *
lru_of(const struct page *page)
{
	return &lrus[(u64)page->lru_home];
}

static inline enum lru_kind
page_lru_kind(const struct page *page)
{
	return page_test(page, PG_swapbacked) ? LRU_ANON : LRU_FILE;
}

static inline enum lru_list
lru_inactive(enum lru_kind kind)
{
	return kind == LRU_ANON ? LRU_INACTIVE_ANON : LRU_INACTIVE_FILE;
}

static inline enum lru_list
lru_active(enum lru_kind kind)
{
	return lru_inactive(kind) + 1;
}

/*
 * A page is new in a page table or in the cache. It has no PG_lru yet, and goes to the young end
 * of an inactive list, soon (lru_flush()), or of the unevictable one if it has PG_unevictable.
 */
void lru_add(struct page *page);
/*
 * What follows gives one reference of each page back. Those that have no other leave their lists, at
 * a lower price than one by one.
 */
void lru_remove_unused(struct page **pages, unsigned nr);
/* The page is nobody's, or left the cache. Harmless without PG_lru. */
void lru_remove(struct page *page);
/* A page was used by a system call; what of it, the policy says. Cheap. */
void lru_touch(struct page *page);
/* From an inactive list to the active one. => false: it is active, on no list, or the policy has none */
bool lru_activate(struct page *page);
/* Put on the lists what any hart still has in its batch. */
void lru_flush(void);

/*
 * Take up to nr pages from the old end of a list, each with a reference and off the list (PG_lru
 * and PG_active clear). A page whose last owner has just gone is not among them.
 * => how many; each has to be given to lru_putback()
 */
unsigned lru_isolate(struct lru *lru, enum lru_list list, struct page **pages, unsigned nr);
/*
 * The same with one page, of which the caller has a reference. => false: it is on no list, or still in
 * a hart's batch
 */
bool lru_isolate_page(struct page *page);
/* They are free: the last reference of each is the caller's. Or: a page goes back to a list. */
void lru_isolated_free(struct lru *lru, struct page **pages, unsigned nr);
void lru_putback(struct page *page, bool active);

/*
 * From whatever list the page is on to the young end of another lru's inactive list, as if it were new
 * there; it goes back to those of its zone when it is freed. The caller has a reference.
 * => false: it is on no list now
 */
bool lru_move_home(struct page *page, struct lru *lru);

/* Isolated pages, which are being written, go to the laundry. */
void lru_launder(struct lru *lru, struct page **pages, unsigned nr);
/* The oldest page there, isolated again, unless it is still being written. => or NULL */
struct page *lru_laundered(struct lru *lru);
/*
 * Sleep until the oldest page there is written, or somebody has taken it.
 * => false: deadline_ns (clock_now_ns) passed before
 */
bool lru_laundry_wait(struct lru *lru, u64 deadline_ns);

/* What it costs when a page of a kind is reclaimed that is needed: a transfer, and a useless look. */
#define LRU_COST_IO   32
#define LRU_COST_LOOK 1
void lru_note_cost(struct lru *lru, enum lru_kind kind, u64 cost);

/*
 * A page of the cache has to be written to swap from now on before it can go: it becomes one of the kind
 * LRU_ANON, wherever it is. => page locked, in a mapping, without PG_swapbacked
 */
void lru_make_swapbacked(struct page *page);

/* Pages on one of the lists now, in all zones. */
u64 lru_nr_pages(enum lru_list list);
u64 lru_nr_isolated(enum lru_kind kind);

/* Walk all lists; panics, naming what is wrong. For tests. */
void lru_check(struct lru *lru);

/* --- the inside of lru_add(): see vm/lru.c ---------------------------------------------------- */

#define LRU_SLOTS 32
#define LRU_BATCH (LRU_SLOTS - 1)

/* A hart's first word is the number of pages that it put into the others. */
union lru_slot {
	u64 nr;
	struct page *page;
};
extern union lru_slot lru_slots[NR_CPUS * LRU_SLOTS];

void lru_batch_full(union lru_slot *first);

/* => the page has PG_lru since a moment ago */
static ALWAYS_INLINE void
lru_batch_add(struct page *page)
{
	union lru_slot *first = &lru_slots[cpu_id() * LRU_SLOTS];
	u64 n = first->nr + 1;

	page->lru_slot = cpu_id() * LRU_SLOTS + n;
	page->lru_age = 0;
	first->nr = n;
	__atomic_store_n(&first[n].page, page, __ATOMIC_RELEASE);
	if (unlikely(n == LRU_BATCH))
		lru_batch_full(first);
}

/* lru_add() of a page that nobody else can reach yet. */
static ALWAYS_INLINE void
lru_add_private(struct page *page)
{
	page->flags |= 1U << PG_lru;
	lru_batch_add(page);
}

/* Once, at boot. */
void lru_init(void);
