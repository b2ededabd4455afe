/*
 * The slab allocator of Bonwick (1994, 2001): slabs in three lists, and magazines before them.
 *
 *	hart 0: [loaded][previous]		magazines: stacks of free objects. No lock,
 *	hart 1: [loaded][previous]		interrupts off.
 *		    |  ^
 *	depot:	[full][full]  [empty][empty]	whole magazines change hands, under the cache's lock
 *		    |  ^
 *	slabs:	full, partial, empty		single objects, under the same lock
 *		    |  ^
 *	buddy
 *
 * This file is the slabs; mem/slab/slab_magazine.c is what is above. A slab:
 *
 *	|colour|object|object|...|object|unused|struct slab|
 *
 * The free list is not in the objects but a list of indexes in the descriptor: so a free object keeps
 * what its constructor made at no cost, and freeing one does not touch it. The colour shifts the first
 * object by another multiple of a cache line in each slab, so that objects of the same index do not all
 * fall into the same sets of a cache. Where the descriptor would cost an object (of a page, large powers
 * of two above all), it lies in a cache of its own.
 *
 * Invariants (cache_check() in mem/slab/slab_shrink.c):
 *	- a slab is on the list that its nr_inuse says
 *	- nr_free is the sum of the free objects of all slabs
 */

#include "mem/slab/slab.h"

#include "mem/slab/watch.h"

#define EMPTY_SLABS_KEPT 2
/* Above that a descriptor may lie outside. */
#define OFF_SLAB_MIN (PAGE_SIZE / 8)
/* Objects of the largest slab with descriptors outside: 32 KiB of OFF_SLAB_MIN. */
#define OFF_SLAB_OBJECTS 64
#define LINE_BYTES	 64U

const char slab_name[] = "slab";
const unsigned slab_free_depth = 3;
const size_t cache_struct_bytes = sizeof(struct slab_cache);

static struct slab_cache caches_of_slab;
struct kmem_cache *const cache_of_caches = &caches_of_slab.common;

static struct kmem_cache *descriptor_cache;

void
slab_lock(struct slab_cache *cache)
{
	spin_lock(&cache->lock);
	cache->nr_lock_acquired++;
}

static size_t
slab_bytes(const struct slab_cache *cache)
{
	return (size_t)PAGE_SIZE << cache->common.order;
}

static size_t
descriptor_bytes(u32 nr_objects)
{
	return ALIGN_UP(sizeof(struct slab) + nr_objects * sizeof(u16), sizeof(u64));
}

/* Objects beside a descriptor within the slab. */
static u32
objects_with_descriptor(size_t bytes, size_t slot_size)
{
	u32 nr = (bytes - sizeof(struct slab)) / (slot_size + sizeof(u16));

	while (nr > 0 && nr * slot_size + descriptor_bytes(nr) > bytes)
		nr--;
	return nr;
}

void
cache_setup(struct kmem_cache *common)
{
	struct slab_cache *cache = slab_cache_of(common);
	size_t bytes, used;
	u32 outside;

	common->slot_size = ALIGN_UP(cache_layout(common, 0), (size_t)common->align);
	common->order = slab_order(common->slot_size);
	bytes = slab_bytes(cache);
	outside = bytes / common->slot_size;
	common->objects_per_slab = objects_with_descriptor(bytes, common->slot_size);
	used = descriptor_bytes(common->objects_per_slab);
	if (common->slot_size >= OFF_SLAB_MIN && outside > common->objects_per_slab) {
		cache->off_slab = true;
		common->objects_per_slab = outside;
		used = 0;
	}
	used += (size_t)common->objects_per_slab * common->slot_size;
	cache->colour_unit = MAX(common->align, LINE_BYTES);
	cache->nr_colours = (bytes - used) / cache->colour_unit + 1;
	cache->magazine_size = magazine_size_for(common);
	for (u32 i = 0; i < NR_CPUS; i++)
		cache->cpu[i].loaded = cache->cpu[i].previous = &no_magazine;
	list_init(&cache->full);
	list_init(&cache->partial);
	list_init(&cache->empty);
	spin_init(&cache->lock, common->name, RANK_SLAB);
}

static struct slab *
descriptor_alloc(struct slab_cache *cache, struct page *page, gfp_t gfp)
{
	char *end = (char *)page_to_kva(page) + slab_bytes(cache);

	if (!cache->off_slab)
		return (struct slab *)(end - descriptor_bytes(cache->common.objects_per_slab));
	return kmem_cache_alloc(descriptor_cache, gfp);
}

static u32
colour_next(struct slab_cache *cache)
{
	u64 flags = spin_lock_irqsave(&cache->lock);
	u32 colour = cache->next_colour;

	cache->next_colour = colour + 1 < cache->nr_colours ? colour + 1 : 0;
	spin_unlock_irqrestore(&cache->lock, flags);
	return colour * cache->colour_unit;
}

/* => on no list; NULL when there is no memory */
static struct slab *
slab_create(struct slab_cache *cache, gfp_t gfp)
{
	struct kmem_cache *common = &cache->common;
	struct page *page = pages_alloc(gfp | GFP_COMP, common->order);
	struct slab *slab;

	debug_assert(!(gfp & GFP_BIT_HIGHMEM));
	if (!page)
		return NULL;
	slab = descriptor_alloc(cache, page, gfp & ~GFP_BIT_DMA);
	if (!slab) {
		pages_free(page, common->order);
		return NULL;
	}
	page->slab_cache = common;
	page->slab_inuse = 0;
	page->freelist = slab;
	page_set(page, PG_slab);
	list_init(&slab->link);
	slab->page = page;
	slab->first = (char *)page_to_kva(page) + colour_next(cache);
	slab->nr_inuse = 0;
	slab->free = 0;
	for (u32 i = 0; i < common->objects_per_slab; i++) {
		slab->next[i] = i + 1 < common->objects_per_slab ? i + 1 : SLAB_END;
		slot_construct(common, slab->first + (size_t)i * common->slot_size);
	}
	return slab;
}

void
slab_destroy(struct slab_cache *cache, struct slab *slab)
{
	struct page *page = slab->page;

	assert(slab->nr_inuse == 0);
	if (cache->off_slab)
		kmem_cache_free(descriptor_cache, slab);
	page->slab_cache = NULL;
	page->freelist = NULL;
	page_clear(page, PG_slab);
	pages_free(page, cache->common.order);
}

/* Where it belongs. => lock held */
static void
slab_settle_locked(struct slab_cache *cache, struct slab *slab)
{
	struct list_head *list = &cache->partial;

	if (slab->nr_inuse == 0)
		list = &cache->empty;
	else if (slab->free == SLAB_END)
		list = &cache->full;
	list_move(&slab->link, list);
}

bool
slab_grow(struct slab_cache *cache, gfp_t gfp)
{
	struct slab *slab = slab_create(cache, gfp & ~GFP_ZERO);
	u64 flags;

	if (!slab)
		return false;
	flags = irq_save();
	slab_lock(cache);
	list_add(&slab->link, &cache->empty);
	cache->nr_slabs++;
	cache->nr_empty++;
	cache->nr_free += cache->common.objects_per_slab;
	spin_unlock_irqrestore(&cache->lock, flags);
	return true;
}

static struct slab *
list_find(struct list_head *list, gfp_t gfp)
{
	struct slab *slab;

	list_for_each_entry(slab, list, link)
		if (slab->page->zone <= gfp_highest_zone(gfp))
			return slab;
	return NULL;
}

void *
slab_take_locked(struct slab_cache *cache, gfp_t gfp)
{
	struct slab *slab = list_find(&cache->partial, gfp);
	u32 index;

	if (!slab)
		slab = list_find(&cache->empty, gfp);
	if (!slab)
		return NULL;
	index = slab->free;
	cache->nr_empty -= slab->nr_inuse == 0;
	cache->nr_free--;
	slab->free = slab->next[index];
	slab->page->slab_inuse = ++slab->nr_inuse;
	if (slab->nr_inuse == 1 || slab->free == SLAB_END)
		slab_settle_locked(cache, slab);
	return slab->first + (size_t)index * cache->common.slot_size;
}

struct slab *
slab_put_locked(struct slab_cache *cache, void *object)
{
	struct slab *slab = object_page(object)->freelist;
	u32 index = ((char *)object - slab->first) / cache->common.slot_size;
	bool was_full = slab->free == SLAB_END;

	assert(slab->nr_inuse > 0);
	slab->next[index] = slab->free;
	slab->free = index;
	slab->page->slab_inuse = --slab->nr_inuse;
	cache->nr_free++;
	if (slab->nr_inuse > 0) {
		if (was_full)
			slab_settle_locked(cache, slab);
		return NULL;
	}
	if (cache->nr_empty < EMPTY_SLABS_KEPT) {
		cache->nr_empty++;
		slab_settle_locked(cache, slab);
		return NULL;
	}
	list_del(&slab->link);
	cache->nr_slabs--;
	cache->nr_free -= cache->common.objects_per_slab;
	return slab;
}

u64
slab_reap(struct slab_cache *cache)
{
	u64 nr_pages = 0, flags = irq_save();
	struct slab *slab, *next;
	struct list_head gone;

	list_init(&gone);
	slab_lock(cache);
	list_splice(&cache->empty, &gone);
	cache->nr_slabs -= cache->nr_empty;
	cache->nr_free -= cache->nr_empty * cache->common.objects_per_slab;
	cache->nr_empty = 0;
	spin_unlock(&cache->lock);
	list_for_each_entry_safe(slab, next, &gone, link) {
		list_del(&slab->link);
		slab_destroy(cache, slab);
		nr_pages += 1UL << cache->common.order;
	}
	irq_restore(flags);
	return nr_pages;
}

void INIT
kmalloc_init(void)
{
	magazine_init();
	descriptor_cache =
		kmem_cache_create("slab_descriptor", descriptor_bytes(OFF_SLAB_OBJECTS), 0,
				  SLAB_PANIC | SLAB_NO_DEBUG | SLAB_NOLEAKTRACE, NULL);
	kmalloc_classes_init();
}
