/* Caches as objects: creation, the list of all, statistics. */

#include "mem/slab/cache.h"

#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/kmemleak.h"
#include "mem/slab/debug.h"
#include "mem/slab/watch.h"

#define SLAB_ORDER_MAX 3
/* A slab has so many objects, and this part of it may be of no use. */
#define SLAB_OBJECTS_LEAST 4
#define SLAB_WASTE_SHARE   8
#define CACHE_LINE_BYTES   64U

static LIST_HEAD(all_caches);
static struct spinlock all_lock = SPINLOCK_INIT("all_caches", RANK_VMALLOC);

static bool
slab_is_well_used(size_t bytes, size_t slot_size)
{
	return bytes / slot_size >= SLAB_OBJECTS_LEAST &&
	       bytes % slot_size <= bytes / SLAB_WASTE_SHARE;
}

/* Blocks may be missing when memory is full, single pages are not: the smallest that is used well enough. */
u32
slab_order(size_t slot_size)
{
	u32 order = 0;

	while (order < SLAB_ORDER_MAX && !slab_is_well_used((size_t)PAGE_SIZE << order, slot_size))
		order++;
	return order;
}

/* Within a line, as many as fit: an object of 20 bytes may begin at 0 and at 32. */
static u32
cache_line_align(size_t size)
{
	u32 align = CACHE_LINE_BYTES;

	while (align > 8 && size <= align / 2)
		align /= 2;
	return align;
}

size_t
cache_layout(struct kmem_cache *cache, size_t link_bytes)
{
	bool debug = cache->flags & SLAB_DEBUG_MASK;
	size_t end;

	cache->object_offset = cache->flags & SLAB_RED_ZONE ? cache->align : 0;
	if (cache->flags & SLAB_KMALLOC && cache->object_offset < 2 * kmalloc_owner_bytes)
		cache->object_offset += ALIGN_UP(kmalloc_owner_bytes, cache->align);
	end = cache->object_offset + cache->object_size;
	if (!debug && !cache->ctor)
		return MAX(end, link_bytes);
	end = ALIGN_UP(end, sizeof(u64));
	if (cache->flags & SLAB_RED_ZONE)
		end += sizeof(u64);
	cache->link_offset = end;
	end += link_bytes;
	if (debug) {
		cache->info_offset = end;
		end += slot_info_bytes(cache);
	}
	return end;
}

static void
list_of_all_add(struct kmem_cache *cache)
{
	u64 flags = spin_lock_irqsave(&all_lock);

	if (slab_watched)
		cache->hooks |= HOOK_WATCH;
	list_add_tail(&cache->all_link, &all_caches);
	spin_unlock_irqrestore(&all_lock, flags);
}

static void
list_of_all_del(struct kmem_cache *cache)
{
	u64 flags = spin_lock_irqsave(&all_lock);

	list_del(&cache->all_link);
	spin_unlock_irqrestore(&all_lock, flags);
}

void
cache_register(struct kmem_cache *cache, const char *name, size_t size, size_t align, u32 flags,
	       void (*ctor)(void *object))
{
	memset(cache, 0, cache_struct_bytes);
	cache->name = name;
	cache->object_size = size;
	cache->align = MAX(align, sizeof(u64));
	if (flags & SLAB_HWCACHE_ALIGN)
		cache->align = MAX(cache->align, cache_line_align(size));
	cache->flags = debug_flags(name, flags);
	/* Poison would destroy what the constructor has made. */
	if (ctor)
		cache->flags &= ~SLAB_POISON;
	if (cache->flags & SLAB_DEBUG_MASK)
		cache->hooks = HOOK_DEBUG;
	cache->ctor = ctor;
	cache_setup(cache);
	list_of_all_add(cache);
}

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
		  void (*ctor)(void *object))
{
	struct kmem_cache *cache = kmem_cache_alloc(cache_of_caches, GFP_KERNEL);

	assert(size > 0 && size <= PAGE_SIZE << SLAB_ORDER_MAX);
	assert(align <= PAGE_SIZE && (align & (align - 1)) == 0);
	if (cache)
		cache_register(cache, name, size, align, flags, ctor);
	else if (flags & SLAB_PANIC)
		panic("no memory for cache %s", name);
	return cache;
}

bool
kmem_cache_destroy(struct kmem_cache *cache)
{
	struct slab_stats stats;

	kasan_quarantine_drain();
	kmem_cache_stats(cache, &stats);
	if (stats.nr_active != 0) {
		pr_warn("cache %s is not destroyed: %lu objects are left", cache->name,
			stats.nr_active);
		return false;
	}
	list_of_all_del(cache);
	if (!cache_teardown(cache)) {
		list_of_all_add(cache);
		return false;
	}
	kmem_cache_free(cache_of_caches, cache);
	return true;
}

const char *
kmem_cache_name(const struct kmem_cache *cache)
{
	return cache->name;
}

void
cache_for_each(void (*visit)(struct kmem_cache *cache, void *arg), void *arg)
{
	struct kmem_cache *cache;
	u64 flags = spin_lock_irqsave(&all_lock);

	list_for_each_entry(cache, &all_caches, all_link)
		visit(cache, arg);
	spin_unlock_irqrestore(&all_lock, flags);
}

static void
shrink_one(struct kmem_cache *cache, void *arg)
{
	u64 *nr_pages = arg;

	*nr_pages += kmem_cache_shrink(cache);
}

u64
slab_shrink_all(void)
{
	u64 nr_pages = 0;

	cache_for_each(shrink_one, &nr_pages);
	return nr_pages;
}

static void
check_one(struct kmem_cache *cache, void *arg)
{
	(void)arg;
	cache_check(cache);
}

void
slab_check_all(void)
{
	cache_for_each(check_one, NULL);
}

void
kmem_cache_stats(struct kmem_cache *cache, struct slab_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	stats->name = cache->name;
	stats->flags = cache->flags;
	stats->object_size = cache->object_size;
	stats->slot_size = cache->slot_size;
	stats->objects_per_slab = cache->objects_per_slab;
	stats->pages_per_slab = 1U << cache->order;
	cache_stats(cache, stats);
}

bool
slab_stats_get(unsigned n, struct slab_stats *stats)
{
	struct kmem_cache *cache;
	bool found = false;
	u64 flags = spin_lock_irqsave(&all_lock);

	list_for_each_entry(cache, &all_caches, all_link) {
		if (n-- != 0)
			continue;
		kmem_cache_stats(cache, stats);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&all_lock, flags);
	return found;
}

static u64
pages_of(u32 flags_wanted)
{
	struct slab_stats stats;
	u64 nr_pages = 0;

	for (unsigned n = 0; slab_stats_get(n, &stats); n++)
		if ((stats.flags & flags_wanted) == flags_wanted)
			nr_pages += stats.nr_slabs * stats.pages_per_slab;
	return nr_pages;
}

u64
slab_nr_pages(void)
{
	return pages_of(0);
}

u64
slab_nr_reclaimable_pages(void)
{
	return pages_of(SLAB_RECLAIM_ACCOUNT);
}

void INIT
slab_init(void)
{
	debug_init();
	cache_register(cache_of_caches, "kmem_cache", cache_struct_bytes, CACHE_LINE_BYTES,
		       SLAB_NO_DEBUG, NULL);
	/* Who watches last is asked first. KASAN keeps what is freed, so all others hear of it before. */
	kasan_slab_init();
	kmemleak_init();
	kmalloc_init();
}
