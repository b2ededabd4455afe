/*
 * Object caches and kmalloc, whichever of the three implementations is linked: random sizes, harts and
 * lifetimes; each live object holds a pattern of its own.
 */
#include "hosttest.h"
#include "lib/bitops.h"
#include "mem/env.h"
#include "mem/slab_env.h"
#include "mem/slab.h"

#include <stdlib.h>
#include <string.h>

#define START_PFN 0x80000
#define NR_PAGES  2048
#define MAX_LIVE  3000

struct live {
	u8 *object;
	size_t bytes;
	u8 pattern;
	struct kmem_cache *cache; /* NULL: from kmalloc */
};

static struct live live[MAX_LIVE];
static u32 nr_live;

static void
boot(void)
{
	env_zones_create(START_PFN, NR_PAGES, START_PFN + 128, START_PFN + NR_PAGES);
	slab_env_init();
	slab_init();
}

/* What nobody may have touched: the object but the bytes that a constructor owns. */
static void
check_pattern(const struct live *item, size_t from)
{
	for (size_t i = from; i < item->bytes; i++)
		CHECK_MSG(item->object[i] == item->pattern, "byte %zu of %zu", i, item->bytes);
}

static struct live *
live_add(void *object, size_t bytes, size_t from, struct kmem_cache *cache)
{
	struct live *item = &live[nr_live++];

	*item = (struct live){object, bytes, (u8)rnd(), cache};
	memset(item->object + from, item->pattern, bytes - from);
	return item;
}

static void
live_free(u32 which, size_t from)
{
	struct live item = live[which];

	check_pattern(&item, from);
	if (item.cache)
		kmem_cache_free(item.cache, item.object);
	else
		kfree(item.object);
	live[which] = live[--nr_live];
	env_check_idle();
}

static u64
slabs_of(const char *name, u64 *nr_active)
{
	struct slab_stats stats;

	for (unsigned n = 0; slab_stats_get(n, &stats); n++) {
		if (strcmp(stats.name, name) == 0) {
			*nr_active = stats.nr_active;
			return stats.nr_slabs;
		}
	}
	return 0;
}

static void
run_cache(size_t size, size_t align)
{
	struct kmem_cache *cache = kmem_cache_create("test", size, align, 0, NULL);
	u64 nr_active;

	CHECK(cache);
	for (int step = 0; step < 3000; step++) {
		env_set_cpu((u32)rnd_below(4));
		if (nr_live < MAX_LIVE &&
		    (nr_live == 0 || rnd_below(10) < (step / 500 % 2 ? 3 : 7))) {
			gfp_t gfp = rnd_one_in(4) ? GFP_ZERO : 0;
			u8 *object = kmem_cache_alloc(cache, gfp);

			env_check_idle();
			if (!object)
				continue;
			CHECK_EQ((u64)object % MAX(align, (size_t)8), 0);
			for (size_t i = 0; gfp && i < size; i++)
				CHECK_EQ(object[i], 0);
			live_add(object, size, 0, cache);
		} else {
			live_free((u32)rnd_below(nr_live), 0);
		}
		if (rnd_one_in(200))
			kmem_cache_shrink(cache);
		if (step % 100 == 0) {
			slabs_of("test", &nr_active);
			CHECK_EQ(nr_active, nr_live);
			cache_check(cache);
		}
	}
	CHECK(nr_live == 0 || !kmem_cache_destroy(cache));
	while (nr_live != 0)
		live_free((u32)rnd_below(nr_live), 0);
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		env_set_cpu(cpu);
		kmem_cache_shrink(cache);
	}
	CHECK_EQ(slabs_of("test", &nr_active), 0);
	CHECK_EQ(nr_active, 0);
	CHECK(kmem_cache_destroy(cache));
	CHECK_EQ(slabs_of("test", &nr_active), 0);
}

HOSTTEST(slab_cache_model)
{
	u64 before;

	boot();
	run_cache(64, 0);
	env_drain_all();
	before = nr_free_pages();
	for (int round = 0; round < 25; round++) {
		size_t align = rnd_one_in(2) ? 0 : BIT(3 + rnd_below(6));

		run_cache(1 + rnd_below(rnd_one_in(3) ? 3000 : 300), align);
	}
	/*
	 * No frame is lost, which would be one in each round at least: the caches that the allocator
	 * has for itself may keep a few slabs.
	 */
	CHECK_MSG(nr_free_pages() + 16 >= before, "%lu of %lu", nr_free_pages(), before);
	for (int i = 0; i < NR_ZONES; i++)
		zone_check(&zones[i]);
}

#define CTOR_BYTES 24
#define CTOR_MARK  0xc0

static unsigned nr_constructed;

static void
construct(void *object)
{
	memset(object, CTOR_MARK, CTOR_BYTES);
	nr_constructed++;
}

static void
run_constructed(size_t size)
{
	struct kmem_cache *cache = kmem_cache_create("constructed", size, 0, 0, construct);

	nr_constructed = 0;
	for (int step = 0; step < 4000; step++) {
		env_set_cpu((u32)rnd_below(3));
		if (nr_live < 400 && rnd_one_in(2)) {
			u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

			CHECK(object);
			for (int i = 0; i < CTOR_BYTES; i++)
				CHECK_EQ(object[i], CTOR_MARK);
			live_add(object, size, CTOR_BYTES, cache);
		} else if (nr_live != 0) {
			live_free((u32)rnd_below(nr_live), CTOR_BYTES);
		}
	}
	/* Once for each object of a slab, not once for each allocation; slob keeps nothing. */
	CHECK(strcmp(slab_name, "slob") == 0 || nr_constructed < 1500);
	while (nr_live != 0)
		live_free(0, CTOR_BYTES);
}

/* Objects come out constructed: at first, and again if they were freed in that state. */
HOSTTEST(slab_constructor)
{
	boot();
	for (size_t size = CTOR_BYTES + 1; size < 150; size += 1 + rnd_below(8))
		run_constructed(size);
	run_constructed(96);
}

static struct kmem_cache *interrupted;
static void *from_interrupt[20];
static unsigned nr_interrupts;

/* An interrupt handler takes and gives objects of the same cache, wherever it comes. */
static void
interrupt(void)
{
	unsigned which = (unsigned)rnd_below(ARRAY_SIZE(from_interrupt));
	void **slot = &from_interrupt[which];

	if (!rnd_one_in(3))
		return;
	nr_interrupts++;
	if (*slot) {
		CHECK_EQ(*(u8 *)*slot, which);
		kmem_cache_free(interrupted, *slot);
		*slot = NULL;
	} else {
		*slot = kmem_cache_alloc(interrupted, GFP_ATOMIC);
		CHECK(*slot);
		memset(*slot, (int)which, 700);
	}
}

HOSTTEST(slab_interrupts)
{
	u64 nr_active;

	boot();
	interrupted = kmem_cache_create("interrupted", 700, 0, 0, NULL);
	host_irq_handler = interrupt;
	for (int step = 0; step < 20000; step++) {
		env_set_cpu((u32)rnd_below(2));
		if (nr_live < 100 && (nr_live == 0 || rnd_one_in(2)))
			live_add(kmem_cache_alloc(interrupted, GFP_KERNEL), 700, 0, interrupted);
		else
			live_free((u32)rnd_below(nr_live), 0);
		if (rnd_one_in(50))
			kmem_cache_shrink(interrupted);
	}
	host_irq_handler = NULL;
	CHECK(nr_interrupts > 5000);
	for (unsigned i = 0; i < ARRAY_SIZE(from_interrupt); i++)
		if (from_interrupt[i])
			live_add(from_interrupt[i], 700, 0, interrupted);
	slabs_of("interrupted", &nr_active);
	CHECK_EQ(nr_active, nr_live);
	while (nr_live != 0)
		live_free(0, 0);
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++) {
		env_set_cpu(cpu);
		kmem_cache_shrink(interrupted);
	}
	CHECK(kmem_cache_destroy(interrupted));
}

HOSTTEST(slab_kmalloc_model)
{
	boot();
	for (int step = 0; step < 30000; step++) {
		env_set_cpu((u32)rnd_below(NR_CPUS));
		if (nr_live < 1000 && (nr_live == 0 || rnd_one_in(2))) {
			size_t size = rnd_below(rnd_one_in(20) ? 40000 : 1500) + 1;
			u8 *object = kmalloc(size, GFP_KERNEL);

			if (!object)
				continue;
			CHECK(ksize(object) >= size);
			CHECK_EQ((u64)object % MIN(size & -size, (size_t)PAGE_SIZE), 0);
			live_add(object, size, 0, NULL);
		} else if (rnd_one_in(8)) {
			struct live *item = &live[rnd_below(nr_live)];
			size_t size = rnd_below(3000) + 1;
			u8 *object = krealloc(item->object, size, GFP_KERNEL);

			if (!object)
				continue;
			item->object = object;
			item->bytes = MIN(item->bytes, size);
			check_pattern(item, 0);
		} else {
			live_free((u32)rnd_below(nr_live), 0);
		}
		env_check_idle();
	}
	while (nr_live != 0)
		live_free(0, 0);
	for (int i = 0; i < NR_ZONES; i++)
		zone_check(&zones[i]);
}

HOSTTEST(slab_kmalloc_edges)
{
	char *s;

	boot();
	kfree(NULL);
	CHECK(!kmalloc((size_t)PAGE_SIZE << (MAX_ORDER + 1), GFP_KERNEL | GFP_NOWARN));
	for (size_t size = 1; size <= 8192; size++) {
		u8 *object = kzalloc(size, GFP_KERNEL);

		CHECK(object && ksize(object) >= size);
		CHECK_EQ(object[0] | object[size - 1], 0);
		object[0] = object[size - 1] = 1;
		kfree(object);
	}
	s = kstrdup("some text", GFP_KERNEL);
	CHECK_STR(s, "some text");
	kfree(s);
	s = kstrndup("some text", 4, GFP_KERNEL);
	CHECK_STR(s, "some");
	kfree(s);
}

/* Out of memory is NULL, and what was there stays usable. */
HOSTTEST(slab_exhaustion)
{
	struct kmem_cache *cache;
	u32 most;

	boot();
	cache = kmem_cache_create("big", 4000, 0, 0, NULL);
	for (;;) {
		u8 *object = kmem_cache_alloc(cache, GFP_NOWAIT | GFP_NOWARN);

		if (!object)
			break;
		CHECK(nr_live < MAX_LIVE);
		live_add(object, 4000, 0, cache);
	}
	env_check_idle();
	most = nr_live;
	CHECK(most > NR_PAGES / 2);
	CHECK(!kmalloc(100000, GFP_NOWAIT | GFP_NOWARN));
	for (u32 i = 0; i < nr_live; i++)
		check_pattern(&live[i], 0);
	while (nr_live > most / 2)
		live_free(nr_live - 1, 0);
	CHECK(kmem_cache_alloc(cache, GFP_NOWAIT));
}

/* When memory ends in the middle of a bulk, what it had goes back, and the caller gets none. */
HOSTTEST(slab_bulk_is_all_or_none)
{
	void *objects[100];
	struct kmem_cache *cache;
	u64 nr_free, nr_active;

	boot();
	for (size_t size = 40; size < 4096; size *= 9) {
		cache = kmem_cache_create("bulk", size, 0, 0, NULL);
		while (nr_live < MAX_LIVE && nr_free_pages() > 600)
			live_add(kmalloc(PAGE_SIZE, GFP_NOWAIT), PAGE_SIZE, 0, NULL);
		nr_free = nr_free_pages();
		for (int i = 0; i < 10; i++) {
			size_t nr = 2 * nr_free * PAGE_SIZE / size;
			void **many = calloc(nr, sizeof(*many));

			CHECK(!kmem_cache_alloc_bulk(cache, GFP_NOWAIT | GFP_NOWARN, nr, many));
			free(many);
			env_check_idle();
			slabs_of("bulk", &nr_active);
			CHECK_EQ(nr_active, 0);
			cache_check(cache);
		}
		CHECK(kmem_cache_alloc_bulk(cache, GFP_NOWAIT, ARRAY_SIZE(objects), objects));
		kmem_cache_free_bulk(cache, ARRAY_SIZE(objects), objects);
		kmem_cache_shrink(cache);
		env_drain_all();
		CHECK_MSG(nr_free_pages() + 16 >= nr_free, "%lu of %lu", nr_free_pages(), nr_free);
		CHECK(kmem_cache_destroy(cache));
		while (nr_live != 0)
			live_free(nr_live - 1, 0);
	}
}

HOSTTEST(slab_misuse_panics)
{
	struct kmem_cache *a, *b;
	void *object;

	/* Without debugging slob does not know of which cache an object is. */
	if (strcmp(slab_name, "slob") == 0)
		env_slab_debug = "F";
	boot();
	a = kmem_cache_create("a", 64, 0, 0, NULL);
	b = kmem_cache_create("b", 64, 0, 0, NULL);
	object = kmem_cache_alloc(a, GFP_KERNEL);
	EXPECT_PANIC(kmem_cache_free(b, object));
	kmem_cache_free(a, object);
}

/* Whole pages: what lies within them was not given by kmalloc. */
HOSTTEST(slab_large_interior)
{
	u8 *object;

	boot();
	object = kmalloc(3 * KMALLOC_CLASS_MAX, GFP_KERNEL);
	EXPECT_PANIC(kfree(object + 64));
	env_check_idle();
	kfree(object);
}
