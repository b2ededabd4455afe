#pragma once

/*
 * Swap, as the rest of the kernel sees it. The theory is in vm/swap_cache.c.
 *
 * An anonymous page on its way out goes through the swap cache:
 *
 *	swap_cache_add(page)		a slot; PG_swapcache; dirty
 *	rmap_unmap(page)		swap entries take the place of its PTEs, each with a
 *					swap_entry_get()
 *	swap_writeout(&page, 1)		PG_writeback until it is in its slot
 *	swap_cache_drop(page)		clean and unused: out of the cache, and it can be freed
 *
 * and a fault that comes meanwhile finds it in the cache.
 */

#include "core/atomic.h"
#include "lib/errno.h"
#include "mem/gfp.h"
#include "mem/page.h"
#include "vm/swap_entry.h"

struct block_device;
struct mm;

/* --- what reclaim calls ----------------------------------------------------------------------- */

/*
 * Slots of the areas that give some out: free ones, and all that are not bad; and how many became bad
 * since the boot.
 */
extern atomic64_t swap_nr_free, swap_nr_usable, swap_nr_failed;

/* Is it worth looking at anonymous pages? (There is a free slot.) */
static inline bool
swap_available(void)
{
	return atomic64_read(&swap_nr_free) > 0;
}

/* Are slots better given back than kept for pages that are in memory? (Half of them are used.) */
static inline bool
swap_is_tight(void)
{
	return atomic64_read(&swap_nr_free) < atomic64_read(&swap_nr_usable) / 2;
}

/*
 * Give an anonymous page, or one of shared memory, a slot and put it into the swap cache, dirty, with PG_swapcache and its
 * entry in page->private; the cache has a reference. Does not wait for memory: the caller is to make
 * some. => page locked, swapbacked, not in the cache; 0, -ENOSPC: no slot is free, -ENOMEM
 */
int swap_cache_add(struct page *page);

/*
 * Write pages of the swap cache: all locked and dirty, not being written; unlocks them. Starts the
 * I/O (pages whose slots are neighbours in one request) and returns; each has PG_writeback until it
 * ended, and is dirty again when it failed. A page that is still mapped, or that somebody besides
 * the cache and the caller has, is left dirty. One that needs no I/O is clean at once.
 * => pages that are clean or under way
 */
unsigned swap_writeout(struct page **pages, unsigned nr);

/*
 * Take a page out of the swap cache that nothing maps and only the cache and the caller have, if it is
 * clean, or if nobody will ask for its slot. => page locked, in the cache; true when it was done:
 * then the caller has the last reference
 */
bool swap_cache_drop(struct page *page);

/* --- entries ------------------------------------------------------------------------------------ */

/*
 * One more page table holds the entry. => the caller keeps it valid: the page is locked and in the
 * cache, or another PTE has it under its page-table lock
 */
void swap_entry_get(swp_entry_t entry);

/* One page table less. Page-table locks may be held. */
void swap_entry_put(swp_entry_t entry);

/* How many page tables, or trees of mappings, hold it. => one does, and is locked */
unsigned swap_entry_users(swp_entry_t entry);

/* The page of the entry, valid or not, with a reference; NULL: it is not in the cache. */
struct page *swap_cache_find(swp_entry_t entry);

/* The entry of a page with PG_swapcache. => page locked */
static inline swp_entry_t
page_swp_entry(const struct page *page)
{
	return (swp_entry_t){page->private};
}

/* Is page, which is locked, the one in the cache for this entry? */
static inline bool
page_is_swapped_as(const struct page *page, swp_entry_t entry)
{
	return page_test(page, PG_swapcache) && page->private == entry.val;
}

/*
 * Make an anonymous page that one PTE maps that PTE's alone, which it is when no swap entry stands for
 * it, and nobody reads or writes it for another: it leaves the cache, or is dirty from now on if it is
 * just being written. => page locked, in the cache, the caller has nr_own references and holds that PTE's
 * page-table lock. false: others may come to map it, or have a reference
 */
bool swap_cache_claim(struct page *page, s32 nr_own);

/* The same for a page that is not locked, which may fail for that reason. */
bool swap_cache_try_claim(struct page *page, s32 nr_own);

/*
 * A page stays in memory: its slot is free, if nobody else has it, and the page is out of the cache. => page
 * locked, in the cache, the caller has a reference
 */
void swap_cache_give_slot(struct page *page);

/*
 * A PTE's mapping of page is gone: if nothing maps it now, and nobody will ask for its slot, then
 * page leaves the cache. => the caller has a reference; page-table locks may be held
 */
void swap_cache_release(struct page *page);

/* --- swap-in ------------------------------------------------------------------------------------ */

/*
 * The page of the entry, valid, with a reference; with it its neighbours are read, as *ra advises
 * (NULL: none). `at` is where it is wanted, an address or an offset in a file: a new page gets the colour
 * of that. Sleeps for memory and the disk. *major is set when it was not in the cache.
 * => NULL no memory; ERR_PTR(-ENOENT): nobody uses the entry any more; ERR_PTR(-EIO)
 */
struct page *swap_in(swp_entry_t entry, u64 at, struct swap_readahead *ra, bool *major);

/* A page in swap, and where it is wanted, as of swap_in(). */
struct swap_wanted {
	swp_entry_t entry;
	u64 at;
};

/* The most entries in one call of swap_read_ahead. */
#define SWAP_AHEAD_MAX 32

/*
 * Start to read what is in no memory of these entries, slots that follow each other in one request, if
 * there are pages for it. Does not wait for the disk. Entries may be nobody's any more.
 */
void swap_read_ahead(const struct swap_wanted *wanted, unsigned nr);

/* --- areas -------------------------------------------------------------------------------------- */

struct swap_extent {
	u64 slot;   /* the first */
	u64 sector; /* where that is */
};

/* A device, or a file, with room for swap. */
struct swap_source {
	struct block_device *bdev;
	struct swap_extent *extents; /* kmalloc'ed: ascending, the first begins with slot 0 */
	u64 nr_extents;
	u64 nr_pages;
	const char *path; /* kmalloc'ed; as /proc/swaps shows it */
	bool is_file;
	const void *identity; /* a device or a mapping: what swapoff asks for */
	void *owner;
	void (*release)(void *owner); /* at the end of swapoff, after all I/O; may sleep */
};

/* swapon(2)'s flags, Linux's. */
#define SWAP_FLAG_PREFER	0x8000U
#define SWAP_FLAG_PRIO_MASK	0x7fffU
#define SWAP_FLAG_DISCARD	0x10000U
#define SWAP_FLAG_DISCARD_ONCE	0x20000U
#define SWAP_FLAG_DISCARD_PAGES 0x40000U
#define SWAP_FLAGS_VALID                                                                       \
	(SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK | SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE | \
	 SWAP_FLAG_DISCARD_PAGES)

/* Read the header and give slots out. => 0, then *source is the area's; -errno, then the caller's */
int swap_on(const struct swap_source *source, u32 flags);

/*
 * Bring everything back and stop using it. => 0; -EINVAL: no such area; -ENOMEM, -EINTR: it goes on as
 * before. No lock held
 */
int swap_off(const void *identity);

/* Is there an area on this device or file? A swapon that has not ended may be missed. */
bool swap_is_on(const void *identity);

struct swap_area_info {
	const char *path; /* as long as visit() runs */
	bool is_file;
	u64 nr_pages, nr_used; /* without header and bad slots */
	s32 priority;
};

/*
 * Memory has run out: the area that swapoff is emptying, if there is one, gives out slots again, and swapoff
 * ends with -ENOMEM. Sleeps not, no spinning lock held. => true: there is one, or was a moment ago
 */
bool swap_off_cancel(void);

/* Of each active area. visit() may not sleep. */
void swap_for_each_area(void (*visit)(const struct swap_area_info *info, void *arg), void *arg);

/* Slots of all areas. */
void swap_totals(u64 *nr_total, u64 *nr_free);

/* Once, at boot. */
void swap_init(void);
