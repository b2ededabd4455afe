#include "vm/slab_shrinker.h"

#include "mem/slab.h"
#include "vm/shrinker.h"

static u64
slab_scan(u64 nr, gfp_t gfp)
{
	(void)nr;
	(void)gfp;
	return slab_shrink_all();
}

static struct shrinker shrinker = {.name = "slab", .count = slab_nr_empty_pages, .scan = slab_scan};

void INIT
slab_shrinker_init(void)
{
	shrinker_register(&shrinker);
}
