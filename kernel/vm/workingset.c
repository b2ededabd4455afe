/*
 * A page that is used regularly, but less often than the inactive list is long, is reclaimed each
 * time before its next use: one list cannot know. So a trace of what was reclaimed is kept. Each
 * zone counts its evictions, and the trace of a page is the count when it went:
 *
 *	evicted		trace = count
 *	read again	distance = count - trace: so many pages longer, the inactive list would
 *			have kept it
 *
 * If that many pages are on the active list, then they were kept at the cost of this one, though
 * nobody knows whether they are still used: the page becomes active at once, and competes with
 * them. When the distance is larger no list that fits in memory had helped. The trace says, too, whether
 * the page had been active before it went.
 *
 * The traces are in a table with a place for each page of RAM, for longer distances do not count
 * anyway; a large machine forgets a little early, so that its boot costs no more. A place is found by a hash
 * of what the page is (file and index, or swap slot), and holds half of that hash to tell it from others; a
 * new trace takes the place of an old one. Nothing is allocated when memory is short, and a file that goes
 * away leaves nothing to be cleaned up.
 *
 * The traces tell, too, when reclaim gains nothing: what it takes is read again at once. As long as many pages of
 * files are left, others may yet be the right ones. When nothing else can go, and those few are the text of the
 * programs that run, each page found is a page lost (workingset_thrashes(), for vm/reclaim.c).
 */

#include "vm/workingset.h"

#include "core/panic.h"
#include "lib/hash.h"
#include "mem/page_alloc.h"
#include "mem/vmalloc.h"
#include "mem/vmstat.h"
#include "vm/lru.h"
#include "vm/swap.h"

/* A trace for each page of 1 GiB. */
#define TRACES_LOG2_MAX 18

/* half of the hash, but for what is below, and the zone's count; 0: none */
static u64 *traces;
#define TRACE_VALID	 (1UL << 32)
#define TRACE_WAS_ACTIVE (1UL << 33)
#define TRACE_LRU_SHIFT	 34 /* whose count it is: the page may come back to another zone */
#define TRACE_LRU_MASK	 (3UL << TRACE_LRU_SHIFT)
STATIC_ASSERT(NR_LRUS <= 4);
static unsigned traces_log2;

/* What the page is, as long as nobody gives it another identity. */
static inline u64
page_identity(const struct page *page)
{
	if (page_test(page, PG_anon))
		return hash_u64(page->private ^ 1UL << 63);
	return hash_u64((u64)page->mapping + hash_u64(page->index));
}

/* Evictions of pages of files that are looked back at: this many to twice as many. */
#define THRASH_WINDOW 256
/* This part of them may be of no more use. */
#define THRASH_SHARE 4

static void
file_gone_note(struct lru *lru)
{
	u64 gone = READ_ONCE(lru->file_gone) + 1;

	if (gone >= 2 * THRASH_WINDOW) {
		gone /= 2;
		WRITE_ONCE(lru->file_back, READ_ONCE(lru->file_back) / 2);
	}
	WRITE_ONCE(lru->file_gone, gone);
}

bool
workingset_thrashes(const struct lru *lru)
{
	u64 gone = READ_ONCE(lru->file_gone);

	return gone >= THRASH_WINDOW && READ_ONCE(lru->file_back) >= gone - gone / THRASH_SHARE;
}

static u64 *
trace_of(u64 identity)
{
	return &traces[identity >> (64 - traces_log2)];
}

static u64
trace_make(u64 identity, u64 count)
{
	return identity >> 4 << 36 | TRACE_VALID | (u32)count;
}

void
workingset_evict(struct page *page)
{
	u64 identity = page_identity(page);
	struct lru *lru = lru_of(page);
	u64 trace = trace_make(identity, ++lru->nr_evicted) | (u64)(lru - lrus) << TRACE_LRU_SHIFT;

	if (page_lru_kind(page) == LRU_FILE)
		file_gone_note(lru);
	if (page_test(page, PG_workingset))
		trace |= TRACE_WAS_ACTIVE;
	WRITE_ONCE(*trace_of(identity), trace);
}

/* Pages that the refaulting one competes with. */
static u64
workingset_size(const struct lru *lru, enum lru_kind kind)
{
	u64 nr = READ_ONCE(lru->nr[lru_active(kind)]);

	if (kind == LRU_FILE && swap_available())
		nr += READ_ONCE(lru->nr[LRU_ACTIVE_ANON]) + READ_ONCE(lru->nr[LRU_INACTIVE_ANON]);
	if (kind == LRU_ANON)
		nr += READ_ONCE(lru->nr[LRU_ACTIVE_FILE]) + READ_ONCE(lru->nr[LRU_INACTIVE_FILE]);
	return nr;
}

void
workingset_refault(struct page *page)
{
	u64 identity = page_identity(page), *place = trace_of(identity), trace = READ_ONCE(*place);
	enum lru_kind kind = page_lru_kind(page);
	struct lru *lru = &lrus[(trace & TRACE_LRU_MASK) >> TRACE_LRU_SHIFT];
	u32 distance = (u32)lru->nr_evicted - (u32)trace;

	if ((trace & ~(TRACE_WAS_ACTIVE | TRACE_LRU_MASK)) != trace_make(identity, trace))
		return;
	WRITE_ONCE(*place, 0);
	vmstat_add(kind == LRU_ANON ? WORKINGSET_REFAULT_ANON : WORKINGSET_REFAULT_FILE, 1);
	lru_note_cost(lru_of(page), kind, LRU_COST_IO);
	if (kind == LRU_FILE)
		WRITE_ONCE(lru->file_back, READ_ONCE(lru->file_back) + 1);
	if (distance > workingset_size(lru, kind) || !lru_activate(page))
		return;
	page_set(page, PG_workingset);
	vmstat_add(kind == LRU_ANON ? WORKINGSET_ACTIVATE_ANON : WORKINGSET_ACTIVATE_FILE, 1);
	if (trace & TRACE_WAS_ACTIVE)
		vmstat_add(kind == LRU_ANON ? WORKINGSET_RESTORE_ANON : WORKINGSET_RESTORE_FILE, 1);
}

void INIT
workingset_init(void)
{
	while (1UL << traces_log2 < nr_total_pages() && traces_log2 < TRACES_LOG2_MAX)
		traces_log2++;
	traces = vmalloc(sizeof(u64) << traces_log2, GFP_KERNEL | GFP_ZERO);
	assert(traces);
}
