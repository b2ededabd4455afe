/*
 * The entry points of SLUB: as few instructions as there can be. This file is compiled without frame
 * pointers and with tail calls (kernel/kernel.mk), so that nothing is saved on a path that calls
 * nothing; the slow functions then look as if the user had called them. A cache whose free links are
 * not at the beginning of its objects has a hook (HOOK_LINK) and goes the long way.
 */

#include "mem/slab/slub.h"

/* What the fast path does not do itself: zeroing, zones, and whoever watches. */
#define GFP_SPECIAL (GFP_ZERO | GFP_BIT_DMA)

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	gfp_check_context(gfp);
	if (unlikely((gfp & GFP_SPECIAL) | cache->hooks))
		return cache_alloc_hooked(cache, cache->object_size, gfp);
	return slub_alloc(slub_cache_of(cache), gfp, 0);
}

void *
kmalloc_of_class(size_t size, gfp_t gfp, size_t cls)
{
	struct kmem_cache *cache = kmalloc_caches[cls];

	gfp_check_context(gfp);
	if (unlikely((gfp & GFP_SPECIAL) | cache->hooks))
		return cache_alloc_hooked(cache, size, gfp);
	return slub_alloc(slub_cache_of(cache), gfp, 0);
}

void *
kmalloc_any(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_CLASS_MAX))
		return kmalloc_large(size, gfp);
	return kmalloc_of_class(size, gfp, kmalloc_class(size));
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (unlikely(cache->hooks)) {
		cache_free_hooked(cache, object);
		return;
	}
	slub_free(slub_cache_of(cache), object, 0);
}

void
kfree(const void *object)
{
	struct page *page;

	if (unlikely(!object))
		return;
	page = kva_to_page(object);
	if (unlikely(!page_test(page, PG_slab))) {
		kfree_of_tail(object);
		return;
	}
	kmem_cache_free(page->slab_cache, (void *)object);
}
