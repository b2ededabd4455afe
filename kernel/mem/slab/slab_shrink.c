/* The slab allocator: giving pages back, the end of a cache, numbers and checks. */

#include "core/atomic.h"
#include "mem/slab/ipi.h"
#include "mem/slab/slab.h"

u64
kmem_cache_shrink(struct kmem_cache *common)
{
	struct slab_cache *cache = slab_cache_of(common);
	u64 flags = irq_save();

	slab_cpu_flush(cache, &cache->cpu[cpu_id()]);
	slab_depot_flush(cache);
	for (u32 i = 0; i < nr_cpus; i++) {
		if (i == cpu_id() || READ_ONCE(cache->cpu[i].loaded) == &no_magazine)
			continue;
		__atomic_store_n(&cache->cpu[i].flush_requested, 1, __ATOMIC_RELEASE);
		slab_ipi_request(i);
	}
	irq_restore(flags);
	return slab_reap(cache);
}

void
cache_ipi(struct kmem_cache *common)
{
	struct slab_cache *cache = slab_cache_of(common);
	struct slab_cpu *cpu = &cache->cpu[cpu_id()];

	if (!__atomic_exchange_n(&cpu->flush_requested, 0, __ATOMIC_ACQUIRE))
		return;
	slab_cpu_flush(cache, cpu);
	slab_reap(cache);
}

bool
cache_teardown(struct kmem_cache *common)
{
	struct slab_cache *cache = slab_cache_of(common);
	u64 flags = irq_save();

	for (u32 i = 0; i < NR_CPUS; i++)
		slab_cpu_flush(cache, &cache->cpu[i]);
	slab_depot_flush(cache);
	irq_restore(flags);
	slab_reap(cache);
	return cache->nr_slabs == 0;
}

/* => lock held, so that no magazine leaves the cache meanwhile */
static u64
nr_in_magazines(const struct slab_cache *cache)
{
	u64 nr = (u64)cache->nr_depot_full * cache->magazine_size;

	for (u32 i = 0; i < NR_CPUS; i++) {
		const struct magazine *loaded = READ_ONCE(cache->cpu[i].loaded);
		const struct magazine *previous = READ_ONCE(cache->cpu[i].previous);

		nr += READ_ONCE(loaded->nr);
		if (previous != loaded)
			nr += READ_ONCE(previous->nr);
	}
	return nr;
}

void
cache_stats(struct kmem_cache *common, struct slab_stats *stats)
{
	struct slab_cache *cache = slab_cache_of(common);
	u64 flags = spin_lock_irqsave(&cache->lock);
	u64 nr_free = cache->nr_free + nr_in_magazines(cache);

	stats->nr_slabs = cache->nr_slabs;
	stats->nr_active_slabs = cache->nr_slabs - cache->nr_empty;
	stats->nr_objects = cache->nr_slabs * common->objects_per_slab;
	stats->nr_active = stats->nr_objects - MIN(nr_free, stats->nr_objects);
	stats->nr_lock_acquired = cache->nr_lock_acquired;
	stats->limit = cache->magazine_size;
	stats->batch = cache->magazine_size / 2;
	stats->nr_shared = cache->nr_depot_full;
	spin_unlock_irqrestore(&cache->lock, flags);
}

/* Objects in magazines keep slabs that nobody uses, about as many as they would fill. */
static void
add_empty_pages(struct kmem_cache *common, void *arg)
{
	struct slab_cache *cache = slab_cache_of(common);
	u64 flags = spin_lock_irqsave(&cache->lock), *nr_pages = arg;
	u64 nr_kept = DIV_ROUND_UP(nr_in_magazines(cache), common->objects_per_slab);

	*nr_pages += (cache->nr_empty + MIN(nr_kept, cache->nr_slabs - cache->nr_empty))
		     << common->order;
	spin_unlock_irqrestore(&cache->lock, flags);
}

u64
slab_nr_empty_pages(void)
{
	u64 nr_pages = 0;

	cache_for_each(add_empty_pages, &nr_pages);
	return nr_pages;
}

struct kmem_cache *
cache_find(const void *kva, void **slot)
{
	struct page *page = object_page(kva);
	struct kmem_cache *cache = page->slab_cache;
	const struct slab *slab = page->freelist;
	u64 index;

	if (!page_test(page, PG_slab) || (const char *)kva < slab->first)
		return NULL;
	index = ((const char *)kva - slab->first) / cache->slot_size;
	*slot = slab->first + index * cache->slot_size;
	return index < cache->objects_per_slab ? cache : NULL;
}

void
cache_check_slot(struct kmem_cache *cache, const void *slot)
{
	const struct page *page = object_page(slot);
	const struct slab *slab = page->freelist;

	if (unlikely(!page_test(page, PG_slab) || page->slab_cache != cache))
		cache_bad_free(cache, slot, "it did not come from there");
	if (unlikely(((const char *)slot - slab->first) % cache->slot_size != 0))
		cache_bad_free(cache, slot, "it is within an object, not one");
}

/* => free objects */
static u64
slab_check(const struct slab_cache *cache, const struct slab *slab)
{
	u32 nr_objects = cache->common.objects_per_slab, nr_free = 0;

	for (u32 i = slab->free; i != SLAB_END; i = slab->next[i]) {
		assert(i < nr_objects);
		assert(++nr_free <= nr_objects);
	}
	assert(slab->nr_inuse + nr_free == nr_objects);
	assert(slab->page->slab_inuse == slab->nr_inuse);
	assert(slab->page->freelist == slab && slab->page->slab_cache == &cache->common);
	assert(page_test(slab->page, PG_slab));
	assert(((u64)slab->first - (u64)page_to_kva(slab->page)) % cache->colour_unit == 0);
	return nr_free;
}

/* => free objects; *nr grows by the slabs */
static u64
list_check(const struct slab_cache *cache, const struct list_head *list, u32 min, u32 max, u64 *nr)
{
	const struct slab *slab;
	u64 nr_free = 0;

	list_for_each_entry(slab, list, link) {
		assert(slab->nr_inuse >= min && slab->nr_inuse <= max);
		nr_free += slab_check(cache, slab);
		(*nr)++;
	}
	return nr_free;
}

static void
magazine_check(const struct slab_cache *cache, const struct magazine *magazine, bool whole)
{
	assert(magazine->nr <= magazine->size);
	assert(!whole || magazine->nr == 0 || magazine->nr == magazine->size);
	for (u32 i = 0; i < magazine->nr; i++) {
		const struct page *page = object_page(magazine->objects[i]);
		const struct slab *slab = page->freelist;
		u64 offset = (const char *)magazine->objects[i] - slab->first;

		assert(page_test(page, PG_slab) && page->slab_cache == &cache->common);
		assert(offset % cache->common.slot_size == 0);
		assert(offset / cache->common.slot_size < cache->common.objects_per_slab);
	}
}

static void
depot_check(const struct slab_cache *cache)
{
	const struct magazine *magazine;
	u32 nr_full = 0, nr_empty = 0;

	for (magazine = cache->depot_full; magazine; magazine = magazine->next, nr_full++) {
		assert(magazine->nr == cache->magazine_size);
		magazine_check(cache, magazine, true);
	}
	for (magazine = cache->depot_empty; magazine; magazine = magazine->next, nr_empty++)
		assert(magazine->nr == 0 && magazine->size == cache->magazine_size);
	assert(nr_full == cache->nr_depot_full && nr_empty == cache->nr_depot_empty);
}

void
cache_check(struct kmem_cache *common)
{
	struct slab_cache *cache = slab_cache_of(common);
	u64 flags = spin_lock_irqsave(&cache->lock);
	u32 nr_objects = common->objects_per_slab;
	u64 nr_empty = 0, nr_slabs = 0, nr_free;

	nr_free = list_check(cache, &cache->empty, 0, 0, &nr_empty);
	nr_free += list_check(cache, &cache->partial, 1, nr_objects - 1, &nr_slabs);
	nr_free += list_check(cache, &cache->full, nr_objects, nr_objects, &nr_slabs);
	assert(nr_empty == cache->nr_empty && nr_slabs + nr_empty == cache->nr_slabs);
	assert(nr_free == cache->nr_free);
	for (u32 i = 0; i < NR_CPUS; i++) {
		magazine_check(cache, cache->cpu[i].loaded, false);
		magazine_check(cache, cache->cpu[i].previous, true);
	}
	depot_check(cache);
	spin_unlock_irqrestore(&cache->lock, flags);
}

/* The page of an object tells all. */
const u32 kmalloc_owner_bytes = 0;

size_t
ksize(const void *object)
{
	return ksize_by_page(object);
}
