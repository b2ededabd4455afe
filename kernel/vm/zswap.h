#pragma once

/*
 * Compressed pages of swap slots, in memory. The theory is in vm/zswap.c. Which slot has one is in
 * its area's tree (vm/swap_keep.c), whose lock is taken before the ones in here.
 */

#include "core/atomic.h"
#include "lib/types.h"
#include "vm/swap_entry.h"
#include "vm/zpool.h"

struct page;
struct seq;
struct zswap_entry;

/*
 * The contents of page, compressed, for the slot `where`. => page locked, nobody stores to it; NULL:
 * they have to be written. The entry is the caller's, until it is published or freed
 */
struct zswap_entry *zswap_store(struct page *page, swp_entry_t where);

/* The entry is in its area's tree. => area->lock held */
void zswap_publish(struct zswap_entry *entry);

/* Fill page, which is locked and, as the slot's, in the swap cache: so the entry stays. => 0; -EIO */
int zswap_load(struct zswap_entry *entry, struct page *page);

/* Where its bytes are. For tests. => the entry stays */
struct zpool_place zswap_place(const struct zswap_entry *entry);

/* => it is in no tree any more. Page-table locks and area->lock may be held */
void zswap_free(struct zswap_entry *entry);

/*
 * The slot whose page was stored first, and its entry goes to the end of the queue. => false: there
 * is no entry
 */
bool zswap_oldest(swp_entry_t *where);

/* Pages that the pool has. */
u64 zswap_nr_pool_pages(void);
/* Pages of programs that are in there. */
u64 zswap_nr_stored(void);
/* Pages that the pool may have, and at which it takes more again after it was full. */
u64 zswap_limit(void);
u64 zswap_accept_limit(void);

/* Linux's parameters, /sys/module/zswap/parameters. */
extern bool zswap_enabled;
extern u32 zswap_max_pool_percent, zswap_accept_threshold_percent;
/* => 0; -ENOMEM. May sleep */
int zswap_set_enabled(bool enabled);
/* The numbers above were changed. */
void zswap_limits_changed(void);

/* Events, as in Linux's /sys/kernel/debug/zswap. */
struct zswap_stats {
	u64 pool_limit_hit, reject_reclaim_fail, reject_alloc_fail, reject_kmemcache_fail;
	u64 reject_compress_poor, written_back_pages, decompress_fail;
};
extern struct zswap_stats zswap_stats;

static inline void
zswap_count(u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* Acts on the boot arguments. Once, at boot, when threads can be started. */
void zswap_init(void);

/* --- writing back (vm/zswap_writeback.c) ---------------------------------------------------- */

/* The pool is full: make room, soon. Any context. */
void zswap_writeback_wake(void);
/* Start the thread. => 0; -ENOMEM */
int zswap_writeback_start(void);
