/* Caches of objects: whichever of the three allocators is linked. */

#include "core/atomic.h"
#include "core/cpu.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/slab/debug.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "sched/wait.h"

#define NR_WORKERS 4
#define NR_RING	   64

static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static atomic_t nr_done;
static struct kmem_cache *cache;

static void
run_workers(void (*fn)(void *arg))
{
	atomic_set(&nr_done, 0);
	for (long i = 0; i < NR_WORKERS; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("worker", fn, (void *)i)));
	wait_event(&done_wq, atomic_read(&nr_done) == NR_WORKERS);
}

static void
worker_done(void)
{
	atomic_inc(&nr_done);
	wake_up_all(&done_wq);
}

/* Objects that one worker leaves for whoever comes next. */
static void *ring[NR_RING];

static void
exchange_worker(void *arg)
{
	u64 id = (u64)arg;

	for (u64 i = 0; i < 3000; i++) {
		u64 *object = kmem_cache_alloc(cache, GFP_KERNEL), *theirs;

		if (!object)
			break;
		object[0] = object[9] = id << 32 | i;
		theirs = __atomic_exchange_n(&ring[(i * 7 + id) % NR_RING], object,
					     __ATOMIC_ACQ_REL);
		if (theirs) {
			KTEST_CHECK(theirs[0] == theirs[9]);
			kmem_cache_free(cache, theirs);
		}
		if (i % 64 == 0)
			sched_yield();
	}
	worker_done();
}

KTEST(slab_objects_freed_on_other_harts)
{
	struct slab_stats stats;
	u64 nr_left = 0;

	cache = kmem_cache_create("ktest", 80, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	run_workers(exchange_worker);
	for (int i = 0; i < NR_RING; i++)
		nr_left += ring[i] != NULL;
	kasan_quarantine_drain();
	kmem_cache_stats(cache, &stats);
	KTEST_CHECK(stats.nr_active == nr_left);
	cache_check(cache);
	for (int i = 0; i < NR_RING; i++) {
		if (ring[i])
			kmem_cache_free(cache, ring[i]);
		ring[i] = NULL;
	}
	cache_check(cache);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

KTEST(slab_bulk)
{
	enum { NR = 100 };
	static void *objects[NR];

	cache = kmem_cache_create("ktest", 120, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	for (int round = 0; round < 10; round++) {
		KTEST_REQUIRE(kmem_cache_alloc_bulk(cache, GFP_KERNEL | GFP_ZERO, NR, objects));
		for (int i = 0; i < NR; i++) {
			KTEST_CHECK(!memchr_inv(objects[i], 0, 120));
			memset(objects[i], i + 1, 120);
		}
		for (int i = 0; i < NR; i++)
			KTEST_CHECK(!memchr_inv(objects[i], i + 1, 120));
		kmem_cache_free_bulk(cache, NR, objects);
		cache_check(cache);
	}
	KTEST_CHECK(kmem_cache_destroy(cache));
}

static bool
devices_reach(const void *object)
{
	return kva_to_page((void *)object)->zone <= gfp_highest_zone(GFP_DMA);
}

/* Each object is where devices reach, whatever the hart has at hand; without ZONE_DMA that is ZONE_NORMAL. */
KTEST(slab_dma)
{
	enum { NR = 40, BYTES = 96 };
	static void *objects[NR];
	void *large = kmalloc(2 * PAGE_SIZE, GFP_KERNEL | GFP_DMA);

	cache = kmem_cache_create("dma_test", BYTES, 8, 0, NULL);
	KTEST_REQUIRE(cache && large);
	KTEST_CHECK(devices_reach(large));
	kfree(large);
	KTEST_REQUIRE(kmem_cache_alloc_bulk(cache, GFP_KERNEL, NR, objects));
	kmem_cache_free_bulk(cache, NR, objects);
	KTEST_REQUIRE(kmem_cache_alloc_bulk(cache, GFP_KERNEL | GFP_DMA, NR, objects));
	for (unsigned i = 0; i < NR; i++)
		KTEST_CHECK(devices_reach(objects[i]));
	kmem_cache_free_bulk(cache, NR, objects);
	for (unsigned i = 0; i < NR; i++) {
		objects[i] = kmalloc(BYTES, GFP_KERNEL | GFP_DMA);
		KTEST_CHECK(objects[i] && devices_reach(objects[i]));
	}
	for (unsigned i = 0; i < NR; i++)
		kfree(objects[i]);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

KTEST(slab_alignment)
{
	for (size_t align = 8; align <= PAGE_SIZE; align *= 2) {
		void *objects[8];

		cache = kmem_cache_create("ktest", 20, align, 0, NULL);
		KTEST_REQUIRE(cache);
		for (unsigned i = 0; i < ARRAY_SIZE(objects); i++) {
			objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
			KTEST_CHECK(objects[i] && IS_ALIGNED((u64)objects[i], align));
		}
		kmem_cache_free_bulk(cache, ARRAY_SIZE(objects), objects);
		KTEST_CHECK(kmem_cache_destroy(cache));
	}
	for (size_t size = 8; size <= PAGE_SIZE; size *= 2) {
		void *object = kmalloc(size, GFP_KERNEL);

		KTEST_CHECK(object && IS_ALIGNED((u64)object, size));
		kfree(object);
	}
}

/* Each worker leaves slabs and magazines behind on whichever hart it was. */
static void
burst_worker(void *arg)
{
	enum { NR = 200 };
	void *objects[NR];

	(void)arg;
	if (kmem_cache_alloc_bulk(cache, GFP_KERNEL, NR, objects))
		kmem_cache_free_bulk(cache, NR, objects);
	worker_done();
}

KTEST(slab_shrink_gives_pages_back)
{
	struct slab_stats stats;

	cache = kmem_cache_create("ktest", 200, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	run_workers(burst_worker);
	kasan_quarantine_drain();
	/* Other harts give theirs when they have taken the interrupt. */
	for (int i = 0; i < 100; i++) {
		kmem_cache_shrink(cache);
		kmem_cache_stats(cache, &stats);
		if (stats.nr_slabs == 0)
			break;
		task_sleep_ns(1000 * 1000, false);
	}
	KTEST_CHECK(stats.nr_slabs == 0);
	cache_check(cache);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

/* Slabs without objects; 0 with slob, which gives a page back with its last object. */
static u64
slabs_left_behind(void)
{
	struct slab_stats stats;

	run_workers(burst_worker);
	kasan_quarantine_drain();
	kmem_cache_stats(cache, &stats);
	return stats.nr_slabs;
}

/* Nobody asks for it but a lack of memory. => pages that could be had; more than one round frees them */
static u64
memory_take_all(struct list_head *taken)
{
	gfp_t gfp = GFP_KERNEL | GFP_BIT_HIGHMEM | GFP_NORETRY | GFP_NOWARN;
	struct page *page;
	u64 nr = 0;

	while ((page = page_alloc(gfp))) {
		list_add(&page->lru, taken);
		nr++;
	}
	return nr;
}

KTEST(slab_gives_pages_back_under_pressure)
{
	bool is_slob = strcmp(slab_name, "slob") == 0;
	struct page *page, *next;
	struct slab_stats stats;
	LIST_HEAD(taken);
	u64 nr_kept;

	cache = kmem_cache_create("ktest", 200, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	nr_kept = slabs_left_behind();
	KTEST_CHECK(is_slob ? nr_kept == 0 : nr_kept > 0);
	KTEST_CHECK(memory_take_all(&taken) > 0);
	/* Other harts give theirs after an interrupt; what they give is freed when memory is next wanted. */
	for (int i = 0; i < 100; i++) {
		memory_take_all(&taken);
		kmem_cache_stats(cache, &stats);
		if (stats.nr_slabs == 0)
			break;
		task_sleep_ns(1000 * 1000, false);
	}
	KTEST_CHECK(stats.nr_slabs == 0);
	list_for_each_entry_safe(page, next, &taken, lru) {
		list_del(&page->lru);
		page_put(page);
	}
	cache_check(cache);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

KTEST(slab_realloc_and_calloc)
{
	char *text = kstrdup("twelve bytes", GFP_KERNEL);
	u64 *words = kcalloc(30, sizeof(u64), GFP_KERNEL);

	KTEST_REQUIRE(text && words);
	for (size_t size = 20; size <= 20000; size *= 3) {
		text = krealloc(text, size, GFP_KERNEL);
		KTEST_REQUIRE(text);
		KTEST_CHECK(ksize(text) >= size && strcmp(text, "twelve bytes") == 0);
	}
	KTEST_CHECK(!memchr_inv(words, 0, 30 * sizeof(u64)));
	KTEST_CHECK(!kcalloc(1UL << 33, 1UL << 33, GFP_KERNEL));
	kfree(words);
	KTEST_CHECK(!krealloc(text, 0, GFP_KERNEL));
}

/* All that ksize() tells may be used; the next size keeps what was there. */
static u8 *
realloc_checked(u8 *object, size_t old_bytes, size_t bytes)
{
	object = krealloc(object, bytes, GFP_KERNEL);
	KTEST_CHECK(object && ksize(object) >= bytes);
	if (!object)
		return NULL;
	KTEST_CHECK(!memchr_inv(object, 0x3c, MIN(old_bytes, bytes)));
	memset(object, 0x3c, ksize(object));
	return object;
}

KTEST(slab_realloc_edges)
{
	static const size_t sizes[] = {1,    8,	   9,	 64,   63,    96,    97,    4096, 4097,
				       8192, 8193, 8185, 5000, 16384, 20000, 20481, 1};
	u8 *object = NULL, *same;
	size_t old_bytes = 0;

	KTEST_CHECK(!krealloc(NULL, 0, GFP_KERNEL));
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		object = realloc_checked(object, old_bytes, sizes[i]);
		if (!object)
			return;
		old_bytes = ksize(object);
	}
	same = krealloc(object, old_bytes, GFP_KERNEL);
	KTEST_CHECK(same == object);
	/* No memory: the old one stays. */
	KTEST_CHECK(!krealloc(same, (size_t)PAGE_SIZE << (MAX_ORDER + 1), GFP_KERNEL));
	KTEST_CHECK(!memchr_inv(same, 0x3c, old_bytes));
	KTEST_CHECK(!krealloc(same, 0, GFP_KERNEL));
}

KTEST(slab_destroy_waits_for_objects)
{
	u64 *object;

	cache = kmem_cache_create("ktest", 72, 0, 0, NULL);
	KTEST_REQUIRE(cache);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	KTEST_REQUIRE(object);
	*object = 7;
	KTEST_CHECK(!kmem_cache_destroy(cache));
	KTEST_CHECK(*object == 7);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	cache_check(cache);
	kmem_cache_free(cache, object);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

/* What was allocated and not written yet can be told from what was, the first time and again. */
KTEST(slab_poisons_fresh_objects)
{
	enum { BYTES = 56 };

	cache = kmem_cache_create("ktest", BYTES, 0, SLAB_POISON, NULL);
	KTEST_REQUIRE(cache);
	for (int round = 0; round < 2; round++) {
		u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

		KTEST_REQUIRE(object);
		KTEST_CHECK(!memchr_inv(object, POISON_FRESH, BYTES - 1));
		KTEST_CHECK(object[BYTES - 1] == POISON_END);
		memset(object, 0, BYTES);
		kmem_cache_free(cache, object);
	}
	KTEST_CHECK(kmem_cache_destroy(cache));
}

/* The lines by which the first object of a slab is shifted, a bit for each number seen. */
static u64
colours_of(void *const *objects, size_t nr, const struct slab_stats *stats)
{
	u64 slab_bytes = (u64)stats->pages_per_slab * PAGE_SIZE, seen = 0;

	for (size_t i = 0; i < nr; i++)
		seen |= 1UL << ((u64)objects[i] % slab_bytes % stats->slot_size / 64);
	return seen;
}

/* 6 colours fit beside 11 objects of 704 bytes, and the descriptor, in 8 KiB; consecutive slabs have others. */
KTEST(slab_colours_alternate)
{
	enum { NR_SLABS = 4, NR_MAX = 16 * NR_SLABS };
	void *objects[NR_MAX];
	struct slab_stats stats;
	size_t nr;

	KTEST_NEEDS(strcmp(slab_name, "slab") == 0);
	cache = kmem_cache_create("ktest", 704, 0, SLAB_NO_DEBUG, NULL);
	KTEST_REQUIRE(cache);
	kmem_cache_stats(cache, &stats);
	nr = (size_t)NR_SLABS * stats.objects_per_slab;
	KTEST_REQUIRE(nr <= NR_MAX && kmem_cache_alloc_bulk(cache, GFP_KERNEL, nr, objects));
	KTEST_CHECK(__builtin_popcountl(colours_of(objects, nr, &stats)) >= NR_SLABS);
	kmem_cache_free_bulk(cache, nr, objects);
	KTEST_CHECK(kmem_cache_destroy(cache));
}

KTEST(slab_walks_clean)
{
	slab_check_all();
}
