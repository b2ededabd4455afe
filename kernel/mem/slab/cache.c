/* Caches as objects: creation, the list of all, statistics. */

#include "mem/slab/cache.h"

#include "core/panic.h"
#include "lib/string.h"
#include "mem/fault_inject.h"

#define SLAB_ORDER_MAX 3

/* The cache of caches is the first one; it cannot come from itself. */
static struct kmem_cache cache_cache;
static LIST_HEAD(all_caches);
static struct spinlock all_lock = SPINLOCK_INIT("all_caches", RANK_VMALLOC);

u32
slab_order(size_t slot_size)
{
	u32 order = 0;

	while (order < SLAB_ORDER_MAX && ((size_t)PAGE_SIZE << order) / slot_size < 8)
		order++;
	return order;
}

bool
slab_is_owned(const struct kmem_cache *cache, const struct page *page)
{
	for (u32 i = 0; i < NR_CPUS; i++)
		if (READ_ONCE(cache->cpu[i].slab) == page)
			return true;
	return false;
}

static void
cache_init(struct kmem_cache *cache, const char *name, size_t size, size_t align,
	   void (*ctor)(void *object))
{
	memset(cache, 0, sizeof(*cache));
	cache->name = name;
	cache->object_size = size;
	cache->align = align ? align : (size >= 16 ? 16 : 8);
	cache->ctor = ctor;
	cache_setup(cache);
	spin_lock(&all_lock);
	list_add_tail(&cache->all_link, &all_caches);
	spin_unlock(&all_lock);
}

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align, void (*ctor)(void *object))
{
	struct kmem_cache *cache = kmem_cache_alloc(&cache_cache, GFP_KERNEL);

	assert(size > 0 && size <= PAGE_SIZE << SLAB_ORDER_MAX);
	if (cache)
		cache_init(cache, name, size, align, ctor);
	return cache;
}

static u64
cache_nr_active(const struct kmem_cache *cache)
{
	u64 nr = 0;

	for (u32 i = 0; i < NR_CPUS; i++)
		nr += READ_ONCE(cache->cpu[i].nr_allocated) - READ_ONCE(cache->cpu[i].nr_freed);
	return nr;
}

bool
kmem_cache_destroy(struct kmem_cache *cache)
{
	if (cache_nr_active(cache) != 0)
		return false;
	kmem_cache_shrink(cache);
	if (atomic64_read(&cache->nr_slabs) != 0)
		return false;
	spin_lock(&all_lock);
	list_del(&cache->all_link);
	spin_unlock(&all_lock);
	kmem_cache_free(&cache_cache, cache);
	return true;
}

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object;

#ifdef DEBUG
	if (gfp & GFP_BIT_RECLAIM)
		might_sleep();
#endif
	if (fault_slab(cache->name, cache->object_size, gfp))
		return NULL;
	object = cache_alloc(cache, gfp);
	if (gfp & GFP_ZERO && object)
		memset(object, 0, cache->object_size);
	return object;
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	struct page *page = object_page(object);

	if (unlikely(!page_test(page, PG_slab) || page->slab_cache != cache))
		panic("object %p freed to cache %s, which it did not come from", object,
		      cache->name);
	cache_free(cache, page, object);
}

bool
slab_stats_get(unsigned n, struct slab_stats *stats)
{
	struct kmem_cache *cache;
	bool found = false;

	spin_lock(&all_lock);
	list_for_each_entry(cache, &all_caches, all_link) {
		if (n-- != 0)
			continue;
		stats->name = cache->name;
		stats->object_size = cache->object_size;
		stats->slot_size = cache->slot_size;
		stats->nr_active = cache_nr_active(cache);
		stats->nr_slabs = atomic64_read(&cache->nr_slabs);
		stats->nr_objects = stats->nr_slabs * cache->objects_per_slab;
		stats->objects_per_slab = cache->objects_per_slab;
		stats->pages_per_slab = 1U << cache->order;
		found = true;
		break;
	}
	spin_unlock(&all_lock);
	return found;
}

void
slab_init(void)
{
	cache_init(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 64, NULL);
	kmalloc_init();
}
