/* Frames, caches of objects, virtual areas. */

#include "core/cpu.h"
#include "ktest/ktest.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "mem/vmstat.h"
#include "mem/zone.h"

KTEST(page_alloc_is_aligned_and_owned)
{
	for (unsigned order = 0; order <= MAX_ORDER; order++) {
		struct page *page = pages_alloc(GFP_KERNEL, order);

		KTEST_REQUIRE(page);
		KTEST_CHECK((page_to_pfn(page) & ((1UL << order) - 1)) == 0);
		KTEST_CHECK(page_refcount(page) == 1);
		pages_free(page, order);
	}
}

KTEST(page_alloc_gives_back_all)
{
	u64 before = nr_free_pages();
	struct list_head taken;
	struct page *page, *next;
	u64 nr = 0;

	list_init(&taken);
	while ((page = pages_alloc(GFP_NOWAIT | GFP_BIT_HIGHMEM | GFP_NOWARN, 0))) {
		list_add(&page->lru, &taken);
		nr++;
	}
	KTEST_CHECK(nr > before / 2);
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		page_put(page);
	}
	KTEST_CHECK(nr_free_pages() + 64 >= before);
}

KTEST(page_alloc_zeroes)
{
	for (int round = 0; round < 2; round++) {
		u8 *kva = page_alloc_kva(GFP_KERNEL | GFP_ZERO);

		KTEST_REQUIRE(kva);
		KTEST_CHECK(!memchr_inv(kva, 0, PAGE_SIZE));
		memset(kva, 0xa5, PAGE_SIZE);
		page_free_kva(kva);
	}
}

KTEST(slab_objects_do_not_overlap)
{
	struct kmem_cache *cache = kmem_cache_create("ktest", 72, 0, 0, NULL);
	enum { NR = 500 };
	static u8 *objects[NR];

	KTEST_REQUIRE(cache);
	for (int i = 0; i < NR; i++) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		KTEST_REQUIRE(objects[i]);
		memset(objects[i], i, 72);
	}
	for (int i = 0; i < NR; i += 2)
		kmem_cache_free(cache, objects[i]);
	for (int i = 0; i < NR; i += 2) {
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		KTEST_REQUIRE(objects[i]);
		memset(objects[i], i, 72);
	}
	for (int i = 0; i < NR; i++)
		KTEST_CHECK(!memchr_inv(objects[i], i, 72));
	KTEST_CHECK(!kmem_cache_destroy(cache));
	for (int i = 0; i < NR; i++)
		kmem_cache_free(cache, objects[i]);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

static void
construct(void *object)
{
	memset(object, 0x77, 40);
}

KTEST(slab_constructs_once)
{
	struct kmem_cache *cache = kmem_cache_create("ktest", 40, 0, 0, construct);
	u8 *object;

	KTEST_REQUIRE(cache);
	for (int i = 0; i < 300; i++) {
		object = kmem_cache_alloc(cache, GFP_KERNEL);
		KTEST_REQUIRE(object);
		KTEST_CHECK(!memchr_inv(object, 0x77, 40));
		kmem_cache_free(cache, object);
	}
	KTEST_CHECK(kmem_cache_destroy(cache));
}

KTEST(slab_empty_slabs_go_back)
{
	struct kmem_cache *cache = kmem_cache_create("ktest", 1000, 0, 0, NULL);
	enum { NR = 400 };
	static void *objects[NR];
	u64 before = nr_free_pages();

	KTEST_REQUIRE(cache);
	for (int i = 0; i < NR; i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	KTEST_CHECK(nr_free_pages() + 64 < before);
	for (int i = 0; i < NR; i++)
		kmem_cache_free(cache, objects[i]);
	KTEST_CHECK(kmem_cache_destroy(cache));
	KTEST_CHECK(nr_free_pages() + 64 >= before);
}

KTEST(kmalloc_every_size)
{
	for (size_t size = 1; size <= 70000; size += size < 300 ? 1 : size / 3) {
		u8 *object = kmalloc(size, GFP_KERNEL);

		KTEST_REQUIRE(object);
		KTEST_CHECK(ksize(object) >= size);
		KTEST_CHECK(((u64)object & 7) == 0);
		memset(object, 0x5a, size);
		object = krealloc(object, size * 2, GFP_KERNEL);
		KTEST_REQUIRE(object);
		KTEST_CHECK(!memchr_inv(object, 0x5a, size));
		kfree(object);
	}
	KTEST_CHECK(!kmalloc(1UL << 40, GFP_KERNEL));
}

KTEST(vmalloc_maps_and_unmaps)
{
	enum { BYTES = 5 * PAGE_SIZE + 1 };
	u64 pages;
	char *area;
	int level;

	vmalloc_purge();
	pages = vmalloc_nr_pages();
	area = vmalloc(BYTES, GFP_KERNEL | GFP_ZERO);
	KTEST_REQUIRE(area);
	KTEST_CHECK(!memchr_inv(area, 0, BYTES));
	memset(area, 1, BYTES);
	KTEST_CHECK(pte_is_none(kernel_lookup((u64)area + 6 * PAGE_SIZE, &level)));
	vfree(area);
	KTEST_CHECK(pte_is_none(kernel_lookup((u64)area, &level)));
	vmalloc_purge();
	KTEST_CHECK(vmalloc_nr_pages() == pages);
}

/* Low memory is for those who need it: an area takes high memory while there is plenty. */
/* More than there is fails at once, without a look for memory. */
KTEST(vmalloc_of_more_than_memory)
{
	u64 nr_looked = vmstat_get(PGSCAN_DIRECT), nr_runs = vmstat_get(PAGEOUTRUN);

	KTEST_CHECK(!vmalloc((nr_total_pages() + 1) * PAGE_SIZE, GFP_KERNEL));
	KTEST_CHECK(vmstat_get(PGSCAN_DIRECT) == nr_looked && vmstat_get(PAGEOUTRUN) == nr_runs);
}

KTEST(vmalloc_takes_high_memory)
{
	const struct zone *high = &zones[ZONE_HIGHMEM];
	void *area, *low;
	int level;

	KTEST_NEEDS(high->nr_managed && zone_nr_free_all(high) >= 2 * high->watermark_high);
	area = vmalloc(PAGE_SIZE, GFP_KERNEL);
	low = vmalloc(PAGE_SIZE, GFP_KERNEL | GFP_DMA);
	KTEST_CHECK(area &&
		    pa_to_page(pte_pa(kernel_lookup((u64)area, &level)))->zone == ZONE_HIGHMEM);
	KTEST_CHECK(low &&
		    pa_to_page(pte_pa(kernel_lookup((u64)low, &level)))->zone != ZONE_HIGHMEM);
	vfree(area);
	vfree(low);
}

/* Nothing is mapped behind an area, though the next one begins right after the guard. */
KTEST(vmalloc_areas_have_a_guard_between)
{
	enum { NR = 16 };
	void *areas[NR];
	unsigned nr_neighbours = 0;
	int level;

	for (unsigned i = 0; i < NR; i++) {
		areas[i] = vmalloc(PAGE_SIZE, GFP_KERNEL);
		KTEST_REQUIRE(areas[i]);
	}
	for (unsigned i = 0; i < NR; i++) {
		u64 guard = (u64)areas[i] + PAGE_SIZE;

		KTEST_CHECK(pte_is_none(kernel_lookup(guard, &level)));
		nr_neighbours += !pte_is_none(kernel_lookup(guard + PAGE_SIZE, &level));
	}
	KTEST_CHECK(nr_neighbours > 0);
	for (unsigned i = 0; i < NR; i++)
		vfree(areas[i]);
}

/* One flush serves many areas; until then nobody else gets the addresses. In a debug build each has one. */
KTEST(vmalloc_flushes_are_few)
{
	enum { NR = 32 };
	u64 purges, areas_per_purge = nr_total_pages() / 1000 / 2;
	void *freed[NR];
	bool again = false;

	vmalloc_purge();
	purges = vmalloc_nr_purges();
	for (unsigned i = 0; i < NR; i++) {
		freed[i] = vmalloc(1, GFP_KERNEL);
		KTEST_REQUIRE(freed[i]);
		for (unsigned j = 0; j < i; j++)
			again |= freed[i] == freed[j];
		vfree(freed[i]);
	}
	purges = vmalloc_nr_purges() - purges;
#ifdef DEBUG
	KTEST_CHECK(areas_per_purge > 0 && purges == NR);
#else
	KTEST_CHECK(purges <= NR / areas_per_purge + 1);
	KTEST_CHECK(purges > 0 || !again);
	vmalloc_purge();
	purges = vmalloc_nr_purges();
	vmalloc_purge();
	KTEST_CHECK(vmalloc_nr_purges() == purges);
#endif
}

static bool
table_has_wx(const pte_t *table, int level, int first)
{
	for (int i = first; i < PTES_PER_TABLE; i++) {
		pte_t pte = table[i];

		if (!pte_present(pte))
			continue;
		if (!pte_is_leaf(pte)) {
			if (table_has_wx(pa_to_kva(pte_pa(pte)), level - 1, 0))
				return true;
		} else if ((pte.bits & (PTE_W | PTE_X)) == (PTE_W | PTE_X) || pte.bits & PTE_U) {
			return true;
		}
	}
	return false;
}

KTEST(paging_no_page_is_writable_and_executable)
{
	KTEST_CHECK(!table_has_wx(kernel_pgtable.root, 2, PTES_PER_TABLE / 2));
}
