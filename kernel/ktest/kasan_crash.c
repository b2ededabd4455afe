/*
 * One bad access of each kind, for a kernel with KASAN; without it most go unnoticed. Pointers are
 * volatile, so that the compiler does not know what they point to.
 */

#include "ktest/crash.h"

#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"
#include "mem/zone.h"

#define OBJECT_BYTES 100

static u8 global_before[OBJECT_BYTES];

static void
slab_right(void)
{
	u8 *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	object[OBJECT_BYTES] = 1;
}

static void
slab_left(void)
{
	volatile u8 *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	(void)object[-1];
}

static void
slab_memset(void)
{
	u8 *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	memset(object, 0, OBJECT_BYTES + 1);
}

static void
slab_freed(void)
{
	volatile u8 *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	kfree((void *)object);
	(void)object[OBJECT_BYTES / 2];
}

static void
slab_freed_twice(void)
{
	void *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

/* Between the two, the allocator has been busy: the object waits in quarantine. */
static void
slab_freed_late(void)
{
	volatile u8 *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	kfree((void *)object);
	for (int i = 0; i < 100; i++)
		kfree(kmalloc(OBJECT_BYTES, GFP_KERNEL));
	object[0] = 1;
}

static void
large_right(void)
{
	u8 *volatile object = kmalloc(5 * PAGE_SIZE - 16, GFP_KERNEL);

	object[5 * PAGE_SIZE - 16] = 1;
}

static void
large_freed_twice(void)
{
	void *volatile object = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

/* Freed by a pointer that nobody gave: into the red zone behind it. */
static void
large_freed_inside(void)
{
	char *volatile object = kmalloc(5 * PAGE_SIZE - 16, GFP_KERNEL);

	kfree(object + 5 * PAGE_SIZE - 16);
}

static void
page_freed(void)
{
	volatile u8 *volatile kva = page_alloc_kva(GFP_KERNEL);

	page_free_kva((void *)kva);
	kva[8] = 1;
}

/* Free since boot: nobody ever had it. */
static void
page_never(void)
{
	const struct zone *zone = &zones[ZONE_NORMAL];
	u64 pfn = zone->end_pfn - 1;
	volatile u8 *volatile kva;

	while (pfn > zone->start_pfn && !zone_pfn_deferred(zone, pfn))
		pfn--;
	kva = pa_to_kva(pfn << PAGE_SHIFT);
	(void)kva[8];
}

static NOINLINE void
write_at(u8 *volatile bytes, u64 index)
{
	bytes[index] = 1;
}

static void
stack_right(void)
{
	u8 local[40];

	write_at(local, sizeof(local));
}

static void
global_right(void)
{
	write_at(global_before, sizeof(global_before));
}

static void
vmalloc_right(void)
{
	write_at(vmalloc(PAGE_SIZE + OBJECT_BYTES, GFP_KERNEL), PAGE_SIZE + OBJECT_BYTES);
}

static void
vmalloc_freed(void)
{
	u8 *volatile area = vmalloc(3 * PAGE_SIZE, GFP_KERNEL);

	vfree(area);
	area[PAGE_SIZE] = 1;
}

const struct crash kasan_crashes[] = {
	{"kasan-slab-right", slab_right},
	{"kasan-slab-left", slab_left},
	{"kasan-slab-memset", slab_memset},
	{"kasan-slab-freed", slab_freed},
	{"kasan-slab-freed-late", slab_freed_late},
	{"kasan-double-free", slab_freed_twice},
	{"kasan-large-right", large_right},
	{"kasan-large-freed-twice", large_freed_twice},
	{"kasan-large-freed-inside", large_freed_inside},
	{"kasan-page-freed", page_freed},
	{"kasan-page-never", page_never},
	{"kasan-stack", stack_right},
	{"kasan-global", global_right},
	{"kasan-vmalloc-right", vmalloc_right},
	{"kasan-vmalloc-freed", vmalloc_freed},
	{NULL, NULL},
};
