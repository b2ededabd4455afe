#pragma once

/* SLOB's structures; the theory is in mem/slab/slob.c. */

#include "mem/slab/cache.h"

/* Memory is given out in units: what a free block's head needs. */
#define SLOB_UNIT  sizeof(struct slob_block)
#define PAGE_UNITS (PAGE_SIZE / SLOB_UNIT)

/* At the beginning of a free block. */
struct slob_block {
	u16 units;
	u16 next; /* free block of the page, in units from its start; 0: the last one */
	u32 unused;
};

struct slob_cache {
	struct kmem_cache common;
	u64 nr_active;	     /* objects; the lock of slob */
	u64 nr_page_objects; /* of them, those that are blocks of the buddy */
};

/* Pages with room for objects below a size. Shown in slabinfo like a cache of units. */
struct slob_list {
	struct slob_cache cache;
	size_t max_bytes; /* of an object */
	struct list_head pages;
	u64 nr_pages, nr_units; /* all pages, full ones, too; units in use there */
};

extern struct spinlock slob_lock;
extern u64 nr_slob_lock_acquired;
extern struct slob_list slob_lists[];
#define NR_SLOB_LISTS 3

static inline struct slob_cache *
slob_cache_of(struct kmem_cache *cache)
{
	return container_of(cache, struct slob_cache, common);
}

/*
 * Any number of bytes up to a page, such that the address + lead is aligned; one more object of the
 * cache. Giving back: one less, if cache is not NULL.
 */
void *slob_take(struct slob_cache *cache, size_t bytes, size_t align, size_t lead, gfp_t gfp);
void slob_give(struct slob_cache *cache, void *kva, size_t bytes);

/*
 * mem/slab/slob_debug.c: freed objects of caches that are debugged stay whole for a while, so that
 * whoever writes to one or frees it again is found out.
 */
void slob_delay_init(void);
/* => the one that has waited longest, checked, with its cache in *cache; NULL: there is none yet */
void *slob_delay(struct kmem_cache **cache, void *slot);
/* Free all that wait. */
void slob_delay_flush(void);
/* The memory of a slot that was counted as free when it was given to slob_delay(). */
void slob_release(struct kmem_cache *cache, void *slot);
/* One object more or less that is not slob_take()'s. */
void slob_count(struct slob_cache *cache, s64 nr, s64 nr_page_objects);
/* Objects of kmalloc without debugging. */
extern struct slob_cache slob_kmalloc;
