#pragma once

/* SLUB's structures, and the fast path that mem/slab/slub_fast.c makes functions of. */

#include "core/cpu.h"
#include "lib/compiler.h"
#include "mem/slab/cache.h"
#include "mem/slab/classes.h"
#include "mem/zone.h"

/* Addresses of slabs are aligned to their size; this is the address of none. */
#define SLUB_NO_SLAB 1UL

/* What one hart has for itself: touched by that hart alone, interrupts off. */
struct slub_cpu {
	void *freelist; /* free objects of its slab that only this hart may take */
	u64 slab_base;	/* where that slab begins, or SLUB_NO_SLAB */
	struct page *slab;
	u32 flush_requested; /* atomic: another hart wants the slab given up */
} ALIGNED(64);

struct slub_partial {
	struct list_head slabs; /* with free objects; no hart has them. Of struct page by lru */
	u64 nr_slabs;
};

struct slub_cache {
	struct kmem_cache common;
	u64 slab_mask; /* address & slab_mask: where the slab begins */
	struct slub_cpu cpu[NR_CPUS];
	struct spinlock
		lock; /* SLAB, interrupts off: what follows, slabs and their page->freelist */
	struct slub_partial partial[NR_ZONES]; /* by the zone of the frames */
	u64 nr_partial;			       /* of all zones */
	u64 nr_slabs;
	u64 nr_listed; /* objects on the page->freelist of all slabs */
	u64 nr_empty;  /* partial slabs without an object in use */
	u64 nr_lock_acquired;
};

void slub_lock(struct slub_cache *cache);
/* The hart lets go of its slab. => interrupts off; cpu is this hart's, or its hart does nothing */
void slub_cpu_flush(struct slub_cache *cache, struct slub_cpu *cpu);
/* Take a slab off its partial list; out of the cache's count. => cache->lock held */
void slub_partial_del_locked(struct slub_cache *cache, struct page *page);
void slub_slab_leave_locked(struct slub_cache *cache);
/* Its pages to the buddy. => the slab is empty, and the cache does not count it any more */
void slub_slab_destroy(struct slub_cache *cache, struct page *page);

/* Some hart's own? => cache->lock held */
static inline bool
slub_is_frozen(const struct page *page)
{
	return page->private != 0;
}

/* => interrupts off; flags are what irq_save() gave, and are restored */
void *slub_alloc_slow(struct slub_cache *cache, gfp_t gfp, u64 flags);
void slub_free_slow(struct slub_cache *cache, void *object, u64 flags);

static ALWAYS_INLINE struct slub_cache *
slub_cache_of(struct kmem_cache *cache)
{
	return container_of(cache, struct slub_cache, common);
}

static ALWAYS_INLINE void **
slub_link(const struct slub_cache *cache, void *object)
{
	return (void **)((char *)object + cache->common.link_offset);
}

/* The fast paths; link_offset is the cache's, or 0 where the caller knows that it is. */
static ALWAYS_INLINE void *
slub_alloc(struct slub_cache *cache, gfp_t gfp, u32 link_offset)
{
	u64 flags = irq_save();
	struct slub_cpu *cpu = &cache->cpu[cpu_id()];
	void *object = cpu->freelist;

	if (unlikely(!object))
		return slub_alloc_slow(cache, gfp, flags);
	cpu->freelist = *(void **)((char *)object + link_offset);
	irq_restore(flags);
	return object;
}

static ALWAYS_INLINE void
slub_free(struct slub_cache *cache, void *object, u32 link_offset)
{
	u64 flags = irq_save();
	struct slub_cpu *cpu = &cache->cpu[cpu_id()];

	if (unlikely(((u64)object & cache->slab_mask) != cpu->slab_base)) {
		slub_free_slow(cache, object, flags);
		return;
	}
	*(void **)((char *)object + link_offset) = cpu->freelist;
	cpu->freelist = object;
	irq_restore(flags);
}
