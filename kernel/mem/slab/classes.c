/* The caches behind kmalloc, for the implementations that have one for each class of sizes. */

#include "core/panic.h"
#include "mem/slab/cache.h"
#include "mem/slab/classes.h"

struct kmem_cache *kmalloc_caches[NR_KMALLOC_CLASSES];

static const struct {
	u32 size;
	const char *name;
} classes[NR_KMALLOC_CLASSES] = {
	{8, "kmalloc-8"},     {16, "kmalloc-16"},   {32, "kmalloc-32"},	  {64, "kmalloc-64"},
	{96, "kmalloc-96"},   {128, "kmalloc-128"}, {192, "kmalloc-192"}, {256, "kmalloc-256"},
	{512, "kmalloc-512"}, {1024, "kmalloc-1k"}, {2048, "kmalloc-2k"}, {4096, "kmalloc-4k"},
	{8192, "kmalloc-8k"},
};

static size_t INIT
class_align(size_t size)
{
	return IS_POWER_OF_2(size) ? MIN(size, (size_t)PAGE_SIZE) : 32;
}

void INIT
kmalloc_classes_init(void)
{
	for (unsigned i = 0; i < NR_KMALLOC_CLASSES; i++) {
		size_t size = classes[i].size;

		assert(kmalloc_class(size) == i);
		kmalloc_caches[i] = kmem_cache_create(classes[i].name, size, class_align(size),
						      SLAB_PANIC | SLAB_KMALLOC, NULL);
	}
}
