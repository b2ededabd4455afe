/*
 * SLUB: the free list lives in the free objects.
 *
 *	cache->cpu[n].slab ----> [obj|obj|free|obj|free|...]   one slab for each hart
 *	cache->cpu[n].freelist -----------^      |
 *	                                  +------+----> NULL
 *
 *	cache->partial: slabs with free objects that no hart has
 *	full slabs are on no list; a free brings them back to partial
 *
 * A hart takes from and gives to the free list of its own slab with interrupts off and no lock. That
 * is enough: the kernel is not preempted, so only a handler on the same hart could come between. An
 * object of another slab goes to that slab's page->freelist, under the lock. page->slab_inuse counts
 * the objects that are not on page->freelist; those on a hart's free list count as in use until the
 * hart lets go of the slab. An empty slab goes back to the buddy unless it is one of the few that are
 * kept for the next burst.
 *
 * Slabs are blocks of the buddy, aligned to their size. So whether an object is from the hart's own
 * slab is one comparison of addresses, and struct page is not looked at; an object of a wrong cache
 * fails it and is found out on the slow path.
 *
 * Invariants (cache_check() in mem/slab/slub_shrink.c):
 *	- a slab is frozen, that is some hart's own, or on the partial list of its zone, or full
 *	- slab_inuse + objects on page->freelist = objects_per_slab
 *	- nr_listed is the sum over all slabs of what is on page->freelist
 *
 * Another hart's slab is never taken away. Who wants it asks with an IPI (cache_ipi()).
 */

#include "mem/slab/slub.h"

#include "lib/string.h"
#include "mem/slab/watch.h"

#define EMPTY_SLABS_KEPT 2

const char slab_name[] = "slub";
const unsigned slab_free_depth = 3;
const size_t cache_struct_bytes = sizeof(struct slub_cache);

static struct slub_cache caches_of_slub;
struct kmem_cache *const cache_of_caches = &caches_of_slub.common;

void
slub_lock(struct slub_cache *cache)
{
	spin_lock(&cache->lock);
	cache->nr_lock_acquired++;
}

static void
slab_set_frozen(struct page *page, bool frozen)
{
	page->private = frozen;
}

void
cache_setup(struct kmem_cache *common)
{
	struct slub_cache *cache = slub_cache_of(common);

	common->slot_size = ALIGN_UP(cache_layout(common, sizeof(void *)), (size_t)common->align);
	if (common->link_offset)
		common->hooks |= HOOK_LINK;
	common->order = slab_order(common->slot_size);
	common->objects_per_slab = (PAGE_SIZE << common->order) / common->slot_size;
	cache->slab_mask = ~((PAGE_SIZE << common->order) - 1UL);
	for (u32 i = 0; i < NR_CPUS; i++)
		cache->cpu[i].slab_base = SLUB_NO_SLAB;
	for (u32 i = 0; i < NR_ZONES; i++)
		list_init(&cache->partial[i].slabs);
	spin_init(&cache->lock, common->name, RANK_SLAB);
}

/* A new slab with every object free and constructed; on no list. => NULL when there is no memory */
static struct page *
slab_create(struct slub_cache *cache, gfp_t gfp)
{
	struct kmem_cache *common = &cache->common;
	struct page *page = pages_alloc((gfp & ~GFP_ZERO) | GFP_COMP, common->order);
	char *object;
	void *next = NULL;

	debug_assert(!(gfp & GFP_BIT_HIGHMEM));
	if (!page)
		return NULL;
	page->slab_cache = common;
	page_set(page, PG_slab);
	page->slab_inuse = 0;
	slab_set_frozen(page, false);
	list_init(&page->lru);
	object = (char *)page_to_kva(page) + (size_t)common->objects_per_slab * common->slot_size;
	for (u32 i = 0; i < common->objects_per_slab; i++) {
		object -= common->slot_size;
		slot_construct(common, object);
		*slub_link(cache, object) = next;
		next = object;
	}
	page->freelist = next;
	return page;
}

/* => interrupts off, cache->lock held */
static void
slab_enter_locked(struct slub_cache *cache)
{
	cache->nr_slabs++;
	cache->nr_listed += cache->common.objects_per_slab;
}

void
slub_slab_leave_locked(struct slub_cache *cache)
{
	cache->nr_slabs--;
	cache->nr_listed -= cache->common.objects_per_slab;
}

/* => the cache does not count it any more */
void
slub_slab_destroy(struct slub_cache *cache, struct page *page)
{
	assert(page->slab_inuse == 0 && !slub_is_frozen(page));
	page->freelist = NULL;
	page->slab_cache = NULL;
	page_clear(page, PG_slab);
	pages_free(page, cache->common.order);
}

static void
partial_add_locked(struct slub_cache *cache, struct page *page)
{
	struct slub_partial *partial = &cache->partial[page->zone];

	list_add(&page->lru, &partial->slabs);
	partial->nr_slabs++;
	cache->nr_partial++;
	cache->nr_empty += page->slab_inuse == 0;
}

void
slub_partial_del_locked(struct slub_cache *cache, struct page *page)
{
	list_del(&page->lru);
	cache->partial[page->zone].nr_slabs--;
	cache->nr_partial--;
	cache->nr_empty -= page->slab_inuse == 0;
}

/* Put a slab that nobody has where it belongs. => true: it is of no use and to be destroyed */
static bool
slab_settle_locked(struct slub_cache *cache, struct page *page)
{
	if (!page->freelist)
		return false;
	if (page->slab_inuse == 0 && cache->nr_partial >= EMPTY_SLABS_KEPT) {
		slub_slab_leave_locked(cache);
		return true;
	}
	partial_add_locked(cache, page);
	return false;
}

/* Own the slab's free objects, take one of them. => lock held, the hart has no slab */
static void *
slab_adopt_locked(struct slub_cache *cache, struct slub_cpu *cpu, struct page *page)
{
	void *object = page->freelist;

	cache->nr_listed -= cache->common.objects_per_slab - page->slab_inuse;
	cpu->slab = page;
	cpu->slab_base = (u64)page_to_kva(page);
	cpu->freelist = *slub_link(cache, object);
	page->freelist = NULL;
	page->slab_inuse = cache->common.objects_per_slab;
	slab_set_frozen(page, true);
	return object;
}

/* The hart lets go of its slab: what is free there is everybody's. => true: destroy *page */
static bool
cpu_release_locked(struct slub_cache *cache, struct slub_cpu *cpu, struct page **page)
{
	*page = cpu->slab;
	if (!cpu->slab)
		return false;
	while (cpu->freelist) {
		void *object = cpu->freelist;

		cpu->freelist = *slub_link(cache, object);
		*slub_link(cache, object) = (*page)->freelist;
		(*page)->freelist = object;
		(*page)->slab_inuse--;
		cache->nr_listed++;
	}
	cpu->slab = NULL;
	cpu->slab_base = SLUB_NO_SLAB;
	slab_set_frozen(*page, false);
	return slab_settle_locked(cache, *page);
}

void
slub_cpu_flush(struct slub_cache *cache, struct slub_cpu *cpu)
{
	struct page *page;
	bool destroy;

	if (!cpu->slab)
		return;
	slub_lock(cache);
	destroy = cpu_release_locked(cache, cpu, &page);
	spin_unlock(&cache->lock);
	if (destroy)
		slub_slab_destroy(cache, page);
}

static struct page *
partial_find_locked(struct slub_cache *cache, gfp_t gfp)
{
	for (int i = (int)gfp_highest_zone(gfp); i >= 0; i--) {
		struct page *page =
			list_first_entry_or_null(&cache->partial[i].slabs, struct page, lru);
		if (page)
			return page;
	}
	return NULL;
}

/*
 * From the objects that others freed into this hart's own slab, or from a partial slab. => interrupts
 * off, the hart's free list is empty; NULL when a new slab is needed
 */
static void *
refill(struct slub_cache *cache, struct slub_cpu *cpu, gfp_t gfp)
{
	struct page *page;
	void *object = NULL;

	slub_lock(cache);
	if (cpu->slab && cpu->slab->freelist) {
		object = slab_adopt_locked(cache, cpu, cpu->slab);
	} else {
		cpu_release_locked(cache, cpu, &page);
		page = partial_find_locked(cache, gfp);
		if (page) {
			slub_partial_del_locked(cache, page);
			object = slab_adopt_locked(cache, cpu, page);
		}
	}
	spin_unlock(&cache->lock);
	return object;
}

/* The first object of a new slab, which becomes the hart's own; what it had goes to the others. */
static void *
refill_new(struct slub_cache *cache, struct page *page)
{
	struct slub_cpu *cpu = &cache->cpu[cpu_id()];
	struct page *old;
	bool destroy;
	void *object;

	slub_lock(cache);
	slab_enter_locked(cache);
	destroy = cpu_release_locked(cache, cpu, &old);
	object = slab_adopt_locked(cache, cpu, page);
	spin_unlock(&cache->lock);
	if (destroy)
		slub_slab_destroy(cache, old);
	return object;
}

/* Interrupts are on while the buddy is asked, so the hart may have changed afterwards. */
void *
slub_alloc_slow(struct slub_cache *cache, gfp_t gfp, u64 flags)
{
	void *object = refill(cache, &cache->cpu[cpu_id()], gfp);
	struct page *page;

	if (!object) {
		irq_restore(flags);
		page = slab_create(cache, gfp);
		if (!page)
			return NULL;
		flags = irq_save();
		object = refill_new(cache, page);
	}
	irq_restore(flags);
	return object;
}

/* From a slab that devices reach, which no hart makes its own: they would give it to anybody. */
static void *
alloc_dma(struct slub_cache *cache, gfp_t gfp)
{
	u64 flags = irq_save();
	struct page *page, *fresh = NULL;
	void *object = NULL;

	slub_lock(cache);
	page = partial_find_locked(cache, gfp);
	if (!page) {
		spin_unlock(&cache->lock);
		irq_restore(flags);
		fresh = slab_create(cache, gfp);
		flags = irq_save();
		slub_lock(cache);
		if (fresh) {
			slab_enter_locked(cache);
			partial_add_locked(cache, fresh);
		}
		page = partial_find_locked(cache, gfp);
	}
	if (page) {
		slub_partial_del_locked(cache, page);
		object = page->freelist;
		page->freelist = *slub_link(cache, object);
		page->slab_inuse++;
		cache->nr_listed--;
		slab_settle_locked(cache, page);
	}
	spin_unlock(&cache->lock);
	irq_restore(flags);
	return object;
}

void *
cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	if (unlikely(gfp & GFP_BIT_DMA))
		return alloc_dma(slub_cache_of(cache), gfp);
	return slub_alloc(slub_cache_of(cache), gfp, cache->link_offset);
}

void
cache_free(struct kmem_cache *cache, void *slot)
{
	slub_free(slub_cache_of(cache), slot, cache->link_offset);
}

/* => lock held; true: the slab is empty, and to be destroyed */
static bool
free_locked(struct slub_cache *cache, struct page *page, void *object)
{
	bool was_full = page->slab_inuse == cache->common.objects_per_slab;

	*slub_link(cache, object) = page->freelist;
	page->freelist = object;
	cache->nr_listed++;
	if (slub_is_frozen(page)) {
		page->slab_inuse--;
		return false;
	}
	page->slab_inuse--;
	if (was_full)
		return slab_settle_locked(cache, page);
	if (page->slab_inuse > 0)
		return false;
	cache->nr_empty++;
	if (cache->nr_partial <= EMPTY_SLABS_KEPT)
		return false;
	slub_partial_del_locked(cache, page);
	slub_slab_leave_locked(cache);
	return true;
}

/* The object's slab is not this hart's. */
void
slub_free_slow(struct slub_cache *cache, void *object, u64 flags)
{
	struct page *page = object_page(object);
	bool destroy;

	cache_check_slot(&cache->common, object);
	slub_lock(cache);
	destroy = free_locked(cache, page, object);
	spin_unlock(&cache->lock);
	if (destroy)
		slub_slab_destroy(cache, page);
	irq_restore(flags);
}

size_t
cache_alloc_bulk(struct kmem_cache *common, gfp_t gfp, size_t nr, void **slots)
{
	struct slub_cache *cache = slub_cache_of(common);
	size_t n = 0;

	while (n < nr) {
		u64 flags = irq_save();
		struct slub_cpu *cpu = &cache->cpu[cpu_id()];

		while (n < nr && cpu->freelist && !(gfp & GFP_BIT_DMA)) {
			slots[n] = cpu->freelist;
			cpu->freelist = *slub_link(cache, slots[n++]);
		}
		irq_restore(flags);
		if (n == nr)
			break;
		slots[n] = cache_alloc(common, gfp);
		if (!slots[n])
			break;
		n++;
	}
	return n;
}

/* One lock for all that are not from this hart's slab. */
void
cache_free_bulk(struct kmem_cache *common, size_t nr, void **slots)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 flags = irq_save();
	struct slub_cpu *cpu = &cache->cpu[cpu_id()];
	bool locked = false;

	for (size_t i = 0; i < nr; i++) {
		void *slot = slots[i];

		if (((u64)slot & cache->slab_mask) == cpu->slab_base) {
			*slub_link(cache, slot) = cpu->freelist;
			cpu->freelist = slot;
			continue;
		}
		cache_check_slot(common, slot);
		if (!locked)
			slub_lock(cache);
		locked = true;
		if (free_locked(cache, object_page(slot), slot)) {
			spin_unlock(&cache->lock);
			locked = false;
			slub_slab_destroy(cache, object_page(slot));
		}
	}
	if (locked)
		spin_unlock(&cache->lock);
	irq_restore(flags);
}
