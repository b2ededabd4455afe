#pragma once

/*
 * Swap on a RAM disk, one at a time, which says what it was asked for; and the memory of a program that is to
 * go there. As long as memory is not short nothing else goes there.
 */

#include "dev/block.h"
#include "vm/mm.h"

struct swap_disk {
	struct block_device *bdev;
	unsigned nr_discards;
	u64 discard_sector, nr_discard_sectors; /* of the last one */
	u64 bad_slot;				/* cannot be read; 0: all can */
	bool holds_writes, holds_discards;	/* those to come wait for swap_disk_go_on() */
	struct list_head held;
	u64 nr_held;
	unsigned nr_overwritten; /* slots: written while they were being discarded */
};

extern struct swap_disk swap_disk;

/* With so many slots, the header's among them, and the flags of swapon(2). => false: it is not there */
bool swap_disk_on(u64 nr_slots, u32 flags);
/* => false: it is still in use */
bool swap_disk_off(void);

/* What was held back is done, and what is to come is not held. */
void swap_disk_go_on(void);

/*
 * The current thread gets memory of its own, of nr pages from PROGRAM_BASE on, each with a word in it and
 * zeros else. => NULL: no memory
 */
#define PROGRAM_BASE 0x50000000UL
struct mm *program_enter(u64 nr);
void program_leave(void);

static inline uva_t
program_uva(u64 index)
{
	return PROGRAM_BASE + index * PAGE_SIZE;
}

/* Is the word of each page from `first` on what it was? */
bool program_holds(u64 first, u64 nr);
/* The page that is mapped there now, with a reference; or NULL. */
struct page *program_page(struct mm *mm, u64 index);
#define PATIENCE 1000 /* milliseconds for what another thread is to do at once */

/* Pages go to the disk and out of memory; of those that kswapd frees the end is awaited. */
void program_pageout(struct mm *mm, u64 first, u64 nr);
