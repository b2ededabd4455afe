#pragma once

/* Getting frames back: old pages of files and programs, then whatever the shrinkers have. */

#include "mem/gfp.h"
#include "vm/shrink.h"

/* A run begins by looking at 1 / 2^RECLAIM_PRIORITY of each list; at priority 0 it is all. */
#define RECLAIM_PRIORITY 12

/* Free about nr_pages frames of the zones that gfp allows. No spinning lock held. => frames freed */
u64 reclaim_pages(u64 nr_pages, gfp_t gfp);

/* One step for one zone: nr_wanted pages, from 1 / 2^priority of its lists. */
void reclaim_zone(unsigned zone, int priority, u64 nr_wanted, struct reclaim_run *run);

/* So much of a turn (LRU_TURN) a zone may be behind others: what was long ago is no debt. */
#define RECLAIM_LAG_MAX (LRU_TURN / 8)

/* The same for who can do with any zone up to `top`, so that these age alike. */
void reclaim_zones(unsigned top, int priority, u64 nr_wanted, struct reclaim_run *run);

/* A step freed little because of pages that have to be written: let the disk get on a little. */
void reclaim_wait(struct reclaim_run *run);

/* /proc/sys/vm/swappiness: 0 .. 200, how willing to swap rather than to read files again. */
#define SWAPPINESS_MAX 200
extern u32 swappiness;

/* Once, at boot: sets mem/'s hooks. */
void reclaim_init(void);
