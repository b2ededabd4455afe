/*
 * A page on its way to swap is compressed first, and if that is worth it kept in memory, in a pool
 * (vm/zpool.h) that may have a part of the machine's memory. When it is full, what has been there
 * for longest goes to the disk, decompressed, by a thread (vm/zswap_writeback.c).
 *
 *	swap_writeout --> vm/swap_keep.c: one word over and over?	the word is kept
 *				| no
 *			  zswap_store: compressed to two thirds?	an entry is kept
 *				| no, or there is no room
 *				v
 *			      the disk <--- oldest entries, when the pool is full
 *
 *	swap_in ------> kept? else the disk
 *
 * An entry is on its own: when the page comes back it is freed, and the page is dirty. If it stayed,
 * then the pool would fill with copies of pages that are in memory, and write those to the
 * disk first. It goes with its slot, too.
 *
 * Who may have an entry? It is in its area's tree, under area->lock; whoever takes it out there owns
 * it. Taking it out are: the end of the slot; and who has the slot's page, locked, in the swap cache:
 * to fill it (a fault, swapoff, the writing thread) or to store it anew. So an entry's contents need
 * no lock. What of a page that cannot be decompressed? The entry leaves a mark in the tree, and whoever
 * needs the page has SIGBUS: the slot's place on the disk has never had it. The queue by age is for the writing thread, who reads there only which slot is next.
 *
 * Full. A page is rejected when the pool has max_pool_percent of memory, and then all are until it
 * is down to accept_threshold_percent of that: else each page stored would be one written at once,
 * younger pages on the disk and older ones in memory. What is rejected goes to the disk.
 *
 * Storing is done by reclaim, with memory from the atomic reserve or not at all: what it takes is less
 * than what it frees, and without it the page is written. Nothing here waits.
 *
 * Locks: area->lock (SWAP) > zswap.lock (ZSWAP): pool, queue. The memory to compress into is the
 * hart's, which runs no other thread meanwhile.
 */

#include "vm/zswap.h"

#include "core/cpu.h"
#include "core/machine.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/lzpage.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "sched/mutex.h"
#include "vm/zpool.h"

#define GFP_STORE (GFP_ATOMIC | GFP_NOWARN)

struct zswap_entry {
	struct list_head link; /* of the queue; of itself before it is published */
	swp_entry_t where;
	struct zpool_place place;
	u16 bytes;
};

/* What compressing needs. */
struct scratch {
	struct lzpage_table table;
	u8 out[ZPOOL_OBJECT_MAX];
};

static struct {
	struct spinlock lock;
	struct zpool pool;
	struct list_head queue; /* oldest first */
	u64 nr_stored;
	bool full; /* until the pool is down to the accept limit */
} zswap = {.lock = SPINLOCK_INIT("zswap", RANK_ZSWAP)};

static struct scratch *scratch[NR_CPUS];
static struct kmem_cache *entry_cache;

bool zswap_enabled;
u32 zswap_max_pool_percent = 20, zswap_accept_threshold_percent = 90;
struct zswap_stats zswap_stats;

/* --- the limit ------------------------------------------------------------------------------ */

u64
zswap_limit(void)
{
	return nr_total_pages() * READ_ONCE(zswap_max_pool_percent) / 100;
}

u64
zswap_accept_limit(void)
{
	return zswap_limit() * READ_ONCE(zswap_accept_threshold_percent) / 100;
}

u64
zswap_nr_pool_pages(void)
{
	return READ_ONCE(zswap.pool.nr_pages);
}

u64
zswap_nr_stored(void)
{
	return READ_ONCE(zswap.nr_stored);
}

void
zswap_limits_changed(void)
{
	if (zswap_nr_pool_pages() > zswap_limit())
		zswap_writeback_wake();
}

/* May another page be stored? */
static bool
pool_accepts(void)
{
	u64 nr = zswap_nr_pool_pages();

	if (nr >= zswap_limit()) {
		zswap_count(&zswap_stats.pool_limit_hit);
		WRITE_ONCE(zswap.full, true);
	} else if (nr <= zswap_accept_limit()) {
		WRITE_ONCE(zswap.full, false);
	}
	if (!READ_ONCE(zswap.full))
		return true;
	zswap_writeback_wake();
	return false;
}

/* --- entries -------------------------------------------------------------------------------- */

/* => false: no memory */
static bool
pool_take(size_t bytes, struct zpool_place *place)
{
	struct page *page = NULL;
	bool taken;

	spin_lock(&zswap.lock);
	taken = zpool_take(&zswap.pool, bytes, place);
	spin_unlock(&zswap.lock);
	if (taken)
		return true;
	page = page_alloc(GFP_STORE | GFP_BIT_HIGHMEM);
	if (!page)
		return false;
	spin_lock(&zswap.lock);
	taken = zpool_take_or_add(&zswap.pool, bytes, place, &page);
	spin_unlock(&zswap.lock);
	if (page)
		page_put(page);
	return taken;
}

/* => bytes in the hart's scratch memory; 0: not worth it */
static size_t
page_compress(struct page *page)
{
	struct scratch *mine = scratch[cpu_id()];
	const void *from = kmap_local_page(page);
	size_t bytes = lzpage_compress(from, mine->out, sizeof(mine->out), &mine->table);

	kunmap_local(from);
	return bytes;
}

/* => an entry with room for so many bytes, or NULL */
static struct zswap_entry *
entry_make(size_t bytes, swp_entry_t where)
{
	struct zswap_entry *entry = kmem_cache_alloc(entry_cache, GFP_STORE);

	if (!entry) {
		zswap_count(&zswap_stats.reject_kmemcache_fail);
		return NULL;
	}
	entry->where = where;
	entry->bytes = bytes;
	list_init(&entry->link);
	if (pool_take(bytes, &entry->place))
		return entry;
	zswap_count(&zswap_stats.reject_alloc_fail);
	kmem_cache_free(entry_cache, entry);
	return NULL;
}

struct zswap_entry *
zswap_store(struct page *page, swp_entry_t where)
{
	struct zswap_entry *entry;
	size_t bytes;
	u8 *to;

	if (!READ_ONCE(zswap_enabled) || !pool_accepts())
		return NULL;
	bytes = page_compress(page);
	if (bytes == 0) {
		zswap_count(&zswap_stats.reject_compress_poor);
		return NULL;
	}
	entry = entry_make(bytes, where);
	if (!entry)
		return NULL;
	to = kmap_local_page(entry->place.page);
	memcpy(to + zpool_offset(entry->place), scratch[cpu_id()]->out, bytes);
	kunmap_local(to);
	return entry;
}

void
zswap_publish(struct zswap_entry *entry)
{
	spin_lock(&zswap.lock);
	list_add_tail(&entry->link, &zswap.queue);
	zswap.nr_stored++;
	spin_unlock(&zswap.lock);
	vmstat_add(ZSWPOUT, 1);
}

void
zswap_free(struct zswap_entry *entry)
{
	struct page *empty;

	spin_lock(&zswap.lock);
	zswap.nr_stored -= !list_empty(&entry->link);
	list_del(&entry->link);
	empty = zpool_give(&zswap.pool, entry->place);
	spin_unlock(&zswap.lock);
	if (empty)
		page_put(empty);
	kmem_cache_free(entry_cache, entry);
}

int
zswap_load(struct zswap_entry *entry, struct page *page)
{
	u8 *from = kmap_local_page(entry->place.page);
	void *to = kmap_local_page(page);
	int error = lzpage_decompress(from + zpool_offset(entry->place), entry->bytes, to);

	kunmap_local(to);
	kunmap_local(from);
	if (error) {
		zswap_count(&zswap_stats.decompress_fail);
		pr_err("zswap: slot %lu of area %u: %u bytes that are no page",
		       swp_slot(entry->where), swp_type(entry->where), entry->bytes);
	}
	return error ? -EIO : 0;
}

struct zpool_place
zswap_place(const struct zswap_entry *entry)
{
	return entry->place;
}

bool
zswap_oldest(swp_entry_t *where)
{
	struct zswap_entry *entry = NULL;

	spin_lock(&zswap.lock);
	if (!list_empty(&zswap.queue)) {
		entry = list_first_entry(&zswap.queue, struct zswap_entry, link);
		*where = entry->where;
		list_del(&entry->link);
		list_add_tail(&entry->link, &zswap.queue);
	}
	spin_unlock(&zswap.lock);
	return entry;
}

/* --- on and off ----------------------------------------------------------------------------- */

static struct mutex enable_mutex; /* SWAPON: who switches it on first prepares it */

/* => 0; -ENOMEM. enable_mutex held */
static int
prepare(void)
{
	static bool prepared;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++) {
		if (!scratch[cpu])
			scratch[cpu] = kmalloc(sizeof(struct scratch), GFP_KERNEL);
		if (!scratch[cpu])
			return -ENOMEM;
	}
	if (!entry_cache)
		entry_cache =
			kmem_cache_create("zswap_entry", sizeof(struct zswap_entry), 0, 0, NULL);
	if (!entry_cache)
		return -ENOMEM;
	if (prepared)
		return 0;
	zpool_init(&zswap.pool);
	list_init(&zswap.queue);
	prepared = zswap_writeback_start() == 0;
	return prepared ? 0 : -ENOMEM;
}

int
zswap_set_enabled(bool enabled)
{
	int error = 0;

	mutex_lock(&enable_mutex);
	if (enabled)
		error = prepare();
	if (!error)
		WRITE_ONCE(zswap_enabled, enabled);
	mutex_unlock(&enable_mutex);
	return error;
}

void INIT
zswap_init(void)
{
	u64 percent = bootarg_u64("zswap.max_pool_percent", zswap_max_pool_percent);
	bool wanted = bootarg_flag("zswap");

	mutex_init(&enable_mutex, "zswap", RANK_SWAPON);
	zswap_max_pool_percent = MIN(percent, 100UL);
	wanted |= bootarg_flag("zswap.enabled");
	if (!wanted)
		return;
	if (zswap_set_enabled(true) == 0)
		pr_info("zswap: up to %u %% of memory", zswap_max_pool_percent);
	else
		pr_err("zswap: no memory");
}
