#pragma once

/* What mem/kmemleak shares: the records of allocated memory, and frames that have none. */

#include "core/spinlock.h"
#include "lib/rbtree.h"
#include "mem/kmemleak.h"
#include "mem/page.h"

#define RECORD_ROOT    1U /* always scanned, never reported: a kernel stack */
#define RECORD_CLEARED 2U /* likewise, since somebody said so */

/* One allocation. */
struct record {
	struct rb_node node;
	u64 start, size;
	u64 scan_from; /* scan: what is below is not looked into */
	const char *kind;
	u64 when_ns;
	struct record *gray_next; /* scan: found, and not yet looked into */
	u32 flags;		  /* RECORD_* */
	u32 pid;
	u16 nr_refs;  /* pointers to it that this scan has found so far */
	u8 min_refs;  /* how many of them it has while somebody uses it */
	u8 nr_misses; /* scans in a row that found fewer; 2 is enough */
	u32 nr_callers;
	char comm[KMEMLEAK_COMM];
	u64 callers[KMEMLEAK_CALLERS];
};

#define MISSES_REPORTED 2

/* Any context; also held, with the other harts paused, during a scan. */
extern struct spinlock kmemleak_lock;

/* => kmemleak_lock held */
struct record *record_first(void);
struct record *record_next(struct record *record);
/* The one that contains the address, or NULL. */
struct record *record_at(u64 address);
/* The first that begins above the address, or NULL. */
struct record *record_above(u64 address);

/* Pages of the detector itself: neither looked into nor missed. Never freed. */
void frame_set_own(struct page *page);
bool frame_is_own(const struct page *page);

/*
 * mem/kmemleak/frames.c: blocks of pages that belong to the kernel and to no allocator above the
 * buddy, known only during a scan. => kmemleak_lock held
 */
/* Bitmaps for all of RAM. => -ENOMEM. May sleep; no lock held */
int frames_prepare(void);
/* Find the blocks; none is reached. */
void frames_begin(void);
/* A pointer into a frame was found. */
void frames_reach(u64 pfn);
/* A block that was reached and not looked into yet. => false: none; else its first and nr frames */
bool frames_take_gray(u64 *pfn, u64 *nr);
/* What was not reached is missing once more. => blocks that are missing for the second time just now */
u64 frames_end(void);
/* The first block above this address that was missing twice. => false: none */
bool frames_next_leak(u64 after, struct kmemleak_leak *leak);
/* Those that miss now are not reported again as long as they stay allocated. */
void frames_clear(void);
