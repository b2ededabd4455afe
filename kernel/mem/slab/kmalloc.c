/* Memory of any size: size classes up to 8 KiB, whole pages above. */

#include "core/panic.h"
#include "lib/bitops.h"
#include "lib/string.h"
#include "mem/slab/cache.h"

/* Powers of two, and 96 and 192 where the waste would be largest. */
static const struct {
	size_t size;
	const char *name;
} classes[] = {
	{8, "kmalloc-8"},     {16, "kmalloc-16"},   {32, "kmalloc-32"},	  {64, "kmalloc-64"},
	{96, "kmalloc-96"},   {128, "kmalloc-128"}, {192, "kmalloc-192"}, {256, "kmalloc-256"},
	{512, "kmalloc-512"}, {1024, "kmalloc-1k"}, {2048, "kmalloc-2k"}, {4096, "kmalloc-4k"},
	{8192, "kmalloc-8k"},
};

#define KMALLOC_MAX 8192

static struct kmem_cache *caches[ARRAY_SIZE(classes)];
/* The class of sizes 8n-7 .. 8n, for sizes up to 256. */
static u8 small_class[256 / 8 + 1];

static unsigned
class_of(size_t size)
{
	unsigned i = 8;

	if (likely(size <= 256))
		return small_class[(size + 7) / 8];
	while (classes[i].size < size)
		i++;
	return i;
}

void
kmalloc_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(classes); i++) {
		size_t size = classes[i].size;

		caches[i] = kmem_cache_create(classes[i].name, size, size & (size - 1) ? 32 : size,
					      NULL);
		if (!caches[i])
			panic("no memory for kmalloc");
	}
	for (unsigned i = 0, n = 0; i < ARRAY_SIZE(small_class); i++) {
		if (i * 8 > classes[n].size)
			n++;
		small_class[i] = n;
	}
}

static unsigned
large_order(size_t size)
{
	unsigned order = 0;

	while ((size_t)PAGE_SIZE << order < size)
		order++;
	return order;
}

void *
kmalloc(size_t size, gfp_t gfp)
{
	if (likely(size <= KMALLOC_MAX))
		return kmem_cache_alloc(caches[class_of(size)], gfp);
	if (size > (size_t)PAGE_SIZE << MAX_ORDER)
		return NULL;
	return pages_alloc_kva(gfp, large_order(size));
}

void
kfree(const void *object)
{
	struct page *page;

	if (!object)
		return;
	page = object_page(object);
	if (likely(page_test(page, PG_slab)))
		cache_free(page->slab_cache, page, (void *)object);
	else
		pages_free(page, page_test(page, PG_head) ? page->order : 0);
}

size_t
ksize(const void *object)
{
	struct page *page = object_page(object);

	if (page_test(page, PG_slab))
		return page->slab_cache->object_size;
	return (size_t)PAGE_SIZE << (page_test(page, PG_head) ? page->order : 0);
}

void *
krealloc(void *object, size_t size, gfp_t gfp)
{
	size_t old_size = object ? ksize(object) : 0;
	void *fresh;

	if (object && size <= old_size)
		return object;
	fresh = kmalloc(size, gfp);
	if (fresh && object) {
		memcpy(fresh, object, old_size);
		kfree(object);
	}
	return fresh;
}

char *
kstrndup(const char *s, size_t max, gfp_t gfp)
{
	size_t len = strnlen(s, max);
	char *copy = kmalloc(len + 1, gfp);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = '\0';
	}
	return copy;
}

char *
kstrdup(const char *s, gfp_t gfp)
{
	return kstrndup(s, strlen(s), gfp);
}
