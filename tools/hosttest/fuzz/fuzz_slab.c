/*
 * Three caches, kmalloc and four harts: each pair of bytes allocates, frees or shrinks. Live objects
 * hold a pattern; in the end nothing is left and no frame is lost.
 */
#include "hosttest.h"
#include "lib/compiler.h"
#include "mem/env.h"
#include "mem/slab.h"
#include "mem/slab_env.h"

#include <string.h>

#define MAX_LIVE  256
#define NR_CACHES 3
#define NR_HARTS  4
#define NR_PAGES  512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct live {
	u8 *object;
	size_t bytes;
	int cache; /* -1: kmalloc */
	u8 pattern;
};

static const size_t sizes[NR_CACHES] = {24, 500, 3000};
static struct kmem_cache *caches[NR_CACHES];
static struct live live[MAX_LIVE];
static u32 nr_live;

static void
live_add(void *object, size_t bytes, int cache)
{
	if (!object)
		return;
	live[nr_live] = (struct live){object, bytes, cache, (u8)(nr_live * 7 + bytes)};
	memset(object, live[nr_live].pattern, bytes);
	nr_live++;
}

static void
live_free(u32 which)
{
	struct live *item = &live[which];

	for (size_t i = 0; i < item->bytes; i++)
		CHECK_EQ(item->object[i], item->pattern);
	if (item->cache < 0)
		kfree(item->object);
	else
		kmem_cache_free(caches[item->cache], item->object);
	*item = live[--nr_live];
}

static void
fuzz_one(u8 op, u8 arg)
{
	int cache = op / 8 % NR_CACHES;

	env_set_cpu(op % NR_HARTS);
	switch (op >> 5) {
	case 0:
	case 1:
	case 2:
		if (nr_live < MAX_LIVE)
			live_add(kmem_cache_alloc(caches[cache], GFP_NOWAIT), sizes[cache], cache);
		break;
	case 3:
		if (nr_live < MAX_LIVE)
			live_add(kmalloc(arg * 37, GFP_NOWAIT), arg * 37, -1);
		break;
	case 7:
		kmem_cache_shrink(caches[cache]);
		break;
	default:
		if (nr_live != 0)
			live_free(arg % nr_live);
	}
	env_check_idle();
	cache_check(caches[cache]);
}

/* Once: caches cannot be made anew for each input. */
static void
boot(void)
{
	static const char *const names[NR_CACHES] = {"small", "middle", "large"};

	env_zones_create(0x80000, NR_PAGES, 0x80000, 0x80000 + NR_PAGES);
	slab_env_init();
	slab_init();
	for (int i = 0; i < NR_CACHES; i++)
		caches[i] = kmem_cache_create(names[i], sizes[i], 0, 0, NULL);
}

static void
shrink_all(void)
{
	for (u32 hart = 0; hart < NR_HARTS; hart++) {
		env_set_cpu(hart);
		for (int i = 0; i < NR_CACHES; i++)
			kmem_cache_shrink(caches[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct slab_stats stats;

	if (!caches[0])
		boot();
	for (; bytes >= 2; bytes -= 2, data += 2)
		fuzz_one(data[0], data[1]);
	while (nr_live != 0)
		live_free(nr_live - 1);
	shrink_all();
	for (unsigned n = 0; slab_stats_get(n, &stats); n++) {
		for (int i = 0; i < NR_CACHES; i++)
			CHECK(stats.object_size != sizes[i] || stats.nr_slabs == 0);
	}
	for (int i = 0; i < NR_ZONES; i++)
		zone_check(&zones[i]);
	return 0;
}
