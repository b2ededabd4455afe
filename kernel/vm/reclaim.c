/*
 * How much of what is looked at. A run of reclaim goes over the zones that who needs memory could have, step by
 * step: first a small part of each list, then twice as much, and so on until enough is free:
 *
 *	pages to look at = length of the list / 2^priority * share of the kind
 *
 * with priority from RECLAIM_PRIORITY down to 0, where the whole list is looked at, and used pages
 * go, too. Shrinkers are asked for the same part of what they have.
 *
 * The share says how much of the pressure anonymous pages get, and how much pages of files. Either
 * kind costs something when the wrong page goes: it must be read again, and an anonymous page
 * must be written first. These costs are noted as they occur (lru_note_cost()), older ones
 * counting less, and a kind gets the less pressure the more it cost lately. swappiness weighs them:
 * 100 says that a page of swap is as dear as a page of a file, 0 that nothing is swapped while there
 * are files to drop. Without a free slot in swap anonymous pages and shared memory are not looked at
 * at all, unless many of them have a slot already: whoever finds nothing must know that soon, for somebody
 * has to be killed then. If what is
 * left of files is less than the high watermark, only anonymous pages count. The last step looks at
 * all of both, whatever swappiness says, for else somebody would be killed beside memory that can go.
 *
 * Zones age alike: each step is for the one whose lists were gone round least, whichever is short, or else a page
 * would stay the longer the less its zone is liked by those who allocate.
 */

#include "vm/reclaim.h"

#include "core/clock.h"
#include "lib/compiler.h"
#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "vm/flusher.h"
#include "vm/kswapd.h"
#include "vm/pagecache.h"
#include "vm/reclaim_policy.h"
#include "vm/shrinker.h"
#include "vm/swap.h"
#include "vm/workingset.h"
#include "vm/writeback.h"

/*
 * The least that a direct reclaim tries to free, and one look at a list takes; of a short list, this
 * part: nothing is gained when each of many looks is at all of it.
 */
#define RECLAIM_LEAST	 32
#define SHORT_LIST_SHARE 8

/* How long to wait for the disk when only dirty pages are left. */
#define RECLAIM_WAIT_NS (10 * NSEC_PER_MSEC)

/*
 * How long to wait for one that was given pages. Those who need memory do so in each of the steps, and
 * once more before somebody is killed: a disk has half a minute to give one sign of life.
 */
#define LAUNDRY_WAIT_NS NSEC_PER_SEC

/* Pages of one zone that may be on their way to swap before reclaim waits for the first of them. */
#define LAUNDRY_MAX 256

/* Of anonymous pages, this part with a slot is worth a look at them; in the last step, so many pages. */
#define SLOT_SHARE 8
#define SLOT_LEAST 32

/* Of a zone, this part is left to files whose pages come back as soon as they go, if nothing else can go. */
#define FILES_LEAST_SHARE 64

/* How many locked pages one step looks at, to see whether they are still locked. */
#define RESCUE_BATCH 32

u32 swappiness = 60;

/*
 * How much of the scan each kind should have. What both cost together is added to the cost of each, so
 * that the dearer one still has a share: it may be all there is but for a few pages.
 */
static void
scan_weights(const struct lru *lru, u64 weight[NR_LRU_KINDS])
{
	u64 anon = READ_ONCE(lru->cost[LRU_ANON]), file = READ_ONCE(lru->cost[LRU_FILE]);
	u64 both = anon + file;

	weight[LRU_ANON] = swappiness * (3 * both + 1) / (both + anon + 1);
	weight[LRU_FILE] = (SWAPPINESS_MAX - swappiness) * (3 * both + 1) / (both + file + 1);
}

/* Can anonymous pages go? With a slot they need no free one. */
static bool
anon_can_go(u64 nr_anon, int priority)
{
	u64 nr_cached;

	if (swap_available())
		return true;
	nr_cached = vmstat_get(NR_SWAPCACHE);
	return nr_cached >= SLOT_LEAST && (priority == 0 || nr_cached >= nr_anon / SLOT_SHARE);
}

/* Pages of a kind, except those that must stay. */
static u64
kind_nr_pages(const struct lru *lru, enum lru_kind kind)
{
	return READ_ONCE(lru->nr[lru_inactive(kind)]) + READ_ONCE(lru->nr[lru_active(kind)]);
}

/*
 * Can pages of files go? Not the last few of a zone when what goes comes back at once: somebody is to be
 * killed then, for else all would read their text for ever.
 */
static bool
files_can_go(unsigned zone, u64 nr_file)
{
	return nr_file > zones[zone].nr_managed / FILES_LEAST_SHARE ||
	       !workingset_thrashes(&lrus[zone]);
}

/* Pages of each kind to look at. => pages that there are of the kinds that are looked at */
static u64
scan_counts(unsigned zone, int priority, u64 nr_scan[NR_LRU_KINDS])
{
	struct lru *lru = &lrus[zone];
	u64 nr[NR_LRU_KINDS], weight[NR_LRU_KINDS], nr_candidates = 0;
	enum lru_kind most;

	for (enum lru_kind kind = 0; kind < NR_LRU_KINDS; kind++)
		nr[kind] = kind_nr_pages(lru, kind);
	scan_weights(lru, weight);
	if (priority == 0)
		weight[LRU_ANON] = weight[LRU_FILE] = 1;
	if (!anon_can_go(nr[LRU_ANON], priority)) {
		weight[LRU_ANON] = 0;
		weight[LRU_FILE] = files_can_go(zone, nr[LRU_FILE]);
	} else if (nr[LRU_ANON] >> priority > 0 && priority > 0 && swap_available() &&
		   nr[LRU_FILE] + zones[zone].nr_free <= zones[zone].watermark_high) {
		weight[LRU_ANON] = 1;
		weight[LRU_FILE] = 0;
	}
	for (enum lru_kind kind = 0; kind < NR_LRU_KINDS; kind++) {
		nr_scan[kind] = (nr[kind] >> priority) * weight[kind] /
				(priority == 0 ? 1 : MAX(weight[LRU_ANON] + weight[LRU_FILE], 1UL));
		nr_candidates += weight[kind] ? nr[kind] : 0;
	}
	most = nr[LRU_ANON] * weight[LRU_ANON] > nr[LRU_FILE] * weight[LRU_FILE] ? LRU_ANON
										 : LRU_FILE;
	if (nr_scan[LRU_ANON] + nr_scan[LRU_FILE] == 0 && weight[most] > 0)
		nr_scan[most] = MIN(nr[most] / SHORT_LIST_SHARE, (u64)RECLAIM_LEAST);
	return nr_candidates;
}

/* => false: the disk has not answered */
static bool
laundry_wait(struct lru *lru)
{
	bool written;

	writeback_throttle_begin();
	written = lru_laundry_wait(lru, clock_now_ns() + LAUNDRY_WAIT_NS);
	writeback_throttle_end();
	return written;
}

static void
dirty_pages_wait(void)
{
	writeback_throttle_begin();
	writeback_wait_progress(RECLAIM_WAIT_NS);
	writeback_throttle_end();
}

/* So many of nr_candidates pages were looked at; a step that found none has been all the same. */
static void
turns_add(struct lru *lru, int priority, u64 nr_scanned, u64 nr_candidates)
{
	u64 part = LRU_TURN >> priority;

	if (nr_scanned > 0)
		part = LRU_TURN * nr_scanned / MAX(nr_candidates, nr_scanned);
	WRITE_ONCE(lru->turns, READ_ONCE(lru->turns) + part);
}

void
reclaim_zone(unsigned zone, int priority, u64 nr_wanted, struct reclaim_run *run)
{
	struct lru *lru = &lrus[zone];
	u64 nr_scan[NR_LRU_KINDS], goal = run->nr_freed + nr_wanted;
	u64 nr_candidates, nr_scanned = run->nr_scanned;

	run->desperate = priority == 0;
	lru_flush();
	shrink_laundry(lru, run);
	shrink_rescue(lru, priority == 0 ? UINT64_MAX : RESCUE_BATCH);
	nr_candidates = scan_counts(zone, priority, nr_scan);
	while (run->nr_freed < goal && nr_scan[LRU_ANON] + nr_scan[LRU_FILE] > 0) {
		for (enum lru_kind kind = 0; kind < NR_LRU_KINDS; kind++) {
			u64 nr = shrink_batch(lru, kind, nr_scan[kind], run);

			nr_scan[kind] = nr ? nr_scan[kind] - nr : 0;
		}
		/* A disk that does not answer is given no more, or each batch would wait for it. */
		if (lru->nr_laundry >= LAUNDRY_MAX && run->gfp & GFP_BIT_IO && !laundry_wait(lru))
			nr_scan[LRU_ANON] = 0;
		shrink_laundry(lru, run);
	}
	turns_add(lru, priority, run->nr_scanned - nr_scanned, nr_candidates);
}

/* Is there a page that might go? */
static bool
zone_has_candidates(unsigned zone, int priority)
{
	u64 nr_anon = kind_nr_pages(&lrus[zone], LRU_ANON);
	u64 nr_file = kind_nr_pages(&lrus[zone], LRU_FILE);

	return (nr_file > 0 && files_can_go(zone, nr_file)) ||
	       (nr_anon > 0 && anon_can_go(nr_anon, priority));
}

/* The zone up to `top` whose lists were gone round least, of those with a page that might go; else `top`. */
static unsigned
zone_behind(unsigned top, int priority)
{
	u64 most = 0, least = UINT64_MAX;
	unsigned behind = top;

	for (unsigned i = 0; i <= top; i++)
		most = MAX(most, READ_ONCE(lrus[i].turns));
	for (unsigned i = 0; i <= top; i++) {
		u64 turns = READ_ONCE(lrus[i].turns);

		if (turns + RECLAIM_LAG_MAX < most)
			WRITE_ONCE(lrus[i].turns, turns = most - RECLAIM_LAG_MAX);
		if (turns < least && zone_has_candidates(i, priority)) {
			least = turns;
			behind = i;
		}
	}
	return behind;
}

void
reclaim_zones(unsigned top, int priority, u64 nr_wanted, struct reclaim_run *run)
{
	u64 goal = run->nr_freed + nr_wanted;

	for (unsigned i = 0; i <= top; i++) {
		shrink_laundry(&lrus[i], run);
		run->nr_writeback += READ_ONCE(lrus[i].nr_laundry);
	}
	for (int i = (int)top; i >= 0 && run->nr_freed < goal; i--)
		if (zones[i].nr_managed > 0)
			reclaim_zone(priority == 0 ? (unsigned)i : zone_behind(top, priority),
				     priority, goal - run->nr_freed, run);
}

/* Has somebody else made room meanwhile? */
static bool
zonelist_has_room(gfp_t gfp)
{
	const struct zonelist *list = &zonelists[gfp & GFP_ZONE_MASK];
	unsigned top = gfp_highest_zone(gfp);

	for (unsigned i = 0; list->zones[i]; i++) {
		const struct zone *zone = list->zones[i];

		if (READ_ONCE(zone->nr_free) > zone->watermark_low + zone->lowmem_reserve[top])
			return true;
	}
	return false;
}

void
reclaim_wait(struct reclaim_run *run)
{
	unsigned top = run->kswapd ? NR_ZONES - 1 : gfp_highest_zone(run->gfp);

	if (!(run->gfp & GFP_BIT_IO))
		return;
	if (run->nr_dirty > 0)
		flusher_kick();
	if (run->nr_freed > 0 || (!run->kswapd && zonelist_has_room(run->gfp)))
		return;
	for (unsigned i = 0; i <= top; i++)
		if (READ_ONCE(lrus[i].nr_laundry) > 0) {
			laundry_wait(&lrus[i]);
			return;
		}
	if (run->nr_dirty + run->nr_writeback > run->nr_scanned / 2)
		dirty_pages_wait();
}

u64
reclaim_pages(u64 nr_pages, gfp_t gfp)
{
	unsigned top = gfp_highest_zone(gfp);
	u64 freed = 0;

	if (current->reclaim_depth > 0)
		return 0;
	current->reclaim_depth++;
	for (int priority = RECLAIM_PRIORITY; priority >= 0 && freed < nr_pages; priority--) {
		struct reclaim_run run = {.gfp = gfp};

		reclaim_zones(top, priority, nr_pages - freed, &run);
		if (freed + run.nr_freed < nr_pages)
			run.nr_freed += shrinkers_run(gfp, priority);
		freed += run.nr_freed;
		if (freed < nr_pages)
			reclaim_wait(&run);
	}
	current->reclaim_depth--;
	return freed;
}

static u64
reclaim_for_alloc(gfp_t gfp, unsigned order)
{
	u64 freed;

	if (current->reclaim_depth > 0)
		return 0;
	kswapd_wake();
	kswapd_throttle(gfp);
	vmstat_add(ALLOCSTALL_DMA + gfp_highest_zone(gfp), 1);
	freed = reclaim_pages(MAX(1UL << order, (u64)RECLAIM_LEAST), gfp);
	if (freed > 0)
		kswapd_note_progress();
	return freed;
}

void INIT
reclaim_init(void)
{
	reclaim_policy_init();
	page_reclaim_hook = reclaim_for_alloc;
	page_low_hook = kswapd_wake;
}
