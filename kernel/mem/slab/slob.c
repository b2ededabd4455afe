/*
 * SLOB: the least memory. Objects of all caches and sizes lie side by side in the same pages.
 *
 *	page->freelist -> [2|next]--> [5|next]--> [1|0]		free blocks, by address
 *	                  |##|......|#####|.....|#|####|
 *
 * A free block says how many units of 8 bytes it has and where the next one is; that fits into one
 * unit, so nothing is too small to be used again. First fit: the pages of a list in turn, the blocks of
 * a page by address; a freed block grows together with its neighbours. A page without objects goes back
 * at once.
 *
 * Three lists, by size of the request: were there one, small objects would spoil every page for large
 * ones. A list is searched from where the last search succeeded.
 *
 * An object of a cache has no header, as its cache knows its size: 24 bytes cost 24. One of kmalloc has
 * one of 8 bytes before it, with its size. What is a page or more comes from the buddy.
 *
 * page->slab_inuse counts units in use, page->slab_cache is that of the list. One lock for everything:
 * slob is for machines with one hart and little memory. Nothing says of which cache an object is, so
 * without debugging, freeing to a wrong cache or twice is not noticed, and a cache's row in slabinfo
 * has no slabs: the pages are in the rows slob-*.
 */

#include "mem/slab/slob.h"

#include "mem/slab/watch.h"
#include "mem/zone.h"

const char slab_name[] = "slob";
const unsigned slab_free_depth = 4;
const size_t cache_struct_bytes = sizeof(struct slob_cache);

static struct slob_cache caches_of_slob;
struct kmem_cache *const cache_of_caches = &caches_of_slob.common;

struct spinlock slob_lock = SPINLOCK_INIT("slob", RANK_SLAB);
u64 nr_slob_lock_acquired;

#define SLOB_LIST(index, bytes)                                                         \
	{                                                                               \
		.max_bytes = (bytes), .pages = LIST_HEAD_INIT(slob_lists[index].pages), \
	}
struct slob_list slob_lists[NR_SLOB_LISTS] = {
	SLOB_LIST(0, 256),
	SLOB_LIST(1, 1024),
	SLOB_LIST(2, PAGE_SIZE),
};

static u64
slob_lock_irqsave(void)
{
	u64 flags = spin_lock_irqsave(&slob_lock);

	nr_slob_lock_acquired++;
	return flags;
}

static struct slob_list *
list_for(size_t bytes)
{
	struct slob_list *list = slob_lists;

	while (list->max_bytes < bytes)
		list++;
	return list;
}

static struct slob_list *
list_of(const struct page *page)
{
	return container_of(slob_cache_of(page->slab_cache), struct slob_list, cache);
}

static struct slob_block *
block_at(const struct page *page, u32 unit)
{
	return (struct slob_block *)page_to_kva(page) + unit;
}

static u32
unit_of(const struct page *page, const void *kva)
{
	return (const struct slob_block *)kva - block_at(page, 0);
}

static struct slob_block *
block_next(const struct page *page, const struct slob_block *block)
{
	return block->next ? block_at(page, block->next) : NULL;
}

/* Make `block` follow `before`, which is NULL for the first one. */
static void
block_link(struct page *page, struct slob_block *before, struct slob_block *block)
{
	if (before)
		before->next = block ? unit_of(page, block) : 0;
	else
		page->freelist = block;
}

/* Units to leave free before an object in this block, for its alignment. */
static u32
units_to_skip(const struct slob_block *block, size_t align, size_t lead)
{
	u64 at = (u64)block + lead;

	return (ALIGN_UP(at, align) - at) / SLOB_UNIT;
}

/* Cut units out of a block, `skip` from its start. What is left on both sides stays free. */
static void *
block_cut(struct page *page, struct slob_block *before, struct slob_block *block, u32 skip,
	  u32 units)
{
	struct slob_block *after = block_next(page, block), *object = block + skip;
	u32 rest = block->units - skip - units;

	if (rest > 0) {
		struct slob_block *tail = object + units;

		tail->units = rest;
		tail->next = after ? unit_of(page, after) : 0;
		after = tail;
	}
	if (skip > 0) {
		block->units = skip;
		before = block;
	}
	block_link(page, before, after);
	return object;
}

/* => NULL when the page has no such place */
static void *
page_take(struct page *page, u32 units, size_t align, size_t lead)
{
	struct slob_block *block = page->freelist, *before = NULL;

	for (; block; before = block, block = block_next(page, block)) {
		u32 skip = units_to_skip(block, align, lead);

		if (block->units < skip + units)
			continue;
		page->slab_inuse += units;
		return block_cut(page, before, block, skip, units);
	}
	return NULL;
}

/* => slob_lock held */
static void *
list_take_locked(struct slob_list *list, u32 units, size_t align, size_t lead, gfp_t gfp)
{
	struct page *page;

	list_for_each_entry(page, &list->pages, lru) {
		void *object;

		if (PAGE_UNITS - page->slab_inuse < units)
			continue;
		if (page->zone > gfp_highest_zone(gfp))
			continue;
		object = page_take(page, units, align, lead);
		if (!object)
			continue;
		list->nr_units += units;
		/* The next search begins here: the list is turned round the page. */
		list_move_tail(&list->pages, &page->lru);
		if (!page->freelist)
			list_del(&page->lru);
		return object;
	}
	return NULL;
}

static struct page *
page_create(struct slob_list *list, gfp_t gfp)
{
	struct page *page = page_alloc(gfp & ~GFP_ZERO);
	struct slob_block *block;

	if (!page)
		return NULL;
	page->slab_cache = &list->cache.common;
	page->slab_inuse = 0;
	block = block_at(page, 0);
	block->units = PAGE_UNITS;
	block->next = 0;
	page->freelist = block;
	page_set(page, PG_slab);
	return page;
}

void *
slob_take(struct slob_cache *cache, size_t bytes, size_t align, size_t lead, gfp_t gfp)
{
	struct slob_list *list = list_for(bytes);
	u32 units = DIV_ROUND_UP(bytes, SLOB_UNIT);
	u64 flags = slob_lock_irqsave();
	void *object = list_take_locked(list, units, align, lead, gfp);
	struct page *page;

	cache->nr_active += object != NULL;
	spin_unlock_irqrestore(&slob_lock, flags);
	if (object)
		return object;
	page = page_create(list, gfp);
	if (!page)
		return NULL;
	flags = slob_lock_irqsave();
	list->nr_pages++;
	list_add(&page->lru, &list->pages);
	object = list_take_locked(list, units, align, lead, gfp);
	cache->nr_active += object != NULL;
	spin_unlock_irqrestore(&slob_lock, flags);
	return object;
}

/* Into the free blocks, one with its neighbours where they touch. */
static void
page_give(struct page *page, struct slob_block *object, u32 units)
{
	struct slob_block *before = NULL, *after = page->freelist;

	while (after && after < object) {
		before = after;
		after = block_next(page, after);
	}
	object->units = units;
	if (after == object + units) {
		object->units += after->units;
		after = block_next(page, after);
	}
	object->next = after ? unit_of(page, after) : 0;
	if (before && before + before->units == object) {
		before->units += object->units;
		before->next = object->next;
	} else {
		block_link(page, before, object);
	}
}

void
slob_give(struct slob_cache *cache, void *kva, size_t bytes)
{
	struct page *page = kva_to_page(kva);
	struct slob_list *list = list_of(page);
	u32 units = DIV_ROUND_UP(bytes, SLOB_UNIT);
	u64 flags = slob_lock_irqsave();
	bool was_full = !page->freelist;

	assert(page->slab_inuse >= units);
	if (cache)
		cache->nr_active--;
	list->nr_units -= units;
	page->slab_inuse -= units;
	if (page->slab_inuse > 0) {
		page_give(page, kva, units);
		if (was_full)
			list_add(&page->lru, &list->pages);
		spin_unlock_irqrestore(&slob_lock, flags);
		return;
	}
	if (!was_full)
		list_del(&page->lru);
	list->nr_pages--;
	spin_unlock(&slob_lock);
	page->freelist = NULL;
	page->slab_cache = NULL;
	page_clear(page, PG_slab);
	pages_free(page, 0);
	irq_restore(flags);
}
