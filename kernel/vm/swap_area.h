#pragma once

/*
 * Swap areas: where they lie, their slots, what is in memory of them. What others need is in
 * vm/swap.h; this is for the files of swap alone.
 */

#include "core/cpu.h"
#include "core/spinlock.h"
#include "dev/block.h"
#include "lib/xarray.h"
#include "vm/swap.h"
#include "vm/swap_slots.h"

#define SECTORS_PER_SLOT (PAGE_SIZE / SECTOR_SIZE)

/*
 * Letters: L lock; C constant while slots are in use; O only swapon and swapoff, under swap_mutex.
 *
 * A slot in use keeps the area: swapoff waits for the last one. A slot is in use while a PTE names
 * it or its page is in the cache, so I/O on a page of the cache needs no further reference.
 */
struct swap_area {
	struct spinlock lock;		     /* SWAP */
	bool active;			     /* L: there is a map */
	bool open;			     /* L: slots are given out */
	bool discarding;		     /* L: vm/swap_discard.c holds clusters of the map */
	s32 priority;			     /* O */
	u64 nr_usable;			     /* L: what it added to swap_nr_usable */
	struct swap_map map;		     /* L */
	struct swap_cursor cursors[NR_CPUS]; /* L */
	struct xarray cache;		     /* L: slot -> struct page */
	struct xarray kept;	   /* L: slot -> contents that need no I/O (vm/swap_keep.h) */
	struct swap_source source; /* C */
};

/* The area of an entry. => the entry is somebody's */
struct swap_area *swap_area_of(swp_entry_t entry);
/* Of this number, active or not. */
struct swap_area *swap_area_get(unsigned type);
unsigned swap_area_type(const struct swap_area *area);

/* A free slot, with count 1, of the area whose turn it is. => .val 0: there is none */
swp_entry_t swap_slot_alloc(void);

/* Was the area that swapoff is emptying given back, so that it is to end? */
bool swap_off_cancelled(void);

/* One user less. => the count that is left; area->lock held */
unsigned swap_slot_put_locked(struct swap_area *area, u64 slot);

/* Where the slot is on the disk. */
u64 swap_slot_sector(const struct swap_area *area, u64 slot);

/* --- swap cache (vm/swap_cache.c) ----------------------------------------------------------- */

/* Take a page out. => page locked, in the cache, not being written; the caller has a reference */
void swap_cache_remove(struct page *page);

/*
 * A new page for a slot that is not in the cache, of the colour of `at`: locked, not valid, with a
 * reference. => NULL no memory; ERR_PTR(-EEXIST) it is in the cache; ERR_PTR(-ENOENT) nobody uses the slot
 */
struct page *swap_cache_add_new(swp_entry_t entry, u64 at, gfp_t gfp);

/*
 * The same for a page that is to go again at once: nobody misses it, so it is no refault.
 */
struct page *swap_cache_add_unused(swp_entry_t entry, u64 at, gfp_t gfp);

/* --- I/O (vm/swap_io.c) --------------------------------------------------------------------- */

/* swap_writeout() of pages that are not kept in memory in another form. */
unsigned swap_writeout_to_disk(struct page **pages, unsigned nr);

/* Read pages of the cache: all locked, not valid. Starts the I/O; page_read_done() ends it. */
void swap_read_pages(struct page **pages, unsigned nr);
