#pragma once

/*
 * Whoever wants to know of every allocation and free, or to make some fail: fault injection
 * (mem/fault_inject.c), a leak detector. While nobody watches, this costs nothing: caches have a
 * word that says whether to take the long way.
 */

#include "lib/list.h"
#include "mem/slab.h"

struct slab_watcher {
	/* => false: the allocation fails. May be NULL, like the others. cache NULL: whole pages */
	bool (*may_alloc)(struct kmem_cache *cache, size_t size, gfp_t gfp);
	/* size is what the caller asked for. GFP_ZERO is done. */
	void (*allocated)(struct kmem_cache *cache, void *object, size_t size, gfp_t gfp);
	/*
	 * The object is still whole. => false: the watcher keeps it, and calls slab_free_kept() later. Who
	 * watched before it does not hear of the free, so a keeper is the first to watch.
	 */
	bool (*freed)(struct kmem_cache *cache, void *object);
	struct list_head link;
};

/*
 * From now on, in caches that come later, too. Functions are called in any context, those of the latest
 * watcher first. => it does not watch yet
 */
void slab_watch(struct slab_watcher *watcher);
/* A call of one of its functions may still be under way on another hart, so it stays for ever. */
void slab_unwatch(struct slab_watcher *watcher);

/* What watchers' freed() finds on the stack: calls in mem/ between it and who frees an object. */
extern const unsigned slab_free_depth;

/* Free an object that a watcher has kept: no watcher hears of it. */
void slab_free_kept(struct kmem_cache *cache, void *object);

/* mem/slab only. */
bool watch_may_alloc(struct kmem_cache *cache, size_t size, gfp_t gfp);
void watch_allocated(struct kmem_cache *cache, void *object, size_t size, gfp_t gfp);
bool watch_freed(struct kmem_cache *cache, void *object);
/* Somebody watches: caches have HOOK_WATCH. */
extern bool slab_watched;
