/* SLUB: giving pages back, the end of a cache, numbers and checks. None of it is fast. */

#include "core/atomic.h"
#include "mem/slab/ipi.h"
#include "mem/slab/slub.h"

/* => interrupts off; pages freed */
static u64
free_empty_slabs(struct slub_cache *cache)
{
	struct page *page, *next;
	struct list_head empty;
	u64 nr_pages = 0;

	list_init(&empty);
	slub_lock(cache);
	for (int i = 0; i < NR_ZONES; i++) {
		list_for_each_entry_safe(page, next, &cache->partial[i].slabs, lru) {
			if (page->slab_inuse)
				continue;
			slub_partial_del_locked(cache, page);
			slub_slab_leave_locked(cache);
			list_add(&page->lru, &empty);
		}
	}
	spin_unlock(&cache->lock);
	list_for_each_entry_safe(page, next, &empty, lru) {
		list_del(&page->lru);
		slub_slab_destroy(cache, page);
		nr_pages += 1UL << cache->common.order;
	}
	return nr_pages;
}

u64
kmem_cache_shrink(struct kmem_cache *common)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 flags = irq_save();
	u64 nr_pages;

	slub_cpu_flush(cache, &cache->cpu[cpu_id()]);
	nr_pages = free_empty_slabs(cache);
	for (u32 i = 0; i < nr_cpus; i++) {
		if (i == cpu_id() || !READ_ONCE(cache->cpu[i].slab))
			continue;
		__atomic_store_n(&cache->cpu[i].flush_requested, 1, __ATOMIC_RELEASE);
		slab_ipi_request(i);
	}
	irq_restore(flags);
	return nr_pages;
}

void
cache_ipi(struct kmem_cache *common)
{
	struct slub_cache *cache = slub_cache_of(common);
	struct slub_cpu *cpu = &cache->cpu[cpu_id()];

	if (!__atomic_exchange_n(&cpu->flush_requested, 0, __ATOMIC_ACQUIRE))
		return;
	slub_cpu_flush(cache, cpu);
	free_empty_slabs(cache);
}

bool
cache_teardown(struct kmem_cache *common)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 flags = irq_save();

	for (u32 i = 0; i < NR_CPUS; i++)
		slub_cpu_flush(cache, &cache->cpu[i]);
	free_empty_slabs(cache);
	irq_restore(flags);
	return cache->nr_slabs == 0;
}

/* Free objects of a hart's own list. Another hart may change it: whatever is read stays in the slab. */
static u64
cpu_nr_free(const struct slub_cache *cache, const struct slub_cpu *cpu)
{
	u64 base = READ_ONCE(cpu->slab_base), bytes = PAGE_SIZE << cache->common.order;
	void *object = READ_ONCE(cpu->freelist);
	u64 nr = 0;

	while (object && nr < cache->common.objects_per_slab) {
		if ((u64)object - base > bytes - cache->common.slot_size)
			break;
		nr++;
		object = READ_ONCE(*slub_link(cache, object));
	}
	return nr;
}

void
cache_stats(struct kmem_cache *common, struct slab_stats *stats)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 flags = spin_lock_irqsave(&cache->lock);
	u64 nr_free = cache->nr_listed;

	for (u32 i = 0; i < NR_CPUS; i++)
		nr_free += cpu_nr_free(cache, &cache->cpu[i]);
	stats->nr_slabs = cache->nr_slabs;
	stats->nr_active_slabs = cache->nr_slabs - cache->nr_empty;
	stats->nr_objects = cache->nr_slabs * common->objects_per_slab;
	stats->nr_active = stats->nr_objects - MIN(nr_free, stats->nr_objects);
	stats->nr_lock_acquired = cache->nr_lock_acquired;
	spin_unlock_irqrestore(&cache->lock, flags);
}

static void
add_empty_pages(struct kmem_cache *common, void *arg)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 *nr_pages = arg, nr_slabs = READ_ONCE(cache->nr_empty);

	for (u32 i = 0; i < nr_cpus; i++) {
		struct slub_cpu *cpu = &cache->cpu[i];

		nr_slabs +=
			READ_ONCE(cpu->slab) && cpu_nr_free(cache, cpu) == common->objects_per_slab;
	}
	*nr_pages += nr_slabs << common->order;
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
	u64 index;

	if (!page_test(page, PG_slab))
		return NULL;
	index = ((u64)kva - (u64)page_to_kva(page)) / cache->slot_size;
	*slot = (char *)page_to_kva(page) + index * cache->slot_size;
	return index < cache->objects_per_slab ? cache : NULL;
}

void
cache_check_slot(struct kmem_cache *cache, const void *slot)
{
	const struct page *page = object_page(slot);

	if (unlikely(!page_test(page, PG_slab) || page->slab_cache != cache))
		cache_bad_free(cache, slot, "it did not come from there");
	if (unlikely(((u64)slot - (u64)page_to_kva(page)) % cache->slot_size != 0))
		cache_bad_free(cache, slot, "it is within an object, not one");
}

/* Objects of a free list, each of which must be a slot of the slab. */
static u64
freelist_check(const struct slub_cache *cache, const struct page *page, void *object)
{
	u64 base = (u64)page_to_kva(page), nr = 0;

	for (; object; object = *slub_link(cache, object)) {
		u64 offset = (u64)object - base;

		assert(offset < (u64)cache->common.objects_per_slab * cache->common.slot_size);
		assert(offset % cache->common.slot_size == 0);
		assert(++nr <= cache->common.objects_per_slab);
	}
	return nr;
}

/* => free objects on its own list */
static u64
slab_check(const struct slub_cache *cache, const struct page *page)
{
	u64 nr_free = freelist_check(cache, page, page->freelist);
	bool owned = false;

	for (u32 i = 0; i < NR_CPUS; i++)
		owned |= cache->cpu[i].slab == page;
	assert(page->slab_inuse + nr_free == cache->common.objects_per_slab);
	assert(slub_is_frozen(page) == owned);
	assert(list_is_linked(&page->lru) == (!owned && nr_free > 0));
	return nr_free;
}

static void
partial_check(const struct slub_cache *cache)
{
	u64 nr_partial = 0, nr_empty = 0;
	struct page *page;

	for (int i = 0; i < NR_ZONES; i++) {
		u64 nr = 0;

		list_for_each_entry(page, &cache->partial[i].slabs, lru) {
			assert(page->zone == i && page->freelist);
			nr_empty += page->slab_inuse == 0;
			nr++;
		}
		assert(nr == cache->partial[i].nr_slabs);
		nr_partial += nr;
	}
	assert(nr_partial == cache->nr_partial && nr_empty == cache->nr_empty);
}

static void
cpu_check(const struct slub_cache *cache, const struct slub_cpu *cpu)
{
	if (!cpu->slab) {
		assert(!cpu->freelist && cpu->slab_base == SLUB_NO_SLAB);
		return;
	}
	assert(cpu->slab_base == (u64)page_to_kva(cpu->slab));
	assert(freelist_check(cache, cpu->slab, cpu->freelist) <= cpu->slab->slab_inuse);
}

void
cache_check(struct kmem_cache *common)
{
	struct slub_cache *cache = slub_cache_of(common);
	u64 flags = spin_lock_irqsave(&cache->lock);
	u64 nr_slabs = 0, nr_listed = 0;

	for (int i = 0; i < NR_ZONES; i++) {
		for (u64 pfn = zones[i].start_pfn; pfn < zones[i].end_pfn; pfn++) {
			struct page *page = pfn_to_online_page(pfn);

			if (!page || !page_test(page, PG_slab) || page_test(page, PG_tail) ||
			    page->slab_cache != common)
				continue;
			nr_slabs++;
			nr_listed += slab_check(cache, page);
		}
	}
	assert(nr_slabs == cache->nr_slabs && nr_listed == cache->nr_listed);
	partial_check(cache);
	for (u32 i = 0; i < NR_CPUS; i++)
		cpu_check(cache, &cache->cpu[i]);
	spin_unlock_irqrestore(&cache->lock, flags);
}

void INIT
kmalloc_init(void)
{
	kmalloc_classes_init();
}

/* The page of an object tells all. */
const u32 kmalloc_owner_bytes = 0;

size_t
ksize(const void *object)
{
	return ksize_by_page(object);
}
