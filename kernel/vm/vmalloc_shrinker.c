#include "vm/vmalloc_shrinker.h"

#include "mem/vmalloc.h"
#include "vm/shrinker.h"

static u64
vmalloc_scan(u64 nr, gfp_t gfp)
{
	u64 nr_pages = vmalloc_nr_kept();

	(void)nr;
	(void)gfp;
	kstack_drain();
	return nr_pages;
}

static struct shrinker shrinker = {
	.name = "vmalloc", .count = vmalloc_nr_kept, .scan = vmalloc_scan};

void INIT
vmalloc_shrinker_init(void)
{
	shrinker_register(&shrinker);
}
