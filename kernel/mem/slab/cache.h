#pragma once

/*
 * What the three implementations of mem/slab.h share: the head of a cache, the list of all
 * caches (mem/slab/cache.c), what debugging adds to an object (mem/slab/debug.h).
 *
 * An implementation deals in slots, the common part in objects:
 *
 *	slot                                                             slot + slot_size
 *	|left red zone|   object   |right red zone|link|   struct slot_info    |pad|
 *	              ^ object_offset             ^ link_offset, when not in the object
 *
 * Without debugging slot and object are the same, and nothing follows but what alignment asks for.
 */

#include "core/atomic.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

/* A size class of kmalloc. */
#define SLAB_KMALLOC 0x20000000U
/*
 * Bytes right before a kmalloc'ed object, within the left red zone, that are the implementation's own:
 * slob must find out from them what it frees. Only with debugging.
 */
extern const u32 kmalloc_owner_bytes;

/* Reasons why allocations and frees of a cache take the long way (mem/slab/hooks.c). */
#define HOOK_DEBUG 1U /* a flag of SLAB_DEBUG_MASK */
#define HOOK_WATCH 2U /* a watcher, mem/slab/watch.h */
#define HOOK_LINK  4U /* slub: the constructor's work is where the link would be */

struct kmem_cache {
	u32 hooks; /* HOOK_* */
	u32 flags; /* SLAB_* */
	u32 object_size;
	u32 slot_size;
	u32 align;
	u32 object_offset;
	u32 link_offset; /* where the slot of a free object may hold a link */
	u32 info_offset; /* of struct slot_info; 0: none */
	u32 order, objects_per_slab;
	const char *name;
	void (*ctor)(void *object);
	struct list_head all_link; /* list of caches */
};

/*
 * An implementation gives these, and kmem_cache_alloc, kmem_cache_free, kmem_cache_shrink,
 * kmalloc_any, kmalloc_of_class, kfree, cache_check, slab_nr_empty_pages, slab_name, slab_free_depth (watch.h).
 */

/* Bytes of its own cache structure, whose first member is a struct kmem_cache. */
extern const size_t cache_struct_bytes;
/* The cache of caches, which cannot come from itself. */
extern struct kmem_cache *const cache_of_caches;

/* Fill in slot_size, order and its own part; common fields are set, the rest is 0. */
void cache_setup(struct kmem_cache *cache);
/* Give back everything, whichever hart has it. => whether there was no object left */
bool cache_teardown(struct kmem_cache *cache);

/* A slot, whatever is in it; no hooks, GFP_ZERO is not heeded. => NULL when there is no memory */
void *cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void cache_free(struct kmem_cache *cache, void *slot);
/* Up to nr of them. => how many */
size_t cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **slots);
void cache_free_bulk(struct kmem_cache *cache, size_t nr, void **slots);

/* The numbers that it knows; all are 0 before. */
void cache_stats(struct kmem_cache *cache, struct slab_stats *stats);
/* Requests of other harts for the slabs of this one. => interrupts off, all_lock held */
void cache_ipi(struct kmem_cache *cache);

/* The slot around kva if it is in one. => the cache or NULL, and the slot in *slot */
struct kmem_cache *cache_find(const void *kva, void **slot);
/* => panics unless slot is one of the cache, as far as can be told */
void cache_check_slot(struct kmem_cache *cache, const void *slot);

/* Say what is known of kva, and that freeing it to this cache is wrong. */
void cache_bad_free(const struct kmem_cache *cache, const void *kva, const char *why) NORETURN;

/* kmalloc's part: the requested size is remembered by caches with red zones. */
void *cache_alloc_hooked(struct kmem_cache *cache, size_t size, gfp_t gfp);
void cache_free_hooked(struct kmem_cache *cache, void *object);
/* A page allocation for kmalloc, and its end. */
void *kmalloc_large(size_t size, gfp_t gfp);
void kfree_large(const void *object);
/* => its page is not the first of a slab, but may be a later one */
void kfree_of_tail(const void *object);
size_t ksize_large(const void *object);
/* ksize() where each page of objects belongs to one cache. */
size_t ksize_by_page(const void *object);

/* Slots before they are first allocated: debug data and constructor. */
void slot_construct(struct kmem_cache *cache, void *slot);

/* Where the free link of an object may be, and what follows it. => bytes of the slot so far */
size_t cache_layout(struct kmem_cache *cache, size_t link_bytes);

/* Pages per slab so that little is left over. */
u32 slab_order(size_t slot_size);

/* The list of caches: visit() each, under its lock, interrupts off. */
void cache_for_each(void (*visit)(struct kmem_cache *cache, void *arg), void *arg);
/* For /proc/slabinfo, all caches but those of rows that an implementation makes up. */
void cache_register(struct kmem_cache *cache, const char *name, size_t size, size_t align,
		    u32 flags, void (*ctor)(void *object));

/* The first page of the allocation that contains an object. */
static inline struct page *
object_page(const void *object)
{
	struct page *page = kva_to_page(object);

	return unlikely(page_test(page, PG_tail)) ? page - page->private : page;
}

static inline void
gfp_check_context(gfp_t gfp)
{
	if (gfp & GFP_BIT_RECLAIM)
		might_sleep();
}

/* At boot, when there is the cache of caches: what kmalloc needs, and the implementation itself. */
void kmalloc_init(void);
