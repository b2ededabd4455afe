/* SLOB's caches and kmalloc: all of them in front of slob_take() and slob_give(). */

#include "lib/string.h"
#include "mem/slab/classes.h"
#include "mem/slab/debug.h"
#include "mem/slab/slob.h"
#include "mem/slab/watch.h"

/* Before an object of kmalloc. */
struct kmalloc_head {
	u32 bytes; /* that the caller asked for */
	u32 magic;
};

#define HEAD_MAGIC   0x626f6c73U
#define HEAD_BYTES   sizeof(struct kmalloc_head)
#define KMALLOC_SLOB (PAGE_SIZE - HEAD_BYTES)

/* With debugging kmalloc has caches, and a pointer to its cache is before each object. */
const u32 kmalloc_owner_bytes = sizeof(struct kmem_cache *);
static bool kmalloc_debugged;
struct slob_cache slob_kmalloc;

void
cache_setup(struct kmem_cache *cache)
{
	cache->slot_size = ALIGN_UP(cache_layout(cache, 0), SLOB_UNIT);
	while ((size_t)PAGE_SIZE << cache->order < cache->slot_size)
		cache->order++;
	cache->objects_per_slab = 1;
}

void
slob_count(struct slob_cache *cache, s64 nr, s64 nr_page_objects)
{
	u64 flags = spin_lock_irqsave(&slob_lock);

	cache->nr_active += nr;
	cache->nr_page_objects += nr_page_objects;
	spin_unlock_irqrestore(&slob_lock, flags);
}

static bool
is_page_object(const struct kmem_cache *cache)
{
	return cache->slot_size >= PAGE_SIZE;
}

void *
cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *slot;

	if (is_page_object(cache)) {
		slot = pages_alloc_kva(gfp | GFP_COMP, cache->order);
		if (slot)
			slob_count(slob_cache_of(cache), 1, 1);
	} else {
		slot = slob_take(slob_cache_of(cache), cache->slot_size, cache->align, 0, gfp);
	}
	if (slot)
		slot_construct(cache, slot);
	return slot;
}

void
slob_release(struct kmem_cache *cache, void *slot)
{
	if (is_page_object(cache))
		pages_free_kva(slot, cache->order);
	else
		slob_give(NULL, slot, cache->slot_size);
}

void
cache_free(struct kmem_cache *cache, void *slot)
{
	if (cache->hooks & HOOK_DEBUG) {
		slob_count(slob_cache_of(cache), -1, -is_page_object(cache));
		slot = slob_delay(&cache, slot);
		if (slot)
			slob_release(cache, slot);
	} else if (is_page_object(cache)) {
		slob_count(slob_cache_of(cache), -1, -1);
		pages_free_kva(slot, cache->order);
	} else {
		slob_give(slob_cache_of(cache), slot, cache->slot_size);
	}
}

size_t
cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t nr, void **slots)
{
	size_t n = 0;

	while (n < nr && (slots[n] = cache_alloc(cache, gfp)))
		n++;
	return n;
}

void
cache_free_bulk(struct kmem_cache *cache, size_t nr, void **slots)
{
	for (size_t n = 0; n < nr; n++)
		cache_free(cache, slots[n]);
}

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return cache_alloc_hooked(cache, cache->object_size, gfp);
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	cache_check_slot(cache, (char *)object - cache->object_offset);
	cache_free_hooked(cache, object);
}

static void *
kmalloc_small(size_t size, gfp_t gfp)
{
	struct kmem_cache *counter = &slob_kmalloc.common;
	size_t align = MAX(size & -size, SLOB_UNIT);
	struct kmalloc_head *head;

	gfp_check_context(gfp);
	if (counter->hooks && !watch_may_alloc(counter, size, gfp))
		return NULL;
	head = slob_take(&slob_kmalloc, HEAD_BYTES + size, align, HEAD_BYTES, gfp);
	if (!head)
		return NULL;
	head->bytes = size;
	head->magic = HEAD_MAGIC;
	if (gfp & GFP_ZERO)
		memset(head + 1, 0, size);
	if (counter->hooks)
		watch_allocated(counter, head + 1, size, gfp);
	return head + 1;
}

static void *
kmalloc_debug(size_t size, gfp_t gfp)
{
	struct kmem_cache *cache = kmalloc_caches[kmalloc_class(size)];
	void *object = cache_alloc_hooked(cache, size, gfp);

	if (object)
		((struct kmem_cache **)object)[-1] = cache;
	return object;
}

void *
kmalloc_any(size_t size, gfp_t gfp)
{
	if (kmalloc_debugged && size <= KMALLOC_CLASS_MAX)
		return kmalloc_debug(size, gfp);
	if (size > KMALLOC_SLOB)
		return kmalloc_large(size, gfp);
	return kmalloc_small(MAX(size, (size_t)1), gfp);
}

void *
kmalloc_of_class(size_t size, gfp_t gfp, size_t cls)
{
	(void)cls;
	return kmalloc_any(size, gfp);
}

/* => where slob_take() has put it; panics when it is no object of kmalloc */
static struct kmalloc_head *
head_of(const void *object)
{
	struct kmalloc_head *head = (struct kmalloc_head *)object - 1;

	if (unlikely(head->magic != HEAD_MAGIC || ((u64)object & (SLOB_UNIT - 1))))
		cache_bad_free(&slob_kmalloc.common, object, "kmalloc did not give it");
	return head;
}

/* With debugging: the cache before the object; NULL when it is whole pages. */
static struct kmem_cache *
debug_cache_of(const void *object)
{
	struct kmem_cache *cache;

	/* An object of a class has its cache before it, so it never is where a page block begins. */
	if (IS_ALIGNED((u64)object, PAGE_SIZE) && !page_test(kva_to_page(object), PG_tail))
		return NULL;
	cache = ((struct kmem_cache **)object)[-1];
	for (unsigned i = 0; i < NR_KMALLOC_CLASSES; i++)
		if (kmalloc_caches[i] == cache)
			return cache;
	cache_bad_free(kmalloc_caches[0], object, "kmalloc did not give it");
}

static bool
is_whole_pages(const void *object)
{
	return !page_test(kva_to_page(object), PG_slab);
}

void
kfree(const void *object)
{
	struct kmem_cache *counter = &slob_kmalloc.common;
	struct kmalloc_head *head;
	struct kmem_cache *cache;

	if (!object)
		return;
	if (kmalloc_debugged && (cache = debug_cache_of(object))) {
		cache_free_hooked(cache, (void *)object);
		return;
	}
	if (is_whole_pages(object)) {
		kfree_large(object);
		return;
	}
	head = head_of(object);
	if (counter->hooks && !watch_freed(counter, (void *)object))
		return;
	head->magic = 0;
	slob_give(&slob_kmalloc, head, HEAD_BYTES + head->bytes);
}

size_t
ksize(const void *object)
{
	if (kmalloc_debugged && debug_cache_of(object)) {
		const struct kmem_cache *cache = debug_cache_of(object);

		return cache->hooks & HOOK_DEBUG ? debug_object_size(cache, object)
						 : cache->object_size;
	}
	if (is_whole_pages(object))
		return ksize_large(object);
	return ALIGN_UP((size_t)head_of(object)->bytes, SLOB_UNIT);
}

void INIT
kmalloc_init(void)
{
	static const char *const names[NR_SLOB_LISTS] = {"slob-small", "slob-medium", "slob-large"};
	u32 flags = SLAB_NO_DEBUG | SLAB_NOLEAKTRACE;

	for (unsigned i = 0; i < NR_SLOB_LISTS; i++)
		cache_register(&slob_lists[i].cache.common, names[i], SLOB_UNIT, 0, flags, NULL);
	cache_register(&slob_kmalloc.common, "kmalloc", SLOB_UNIT, 0, SLAB_NO_DEBUG, NULL);
	if (!debug_is_on())
		return;
	slob_delay_init();
	kmalloc_classes_init();
	kmalloc_debugged = true;
}
