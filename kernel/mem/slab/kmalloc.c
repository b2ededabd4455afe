/* Memory of any size: what does not depend on where small sizes come from. */

#include "core/panic.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/slab/cache.h"
#include "mem/slab/debug.h"
#include "mem/slab/watch.h"

static unsigned
large_order(size_t size)
{
	unsigned order = 0;

	while ((size_t)PAGE_SIZE << order < size)
		order++;
	return order;
}

void *
kmalloc_large(size_t size, gfp_t gfp)
{
	void *object;

	if (size > (size_t)PAGE_SIZE << MAX_ORDER)
		return NULL;
	if (slab_watched && !watch_may_alloc(NULL, size, gfp))
		return NULL;
	object = pages_alloc_kva(gfp, large_order(size));
	if (slab_watched && object)
		watch_allocated(NULL, object, size, gfp);
	return object;
}

static NOINLINE NORETURN void
large_bad_free(const void *object)
{
	kasan_stop();
	panic("slab: wrong free: %p: it is within whole pages of kmalloc, not where they begin",
	      object);
}

/* Inline, so that whoever frees is as far from the watchers as with an object of a cache. */
static ALWAYS_INLINE void
large_free(const void *object)
{
	struct page *page = object_page(object);

	if (slab_watched && !watch_freed(NULL, (void *)object))
		return;
	if (unlikely(!IS_ALIGNED((u64)object, PAGE_SIZE)))
		large_bad_free(object);
	pages_free(page, page_test(page, PG_head) ? page->order : 0);
}

void
kfree_large(const void *object)
{
	large_free(object);
}

void
kfree_of_tail(const void *object)
{
	const struct page *page = object_page(object);

	if (page_test(page, PG_slab))
		kmem_cache_free(page->slab_cache, (void *)object);
	else
		large_free(object);
}

size_t
ksize_large(const void *object)
{
	const struct page *page = object_page(object);
	size_t bytes = (size_t)PAGE_SIZE << (page_test(page, PG_head) ? page->order : 0);

	/* Who asks may use all of it. */
	kasan_unpoison(object, bytes);
	return bytes;
}

size_t
ksize_by_page(const void *object)
{
	struct page *page = object_page(object);

	if (!page_test(page, PG_slab))
		return ksize_large(object);
	if (page->slab_cache->hooks & HOOK_DEBUG)
		return debug_object_size(page->slab_cache, object);
	return page->slab_cache->object_size;
}

void *
krealloc(void *object, size_t size, gfp_t gfp)
{
	size_t old_size = object ? ksize(object) : 0;
	void *fresh;

	if (size == 0) {
		kfree(object);
		return NULL;
	}
	if (object && size <= old_size)
		return object;
	fresh = kmalloc(size, gfp);
	if (fresh && object) {
		memcpy(fresh, object, old_size);
		kfree(object);
	}
	return fresh;
}

void *
kcalloc(size_t nr, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(nr, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp | GFP_ZERO);
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
