#include "mem/slab/watch.h"

#include "core/spinlock.h"
#include "mem/slab/cache.h"

bool slab_watched;

/* Who changes the list; caches are looked at inside. */
static struct spinlock watch_lock = SPINLOCK_INIT("slab_watch", RANK_SLAB_WATCH);

/*
 * Read without a lock, by everybody who allocates. A watcher that leaves stays linked to the rest, so
 * that who stands at it finds the way on.
 */
static LIST_HEAD(watchers);

static void
cache_set_watched(struct kmem_cache *cache, void *arg)
{
	(void)arg;
	if (slab_watched)
		__atomic_fetch_or(&cache->hooks, HOOK_WATCH, __ATOMIC_RELEASE);
	else
		__atomic_fetch_and(&cache->hooks, ~HOOK_WATCH, __ATOMIC_RELEASE);
}

void
slab_watch(struct slab_watcher *watcher)
{
	u64 flags = spin_lock_irqsave(&watch_lock);

	watcher->link.next = watchers.next;
	watcher->link.prev = &watchers;
	watchers.next->prev = &watcher->link;
	__atomic_store_n(&watchers.next, &watcher->link, __ATOMIC_RELEASE);
	slab_watched = true;
	cache_for_each(cache_set_watched, NULL);
	spin_unlock_irqrestore(&watch_lock, flags);
}

void
slab_unwatch(struct slab_watcher *watcher)
{
	u64 flags = spin_lock_irqsave(&watch_lock);

	watcher->link.next->prev = watcher->link.prev;
	__atomic_store_n(&watcher->link.prev->next, watcher->link.next, __ATOMIC_RELEASE);
	slab_watched = !list_empty(&watchers);
	cache_for_each(cache_set_watched, NULL);
	spin_unlock_irqrestore(&watch_lock, flags);
}

bool
watch_may_alloc(struct kmem_cache *cache, size_t size, gfp_t gfp)
{
	struct slab_watcher *watcher;

	list_for_each_entry(watcher, &watchers, link)
		if (watcher->may_alloc && !watcher->may_alloc(cache, size, gfp))
			return false;
	return true;
}

void
watch_allocated(struct kmem_cache *cache, void *object, size_t size, gfp_t gfp)
{
	struct slab_watcher *watcher;

	list_for_each_entry(watcher, &watchers, link)
		if (watcher->allocated)
			watcher->allocated(cache, object, size, gfp);
}

bool
watch_freed(struct kmem_cache *cache, void *object)
{
	struct slab_watcher *watcher;

	list_for_each_entry(watcher, &watchers, link)
		if (watcher->freed && !watcher->freed(cache, object))
			return false;
	return true;
}
