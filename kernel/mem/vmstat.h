#pragma once

/*
 * Numbers of pages in some use, and of events, for /proc. Each hart adds to counters of its own with
 * plain loads and stores; a reader sums them up. One hart's part of a number of pages means
 * nothing, and may be negative, for pages are often freed by another hart than took them.
 *
 * What the zones, the page cache and the slab caches count for themselves is not here.
 */

#include "core/cpu.h"
#include "core/panic.h"

enum vm_item {
	/* Numbers of pages, now. */
	NR_ANON_MAPPED, /* of programs, without a file, in some page table */
	NR_FILE_MAPPED, /* of the page cache, in some page table */
	NR_SHMEM,	/* of the page cache, with no file on a disk */
	NR_PAGETABLE,	/* page tables, but for those made before the buddy */
	NR_KERNEL_STACK,
	NR_VMALLOC,   /* other pages of vmalloc */
	NR_SWAPCACHE, /* that have a swap slot */
	NR_COMMITTED, /* that programs may come to need: private writable areas, and stacks */
	/* Events, ever. */
	PSWPIN, /* pages read from swap, and written there */
	PSWPOUT,
	NR_VMSCAN_WRITE, /* reclaim gave it to the disk */
	NR_DIRTIED,	 /* pages of files that became dirty */
	NR_WRITTEN,	 /* pages whose write was begun, of files and to swap */
	SWAP_RA, /* pages read from swap for their neighbour's sake, and those of them that were used */
	SWAP_RA_HIT,
	ZSWPIN, /* pages taken from and put into compressed swap, and written from there to a disk */
	ZSWPOUT,
	ZSWPWB,
	PGACTIVATE,
	PGDEACTIVATE,
	PGREFILL, /* looked at on an active list */
	PGSCAN_KSWAPD,
	PGSCAN_DIRECT,
	PGSCAN_DIRECT_THROTTLE, /* a task waited for kswapd before it reclaimed */
	PGSCAN_ANON,
	PGSCAN_FILE,
	PGSTEAL_KSWAPD,
	PGSTEAL_DIRECT,
	PGSTEAL_ANON,
	PGSTEAL_FILE,
	ALLOCSTALL_DMA, /* a task had to reclaim, by the zone it wanted: the next two follow */
	ALLOCSTALL_NORMAL,
	ALLOCSTALL_HIGH,
	PAGEOUTRUN,		      /* runs of kswapd */
	KSWAPD_LOW_WMARK_HIT_QUICKLY, /* it was asked again soon after all was well */
	UNEVICTABLE_PGS_CULLED,	      /* set aside, looked at there, and brought back */
	UNEVICTABLE_PGS_SCANNED,
	UNEVICTABLE_PGS_RESCUED,
	UNEVICTABLE_PGS_MLOCKED, /* set aside, and brought back, by the call that said so */
	UNEVICTABLE_PGS_MUNLOCKED,
	SLABS_SCANNED,
	WORKINGSET_REFAULT_ANON,
	WORKINGSET_REFAULT_FILE,
	WORKINGSET_ACTIVATE_ANON,
	WORKINGSET_ACTIVATE_FILE,
	WORKINGSET_RESTORE_ANON, /* it had been active before */
	WORKINGSET_RESTORE_FILE,
	PGCOLOR_HIT, /* user pages of the right colour, and others */
	PGCOLOR_MISS,
	DROP_PAGECACHE,
	DROP_SLAB,
	NR_TLB_REMOTE_FLUSH,
	NR_TLB_REMOTE_FLUSH_RECEIVED, /* atomic: the sender counts it for the hart */
	NR_TLB_LOCAL_FLUSH_ALL,
	NR_VM_ITEMS,
};

struct vm_counts {
	s64 nr[NR_VM_ITEMS];
} ALIGNED(64);

extern struct vm_counts vm_counts[NR_CPUS];

/* => not in an interrupt handler: it might come between the load and the store of another addition */
static inline void
vmstat_add(enum vm_item item, s64 delta)
{
#ifdef DEBUG
	assert(!in_interrupt());
#endif
	vm_counts[cpu_id()].nr[item] += delta;
}

/* The sum over all harts; not less than 0, which it may be for the moment while others count. */
u64 vmstat_get(enum vm_item item);

struct zone;

/* Free pages of one zone, on the lists of harts and in their pools of colours, too. */
u64 zone_nr_free_all(const struct zone *zone);
/* Pages that it has given and got back since the boot. */
void zone_counts(const struct zone *zone, u64 *nr_allocated, u64 *nr_freed);
