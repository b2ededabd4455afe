/*
 * SLUB: the free list lives in the free objects.
 *
 *	cache->cpu[n].slab ----> [obj|obj|free|obj|free|...]   one slab for each hart
 *	cache->cpu[n].freelist -----------^      |
 *	                                  +------+----> NULL
 *
 *	cache->partial: slabs with free objects that no hart owns
 *	full slabs are on no list; a free brings them back to partial
 *
 * A hart takes from and gives to the free list of its own slab with interrupts off and
 * no lock. An object of another slab goes to that slab's page->freelist, under the lock.
 * page->slab_inuse counts the objects that are not on page->freelist; those on a hart's
 * freelist count as in use until the hart lets go of the slab. An empty slab goes back
 * to the buddy unless it is one of the few that are kept for the next burst.
 *
 * The link is in the object's first word, or behind the object when there is a
 * constructor, whose work must survive.
 */

#include "core/cpu.h"
#include "core/panic.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/slab/cache.h"

#define EMPTY_SLABS_KEPT 2

static void **
link_of(const struct kmem_cache *cache, void *object)
{
	return (void **)((char *)object + cache->link_offset);
}

void
cache_setup(struct kmem_cache *cache)
{
	size_t slot = cache->object_size;

	cache->link_offset = 0;
	if (cache->ctor) {
		slot = ALIGN_UP(slot, sizeof(void *));
		cache->link_offset = slot;
		slot += sizeof(void *);
	}
	cache->slot_size = ALIGN_UP(MAX(slot, sizeof(void *)), cache->align);
	cache->order = slab_order(cache->slot_size);
	cache->objects_per_slab = (PAGE_SIZE << cache->order) / cache->slot_size;
	list_init(&cache->partial);
	spin_init(&cache->lock, cache->name, RANK_SLAB);
}

/* A new slab with every object free and constructed. => NULL when there is no memory */
static struct page *
slab_create(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page = pages_alloc(gfp & ~GFP_ZERO, cache->order);
	char *object;
	void *next = NULL;

	if (!page)
		return NULL;
	page_set(page, PG_slab);
	page->slab_cache = cache;
	page->slab_inuse = 0;
	list_init(&page->lru);
	object = (char *)page_to_kva(page) + cache->objects_per_slab * cache->slot_size;
	for (u32 i = 0; i < cache->objects_per_slab; i++) {
		object -= cache->slot_size;
		if (cache->ctor)
			cache->ctor(object);
		*link_of(cache, object) = next;
		next = object;
	}
	page->freelist = next;
	atomic64_add(&cache->nr_slabs, 1);
	return page;
}

static void
slab_destroy(struct kmem_cache *cache, struct page *page)
{
	assert(page->slab_inuse == 0);
	page->slab_cache = NULL;
	page->freelist = NULL;
	page_clear(page, PG_slab);
	atomic64_add(&cache->nr_slabs, -1);
	pages_free(page, cache->order);
}

/* => interrupts off; the hart has no slab. Own the slab's free objects, take one of them. */
static void *
slab_adopt(struct kmem_cache *cache, struct cache_cpu *cpu, struct page *page)
{
	void *object = page->freelist;

	cpu->slab = page;
	cpu->freelist = *link_of(cache, object);
	page->freelist = NULL;
	page->slab_inuse = cache->objects_per_slab;
	return object;
}

/* Take back what others freed into this hart's own slab. */
static void *
own_slab_refill(struct kmem_cache *cache, struct cache_cpu *cpu)
{
	void *object = NULL;

	if (!cpu->slab)
		return NULL;
	spin_lock(&cache->lock);
	if (cpu->slab->freelist)
		object = slab_adopt(cache, cpu, cpu->slab);
	else
		cpu->slab = NULL;
	spin_unlock(&cache->lock);
	return object;
}

static void *
partial_refill(struct kmem_cache *cache, struct cache_cpu *cpu)
{
	void *object = NULL;

	spin_lock(&cache->lock);
	if (!list_empty(&cache->partial)) {
		struct page *page = list_first_entry(&cache->partial, struct page, lru);

		list_del(&page->lru);
		cache->nr_partial--;
		object = slab_adopt(cache, cpu, page);
	}
	spin_unlock(&cache->lock);
	return object;
}

/* Put a slab that nobody owns where it belongs. => cache->lock held; true: destroy it */
static bool
slab_settle_locked(struct kmem_cache *cache, struct page *page)
{
	if (page->slab_inuse == 0 && cache->nr_partial >= EMPTY_SLABS_KEPT)
		return true;
	list_add(&page->lru, &cache->partial);
	cache->nr_partial++;
	return false;
}

/* The hart lets go of its slab: what is free there is everybody's. => interrupts off */
static void
cpu_slab_flush(struct kmem_cache *cache, struct cache_cpu *cpu)
{
	struct page *page = cpu->slab;
	bool destroy = false;

	if (!page)
		return;
	spin_lock(&cache->lock);
	while (cpu->freelist) {
		void *object = cpu->freelist;

		cpu->freelist = *link_of(cache, object);
		*link_of(cache, object) = page->freelist;
		page->freelist = object;
		page->slab_inuse--;
	}
	cpu->slab = NULL;
	if (page->freelist)
		destroy = slab_settle_locked(cache, page);
	spin_unlock(&cache->lock);
	if (destroy)
		slab_destroy(cache, page);
}

/* => interrupts off, and off again on return; they are on while the buddy is asked */
static void *
alloc_slow(struct kmem_cache *cache, gfp_t gfp, u64 flags)
{
	struct cache_cpu *cpu = &cache->cpu[cpu_id()];
	struct page *page;
	void *object = own_slab_refill(cache, cpu);

	if (!object)
		object = partial_refill(cache, cpu);
	if (object)
		return object;
	irq_restore(flags);
	page = slab_create(cache, gfp);
	irq_disable();
	if (!page)
		return NULL;
	cpu = &cache->cpu[cpu_id()];
	cpu_slab_flush(cache, cpu);
	return slab_adopt(cache, cpu, page);
}

void *
cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	u64 flags = irq_save();
	struct cache_cpu *cpu = &cache->cpu[cpu_id()];
	void *object = cpu->freelist;

	if (likely(object))
		cpu->freelist = *link_of(cache, object);
	else
		object = alloc_slow(cache, gfp, flags);
	if (likely(object))
		cache->cpu[cpu_id()].nr_allocated++;
	irq_restore(flags);
	return object;
}

/* => interrupts off; the object's slab is not this hart's */
static void
free_slow(struct kmem_cache *cache, struct page *page, void *object)
{
	bool destroy = false, owned, was_full;

	spin_lock(&cache->lock);
	was_full = page->slab_inuse == cache->objects_per_slab;
	*link_of(cache, object) = page->freelist;
	page->freelist = object;
	page->slab_inuse--;
	owned = slab_is_owned(cache, page);
	if (!owned && was_full) {
		destroy = slab_settle_locked(cache, page);
	} else if (!owned && page->slab_inuse == 0 && cache->nr_partial > EMPTY_SLABS_KEPT) {
		list_del(&page->lru);
		cache->nr_partial--;
		destroy = true;
	}
	spin_unlock(&cache->lock);
	if (destroy)
		slab_destroy(cache, page);
}

void
cache_free(struct kmem_cache *cache, struct page *page, void *object)
{
	u64 flags = irq_save();
	struct cache_cpu *cpu = &cache->cpu[cpu_id()];

	if (likely(page == cpu->slab)) {
		*link_of(cache, object) = cpu->freelist;
		cpu->freelist = object;
	} else {
		free_slow(cache, page, object);
	}
	cpu->nr_freed++;
	irq_restore(flags);
}

u64
kmem_cache_shrink(struct kmem_cache *cache)
{
	u64 flags = irq_save();
	struct page *page, *next;
	struct list_head empty;
	u64 nr_pages = 0;

	list_init(&empty);
	cpu_slab_flush(cache, &cache->cpu[cpu_id()]);
	spin_lock(&cache->lock);
	list_for_each_entry_safe(page, next, &cache->partial, lru) {
		if (page->slab_inuse)
			continue;
		list_move(&page->lru, &empty);
		cache->nr_partial--;
	}
	spin_unlock(&cache->lock);
	list_for_each_entry_safe(page, next, &empty, lru) {
		list_del(&page->lru);
		slab_destroy(cache, page);
		nr_pages += 1UL << cache->order;
	}
	irq_restore(flags);
	return nr_pages;
}
