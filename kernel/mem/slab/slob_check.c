/* SLOB: the end of a cache, numbers, checks, and freed objects that wait in debugged caches. */

#include "mem/slab/debug.h"
#include "mem/slab/slob.h"
#include "mem/zone.h"

/* Freed objects of debugged caches that stay whole. */
#define DELAYED 64

static struct delayed {
	struct kmem_cache *cache;
	void *slot;
} * delayed; /* a ring of DELAYED; slob_lock */
static u32 delayed_next;

void INIT
slob_delay_init(void)
{
	delayed = kmalloc(DELAYED * sizeof(*delayed), GFP_KERNEL | GFP_ZERO);
}

void *
slob_delay(struct kmem_cache **cache, void *slot)
{
	struct delayed fresh = {*cache, slot}, oldest;
	u64 flags = spin_lock_irqsave(&slob_lock);

	if (!delayed) {
		spin_unlock_irqrestore(&slob_lock, flags);
		return slot;
	}
	oldest = delayed[delayed_next];
	delayed[delayed_next] = fresh;
	delayed_next = (delayed_next + 1) % DELAYED;
	spin_unlock_irqrestore(&slob_lock, flags);
	*cache = oldest.cache;
	if (oldest.slot)
		debug_check_slot(oldest.cache, oldest.slot);
	return oldest.slot;
}

void
slob_delay_flush(void)
{
	for (u32 i = 0; delayed && i < DELAYED; i++) {
		struct kmem_cache *cache = NULL;
		void *slot = slob_delay(&cache, NULL);

		if (slot)
			slob_release(cache, slot);
	}
}

/* There is nothing to shrink: pages without objects are given back at once. */
u64
kmem_cache_shrink(struct kmem_cache *cache)
{
	if (cache->hooks & HOOK_DEBUG)
		slob_delay_flush();
	return 0;
}

u64
slab_nr_empty_pages(void)
{
	return 0;
}

void
cache_ipi(struct kmem_cache *cache)
{
	(void)cache;
}

bool
cache_teardown(struct kmem_cache *cache)
{
	if (cache->hooks & HOOK_DEBUG)
		slob_delay_flush();
	return slob_cache_of(cache)->nr_active == 0;
}

static void
list_stats(const struct slob_list *list, struct slab_stats *stats)
{
	stats->nr_slabs = stats->nr_active_slabs = list->nr_pages;
	stats->nr_active = list->nr_units;
	stats->nr_objects = list->nr_pages * PAGE_UNITS;
	stats->objects_per_slab = PAGE_UNITS;
}

void
cache_stats(struct kmem_cache *common, struct slab_stats *stats)
{
	const struct slob_cache *cache = slob_cache_of(common);
	u64 flags = spin_lock_irqsave(&slob_lock);

	stats->nr_active = stats->nr_objects = cache->nr_active;
	stats->nr_slabs = stats->nr_active_slabs = cache->nr_page_objects;
	stats->nr_lock_acquired = nr_slob_lock_acquired;
	for (unsigned i = 0; i < NR_SLOB_LISTS; i++)
		if (cache == &slob_lists[i].cache)
			list_stats(&slob_lists[i], stats);
	spin_unlock_irqrestore(&slob_lock, flags);
}

/* A page does not say where its objects begin. */
struct kmem_cache *
cache_find(const void *kva, void **slot)
{
	(void)kva;
	(void)slot;
	return NULL;
}

void
cache_check_slot(struct kmem_cache *cache, const void *slot)
{
	if (unlikely((u64)slot & (SLOB_UNIT - 1)))
		cache_bad_free(cache, slot, "it is within an object, not one");
	if (unlikely(cache->slot_size < PAGE_SIZE && !page_test(kva_to_page(slot), PG_slab)))
		cache_bad_free(cache, slot, "it did not come from there");
}

/* => units in use */
static u64
page_check(const struct page *page)
{
	const struct slob_block *start = page_to_kva(page), *block = page->freelist, *end = NULL;
	u64 nr_free = 0;

	while (block) {
		/* Neighbours would have been joined. */
		assert(end ? block > end : block >= start);
		assert(block->units > 0);
		end = block + block->units;
		assert(end <= start + PAGE_UNITS);
		nr_free += block->units;
		block = block->next ? start + block->next : NULL;
	}
	assert(page->slab_inuse > 0 && page->slab_inuse + nr_free == PAGE_UNITS);
	assert(list_is_linked(&page->lru) == (nr_free > 0));
	return page->slab_inuse;
}

/* All pages of a list, full ones, too. */
static void
list_check(const struct slob_list *list)
{
	u64 nr_pages = 0, nr_units = 0;
	const struct page *page;

	for (int i = 0; i < NR_ZONES; i++) {
		for (u64 pfn = zones[i].start_pfn; pfn < zones[i].end_pfn; pfn++) {
			page = pfn_to_online_page(pfn);
			if (!page || !page_test(page, PG_slab) ||
			    page->slab_cache != &list->cache.common)
				continue;
			nr_pages++;
			nr_units += page_check(page);
		}
	}
	assert(nr_pages == list->nr_pages && nr_units == list->nr_units);
	list_for_each_entry(page, &list->pages, lru)
		assert(page->slab_cache == &list->cache.common);
}

/* Whatever the cache: they share everything. */
void
cache_check(struct kmem_cache *cache)
{
	u64 flags = spin_lock_irqsave(&slob_lock);

	(void)cache;
	for (unsigned i = 0; i < NR_SLOB_LISTS; i++)
		list_check(&slob_lists[i]);
	spin_unlock_irqrestore(&slob_lock, flags);
}
