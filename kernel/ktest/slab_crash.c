/* One bug of each kind that slab_debug= finds; each must end in a report that names the object. */

#include "ktest/slab_crash.h"

#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/slab.h"

#define SIZE 64

/* The object that was misused, from then on: for who looks from outside (grading/harness/end_probes.py). */
static const volatile void *volatile slab_crash_object USED;

static struct kmem_cache *
crash_cache(void)
{
	return kmem_cache_create("crash", SIZE, 0, SLAB_PANIC, NULL);
}

static void
double_free(void)
{
	struct kmem_cache *cache = crash_cache();
	void *object = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, object);
	slab_crash_object = object;
	kmem_cache_free(cache, object);
}

static void
kfree_twice(void)
{
	void *object = kmalloc(SIZE, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

static void
overflow(void)
{
	struct kmem_cache *cache = crash_cache();
	volatile u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

	object[SIZE] = 0;
	slab_crash_object = object;
	kmem_cache_free(cache, (void *)object);
}

/* Within the size class, but beyond what was asked for. */
static void
kmalloc_overflow(void)
{
	volatile u8 *object = kmalloc(SIZE - 11, GFP_KERNEL);

	object[SIZE - 11] = 0;
	kfree((void *)object);
}

static void
underflow(void)
{
	struct kmem_cache *cache = crash_cache();
	volatile u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

	object[-1] = 0;
	kmem_cache_free(cache, (void *)object);
}

/* Found when the memory is allocated again, which others may put off. */
static void
use_after_free(void)
{
	struct kmem_cache *cache = crash_cache();
	volatile u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, (void *)object);
	object[SIZE / 2] = 1;
	slab_crash_object = object;
	for (int i = 0; i < 1000; i++)
		kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
}

static void
wrong_cache(void)
{
	struct kmem_cache *theirs = kmem_cache_create("theirs", SIZE, 0, SLAB_PANIC, NULL);
	struct kmem_cache *ours = crash_cache();

	kmem_cache_free(theirs, kmem_cache_alloc(ours, GFP_KERNEL));
}

static void
interior(void)
{
	struct kmem_cache *cache = crash_cache();
	u8 *object = kmem_cache_alloc(cache, GFP_KERNEL);

	kmem_cache_free(cache, object + 8);
}

/* Of whole pages, for which no record is kept. */
static void
large_interior(void)
{
	char *object = kmalloc(3 * KMALLOC_CLASS_MAX, GFP_KERNEL);

	kfree(object + SIZE);
}

static const struct {
	const char *name;
	void (*crash)(void);
} crashes[] = {
	{"slab-double-free", double_free},
	{"slab-kfree-twice", kfree_twice},
	{"slab-overflow", overflow},
	{"slab-kmalloc-overflow", kmalloc_overflow},
	{"slab-underflow", underflow},
	{"slab-use-after-free", use_after_free},
	{"slab-wrong-cache", wrong_cache},
	{"slab-interior", interior},
	{"slab-large-interior", large_interior},
};

void (*slab_crash_find(const char *name))(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(crashes); i++)
		if (strcmp(crashes[i].name, name) == 0)
			return crashes[i].crash;
	return NULL;
}
