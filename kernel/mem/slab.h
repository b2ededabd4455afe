#pragma once

/*
 * Object caches. One interface, three implementations (mem/slab/{slub,slab,slob}.c),
 * chosen when the kernel is linked; docs/slab.md compares them.
 */

#include "lib/types.h"
#include "mem/gfp.h"

struct kmem_cache;

/* Which of the three this kernel was linked with. */
extern const char slab_name[];

/* Flags of a cache, with Linux's names; the first four have a letter in slab_debug=. */
#define SLAB_CONSISTENCY_CHECKS 0x00000100U /* F: is what is freed an object, and allocated? */
#define SLAB_RED_ZONE		0x00000400U /* Z: guard bytes around each object */
#define SLAB_POISON		0x00000800U /* P: fill free objects, and look whether they stay so */
#define SLAB_STORE_USER		0x00010000U /* U: who allocated and freed an object last */
#define SLAB_DEBUG_MASK		0x00010d00U
#define SLAB_HWCACHE_ALIGN	0x00002000U /* no two objects share a cache line when it pays */
#define SLAB_RECLAIM_ACCOUNT	0x00020000U /* a shrinker can free its objects: SReclaimable */
#define SLAB_PANIC		0x00040000U /* creation does not fail */
#define SLAB_NOLEAKTRACE	0x00800000U /* bookkeeping of the allocator: no leak when it grows */
#define SLAB_NO_DEBUG		0x10000000U /* slab_debug= does not apply: the allocator's own */

/*
 * name stays referenced. align 0 means 8. ctor, when not NULL, runs for each object before it is first
 * allocated (slob: each time), and callers free objects in the constructed state.
 * => NULL when there is no memory
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
				     void (*ctor)(void *object));

/*
 * => nobody uses the cache any more, and every object was freed; false, and nothing was done, when
 * some were not
 */
bool kmem_cache_destroy(struct kmem_cache *cache);

/* => NULL when there is no memory. With GFP_ATOMIC or GFP_NOWAIT: any context. */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/* => object came from this cache; NULL is not allowed. Any context. */
void kmem_cache_free(struct kmem_cache *cache, void *object);

/* All of nr objects, or none. => whether they are there */
bool kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **objects);
void kmem_cache_free_bulk(struct kmem_cache *cache, size_t nr, void **objects);

/*
 * Give back whole pages without objects; what other harts keep follows when they have taken an
 * interrupt. Any context. => pages freed so far
 */
u64 kmem_cache_shrink(struct kmem_cache *cache);
/* The same for all caches. */
u64 slab_shrink_all(void);
/* Pages that slab_shrink_all() can free now, about. */
u64 slab_nr_empty_pages(void);

const char *kmem_cache_name(const struct kmem_cache *cache);

/*
 * Sizes to 8 KiB come from classes of objects, more is whole pages. Aligned to 8 bytes; sizes that
 * are a power of two to their size (at most a page).
 */
#define KMALLOC_CLASS_MAX  8192
#define NR_KMALLOC_CLASSES 13

/* Powers of two, and 96 and 192 where the waste would be largest. */
static inline unsigned
kmalloc_class(size_t size)
{
	if (size <= 64)
		return size <= 16 ? size > 8 : size <= 32 ? 2 : 3;
	if (size <= 256)
		return size <= 128 ? (size <= 96 ? 4 : 5) : size <= 192 ? 6 : 7;
	if (size <= 1024)
		return size <= 512 ? 8 : 9;
	return size <= 2048 ? 10 : size <= 4096 ? 11 : 12;
}

/* kmalloc() of a size that is not known when it is compiled, or has no class. */
void *kmalloc_any(size_t size, gfp_t gfp);
/* => cls is the class of size, which is known when the caller is compiled */
void *kmalloc_of_class(size_t size, gfp_t gfp, size_t cls);

static inline __attribute__((always_inline)) void *
kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size <= KMALLOC_CLASS_MAX)
		return kmalloc_of_class(size, gfp, kmalloc_class(size));
	return kmalloc_any(size, gfp);
}

/* On failure NULL, and the old object stays. size 0 frees. */
void *krealloc(void *object, size_t size, gfp_t gfp);
/* What kmalloc() and its like gave, or NULL. Any context. */
void kfree(const void *object);
/* Bytes that the caller may use: at least what it asked for. */
size_t ksize(const void *object);

static inline __attribute__((always_inline)) void *
kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | GFP_ZERO);
}

/* nr objects of `size` bytes each, zeroed. => NULL, too, when that is more than a size_t holds */
void *kcalloc(size_t nr, size_t size, gfp_t gfp);

/* Copies of a string; the caller kfree()s it. => NULL when there is no memory */
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t max, gfp_t gfp);

/* For /proc/slabinfo and the leak checks. */
struct slab_stats {
	const char *name;
	u32 flags;
	size_t object_size; /* as asked for */
	size_t slot_size;   /* with alignment and debug data */
	u64 nr_active;	    /* objects allocated now; exact when no other hart is at it */
	u64 nr_objects;	    /* slots in all slabs */
	u32 objects_per_slab, pages_per_slab;
	u64 nr_slabs, nr_active_slabs;
	u64 nr_lock_acquired; /* of locks that harts share */
	/* Magazines: objects of a full one, objects moved at once, full ones in the depot. */
	u32 limit, batch;
	u64 nr_shared;
};

/* Fill stats of the n-th cache. => false past the last one */
bool slab_stats_get(unsigned n, struct slab_stats *stats);
/* Of one cache. */
void kmem_cache_stats(struct kmem_cache *cache, struct slab_stats *stats);

/* Frames in slabs of all kinds, and those of caches with SLAB_RECLAIM_ACCOUNT. */
u64 slab_nr_pages(void);
u64 slab_nr_reclaimable_pages(void);

/* Walk all that the cache has; panics, naming what is wrong. For tests; slow. */
void cache_check(struct kmem_cache *cache);
void slab_check_all(void);

/*
 * If kva is within a slab: print the cache, the object, and in a cache with SLAB_STORE_USER who
 * allocated and freed it last. => whether it is
 */
bool slab_describe(const void *kva);

/* In the IPI handler: give back what another hart has asked for. Interrupts off. */
void slab_ipi(void);

/* Once, at boot, when pages_alloc works. */
void slab_init(void);
