#pragma once

/*
 * What the three implementations of mem/slab.h share: the cache object, the list of all
 * caches, size classes (mem/slab/cache.c, mem/slab/kmalloc.c). An implementation gives
 * cache_setup, cache_alloc, cache_free and kmem_cache_shrink.
 */

#include "core/atomic.h"
#include "core/spinlock.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

struct cache_cpu {
	void *freelist;	   /* free objects of slab that only this hart may take */
	struct page *slab; /* this hart's own */
	u64 nr_allocated, nr_freed;
} ALIGNED(64);

struct kmem_cache {
	struct cache_cpu cpu[NR_CPUS];
	const char *name;
	size_t object_size, slot_size, align;
	size_t link_offset;
	u32 order, objects_per_slab;
	void (*ctor)(void *object);
	struct spinlock lock; /* SLAB, interrupts off: what follows */
	struct list_head partial;
	u64 nr_partial;
	atomic64_t nr_slabs;
	struct list_head all_link; /* list of caches */
};

/* Implementation: fill in slot_size, order, objects_per_slab and the lists. */
void cache_setup(struct kmem_cache *cache);
void *cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void cache_free(struct kmem_cache *cache, struct page *page, void *object);

/* Pages per slab so that little is left over. */
u32 slab_order(size_t slot_size);

/* => cache->lock held; true when some hart has it as its own slab */
bool slab_is_owned(const struct kmem_cache *cache, const struct page *page);

/* The first page of the allocation that contains an object. */
static inline struct page *
object_page(const void *object)
{
	struct page *page = kva_to_page(object);

	return unlikely(page_test(page, PG_tail)) ? page - page->private : page;
}

void kmalloc_init(void);
