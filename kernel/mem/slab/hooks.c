/*
 * The long way of an allocation and of a free: zeroing, debugging, watchers. The fast paths of the
 * implementations turn off to here when a cache has hooks or the request asks for something special.
 */

#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/slab/cache.h"
#include "mem/slab/debug.h"
#include "mem/slab/watch.h"

void
slot_construct(struct kmem_cache *cache, void *slot)
{
	void *object = (char *)slot + cache->object_offset;

	if (cache->hooks & HOOK_DEBUG)
		debug_slot_init(cache, slot);
	if (cache->ctor) {
		kasan_unpoison(object, cache->object_size);
		cache->ctor(object);
	}
	if (cache->hooks & HOOK_WATCH)
		kasan_slot_unused(slot, cache->slot_size);
}

void *
cache_alloc_hooked(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	u32 hooks = READ_ONCE(cache->hooks);
	void *slot, *object;

	gfp_check_context(gfp);
	if (hooks & HOOK_WATCH && !watch_may_alloc(cache, size, gfp))
		return NULL;
	slot = cache_alloc(cache, gfp & ~GFP_ZERO);
	if (!slot)
		return NULL;
	object = (char *)slot + cache->object_offset;
	if (hooks & HOOK_DEBUG)
		debug_alloc(cache, slot, size);
	if (gfp & GFP_ZERO)
		memset(object, 0, size);
	if (hooks & HOOK_WATCH)
		watch_allocated(cache, object, size, gfp);
	return object;
}

void
slab_free_kept(struct kmem_cache *cache, void *object)
{
	void *slot = (char *)object - cache->object_offset;

	if (cache->hooks & HOOK_DEBUG)
		debug_free(cache, slot);
	cache_free(cache, slot);
}

void
cache_free_hooked(struct kmem_cache *cache, void *object)
{
	if (cache->hooks & HOOK_DEBUG)
		debug_check_allocated(cache, (char *)object - cache->object_offset);
	if (cache->hooks & HOOK_WATCH && !watch_freed(cache, object))
		return;
	slab_free_kept(cache, object);
}

static bool
alloc_bulk_hooked(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **objects)
{
	for (size_t n = 0; n < nr; n++) {
		objects[n] = kmem_cache_alloc(cache, gfp);
		if (!objects[n]) {
			kmem_cache_free_bulk(cache, n, objects);
			return false;
		}
	}
	return true;
}

bool
kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **objects)
{
	size_t got;

	if (cache->hooks)
		return alloc_bulk_hooked(cache, gfp, nr, objects);
	gfp_check_context(gfp);
	got = cache_alloc_bulk(cache, gfp & ~GFP_ZERO, nr, objects);
	if (got < nr) {
		cache_free_bulk(cache, got, objects);
		return false;
	}
	for (size_t n = 0; gfp & GFP_ZERO && n < nr; n++)
		memset(objects[n], 0, cache->object_size);
	return true;
}

void
kmem_cache_free_bulk(struct kmem_cache *cache, size_t nr, void **objects)
{
	if (cache->hooks)
		for (size_t n = 0; n < nr; n++)
			cache_free_hooked(cache, objects[n]);
	else
		cache_free_bulk(cache, nr, objects);
}
