/* Zones age alike: each step is for the one that was gone round least, and old debts are forgotten. */

#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "mem/zone.h"
#include "vm/lru.h"
#include "vm/pagecache.h"
#include "vm/reclaim.h"

/* Enough that a step at the highest priority looks at one. */
#define NR_PAGES (2UL << RECLAIM_PRIORITY)
#define NR_STEPS 8

static struct mapping file;

static u64
nr_files(unsigned zone)
{
	return lrus[zone].nr[LRU_INACTIVE_FILE] + lrus[zone].nr[LRU_ACTIVE_FILE];
}

/* => a zone below `top` that has clean pages of files, as many as possible; `top`: none has */
static unsigned
lower_zone(unsigned top)
{
	unsigned found = top;
	u64 most = 0;

	for (unsigned i = 0; i < top; i++)
		if (nr_files(i) > most) {
			most = nr_files(i);
			found = i;
		}
	return found;
}

/* Of all zones with pages `top` is `ahead`. Then some steps are taken. => how far the lower one has come */
static u64
turns_of_lower(unsigned top, unsigned low, u64 ahead)
{
	struct reclaim_run run = {.gfp = GFP_HIGHUSER};
	u64 before = 100 * LRU_TURN;

	for (unsigned i = 0; i <= top; i++)
		WRITE_ONCE(lrus[i].turns, before + (i == low ? 0 : ahead));
	for (unsigned i = 0; i < NR_STEPS; i++)
		reclaim_zones(top, RECLAIM_PRIORITY, 1, &run);
	return READ_ONCE(lrus[low].turns) - before;
}

KTEST(reclaim_zones_by_turns)
{
	unsigned top = gfp_highest_zone(GFP_HIGHUSER), low;
	u64 turns;
	u8 byte;

	KTEST_NEEDS(top > 0 && zones[top].nr_managed < NR_PAGES);
	mapping_init(&file, &file_ops, NULL, NR_PAGES * PAGE_SIZE);
	for (u64 i = 0; i < NR_PAGES; i++)
		if (pagecache_read_kernel(&file, i * PAGE_SIZE, &byte, 1) != 1)
			break;
	lru_flush();
	low = lower_zone(top);
	if (low != top) {
		/* Behind by less than counts as debt: its turn, and the other's stand still. */
		turns = turns_of_lower(top, low, RECLAIM_LAG_MAX);
		KTEST_CHECK(turns > 0 && turns <= RECLAIM_LAG_MAX);
		KTEST_CHECK(READ_ONCE(lrus[top].turns) == 100 * LRU_TURN + RECLAIM_LAG_MAX);
		/* Behind by more: what is more is forgotten. */
		turns = turns_of_lower(top, low, 10 * RECLAIM_LAG_MAX);
		KTEST_CHECK(turns >= 9 * RECLAIM_LAG_MAX && turns <= 10 * RECLAIM_LAG_MAX);
		/* Ahead: the other's turn. */
		turns = turns_of_lower(top, low, 0);
		KTEST_CHECK(turns < RECLAIM_LAG_MAX);
	}
	mapping_destroy(&file);
	KTEST_CHECK(low != top);
}
