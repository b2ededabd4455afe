#pragma once

/* The slab allocator's structures, and the fast path that mem/slab/slab_fast.c makes functions of. */

#include "core/cpu.h"
#include "lib/compiler.h"
#include "mem/slab/cache.h"
#include "mem/slab/classes.h"
#include "mem/zone.h"

/* No object: the end of a slab's free list. */
#define SLAB_END 0xffff

/* One slab. Lies at its end, or in a cache of descriptors when the objects are large. */
struct slab {
	struct list_head link; /* full, partial or empty list of its cache */
	struct page *page;
	char *first; /* object; the colour is before it */
	u16 free;    /* index of a free object, or SLAB_END */
	u16 nr_inuse;
	u16 next[]; /* of each free object: another one, or SLAB_END */
};

/* Objects on the way between a hart and the slabs. */
struct magazine {
	struct magazine *next; /* in the depot */
	u32 nr, size;	       /* objects in it, and that it can hold */
	void *objects[];
};

/* What one hart has for itself: touched by that hart alone, interrupts off. */
struct slab_cpu {
	struct magazine *loaded, *previous; /* previous is full or empty, or no_magazine */
	u32 flush_requested;		    /* atomic: another hart wants the magazines given up */
} ALIGNED(64);

struct slab_cache {
	struct kmem_cache common;
	u32 magazine_size; /* 0: none, every object comes from the slabs */
	bool off_slab;
	u32 colour_unit, nr_colours;
	struct slab_cpu cpu[NR_CPUS];
	struct spinlock lock; /* SLAB, interrupts off: what follows */
	struct list_head full, partial, empty;
	u64 nr_slabs, nr_empty;
	u64 nr_free; /* objects in slabs; those in magazines are not */
	u32 next_colour;
	struct magazine *depot_full, *depot_empty;
	u32 nr_depot_full, nr_depot_empty;
	u64 nr_lock_acquired;
};

/* Never has anything, never takes anything: so the fast path needs no test for NULL. */
extern struct magazine no_magazine;

static ALWAYS_INLINE struct slab_cache *
slab_cache_of(struct kmem_cache *cache)
{
	return container_of(cache, struct slab_cache, common);
}

/* mem/slab/slab.c: the slabs. */
void slab_lock(struct slab_cache *cache);
/* => lock held; NULL when all are full, or none is in a zone that will do */
void *slab_take_locked(struct slab_cache *cache, gfp_t gfp);
/* => lock held; a slab that is of no use now, to be given to slab_destroy() without it, or NULL */
struct slab *slab_put_locked(struct slab_cache *cache, void *object);
void slab_destroy(struct slab_cache *cache, struct slab *slab);
/* One slab more. => false when there is no memory; no lock held */
bool slab_grow(struct slab_cache *cache, gfp_t gfp);
/* Empty ones to the buddy. => pages freed */
u64 slab_reap(struct slab_cache *cache);

/* mem/slab/slab_magazine.c. => interrupts off; flags are what irq_save() gave, and are restored */
void *slab_alloc_slow(struct slab_cache *cache, gfp_t gfp, u64 flags);
void slab_free_slow(struct slab_cache *cache, void *object, u64 flags);
/* Objects of all magazines of a hart to the slabs. => interrupts off; cpu is this hart's or idle */
void slab_cpu_flush(struct slab_cache *cache, struct slab_cpu *cpu);
/* The same for the depot. => interrupts off */
void slab_depot_flush(struct slab_cache *cache);
/* Once: the caches of magazines and descriptors. */
void magazine_init(void);
/* How many objects a magazine of this cache holds. */
u32 magazine_size_for(const struct kmem_cache *cache);

static ALWAYS_INLINE void *
slab_alloc(struct slab_cache *cache, gfp_t gfp)
{
	u64 flags = irq_save();
	struct magazine *magazine = cache->cpu[cpu_id()].loaded;
	void *object;

	if (unlikely(magazine->nr == 0))
		return slab_alloc_slow(cache, gfp, flags);
	object = magazine->objects[--magazine->nr];
	irq_restore(flags);
	return object;
}

static ALWAYS_INLINE void
slab_free(struct slab_cache *cache, void *object)
{
	u64 flags = irq_save();
	struct magazine *magazine = cache->cpu[cpu_id()].loaded;

	if (unlikely(magazine->nr == magazine->size)) {
		slab_free_slow(cache, object, flags);
		return;
	}
	magazine->objects[magazine->nr++] = object;
	irq_restore(flags);
}
