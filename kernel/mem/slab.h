#pragma once

/*
 * Object caches. One interface, three implementations (mem/slab/{slub,slab,slob}.c),
 * chosen when the kernel is linked.
 */

#include "lib/types.h"
#include "mem/gfp.h"

struct kmem_cache;

/*
 * name stays referenced. align 0 means 8 (16 from 16 bytes on); ctor, when not NULL, runs once
 * for each object when its slab is made, and callers free objects in the constructed state.
 * => NULL when there is no memory
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     void (*ctor)(void *object));

/* => every object was freed; false, and nothing was done, when some were not */
bool kmem_cache_destroy(struct kmem_cache *cache);

/* => NULL when there is no memory. With GFP_ATOMIC or GFP_NOWAIT: any context. */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/* => object came from this cache; NULL is not allowed */
void kmem_cache_free(struct kmem_cache *cache, void *object);

/* Give empty slabs back. => pages freed */
u64 kmem_cache_shrink(struct kmem_cache *cache);

/* Size classes of 8 bytes to 8 KiB, whole pages above. Natural alignment for powers of two. */
void *kmalloc(size_t size, gfp_t gfp);
void *krealloc(void *object, size_t size, gfp_t gfp);
void kfree(const void *object); /* NULL is allowed */
size_t ksize(const void *object);

static inline void *
kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | GFP_ZERO);
}

/* Copies of a string; the caller kfree()s it. => NULL when there is no memory */
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);

/* For /proc/slabinfo and the leak checks. */
struct slab_stats {
	const char *name;
	size_t object_size; /* as asked for */
	size_t slot_size;   /* with alignment and debug data */
	u64 nr_active;	    /* objects allocated now */
	u64 nr_objects;	    /* slots in all slabs */
	u32 objects_per_slab, pages_per_slab;
	u64 nr_slabs;
};

/* Fill stats of the n-th cache. => false past the last one */
bool slab_stats_get(unsigned n, struct slab_stats *stats);

/* Once, at boot, when pages_alloc works. */
void slab_init(void);
