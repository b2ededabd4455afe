/*
 * The entry points of the slab allocator: as few instructions as there can be. This file is compiled without frame
 * pointers and with tail calls (kernel/kernel.mk), so that nothing is saved on a path that calls
 * nothing; the slow functions then look as if the user had called them.
 */

#include "mem/slab/slab.h"

/* What the fast path does not do itself: zeroing, zones, and whoever watches. */
#define GFP_SPECIAL (GFP_ZERO | GFP_BIT_DMA)

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	gfp_check_context(gfp);
	if (unlikely((gfp & GFP_SPECIAL) | cache->hooks))
		return cache_alloc_hooked(cache, cache->object_size, gfp);
	return slab_alloc(slab_cache_of(cache), gfp);
}

void *
kmalloc_of_class(size_t size, gfp_t gfp, size_t cls)
{
	struct kmem_cache *cache = kmalloc_caches[cls];

	gfp_check_context(gfp);
	if (unlikely((gfp & GFP_SPECIAL) | cache->hooks))
		return cache_alloc_hooked(cache, size, gfp);
	return slab_alloc(slab_cache_of(cache), gfp);
}

void *
kmalloc_any(size_t size, gfp_t gfp)
{
	if (unlikely(size > KMALLOC_CLASS_MAX))
		return kmalloc_large(size, gfp);
	return kmalloc_of_class(size, gfp, kmalloc_class(size));
}

/* A magazine takes what it is given, so a wrong object would turn up somewhere else much later. */
static ALWAYS_INLINE void
object_check(struct kmem_cache *cache, const void *object)
{
	const struct page *page = object_page(object);

	if (unlikely(!page_test(page, PG_slab) || page->slab_cache != cache))
		cache_bad_free(cache, object, "it did not come from there");
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (unlikely(cache->hooks)) {
		cache_free_hooked(cache, object);
		return;
	}
	object_check(cache, object);
	slab_free(slab_cache_of(cache), object);
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
