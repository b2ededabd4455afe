/*
 * Virtual areas of the kernel, found first-fit in a list sorted by address. An area's
 * last page is an unmapped guard. Kernel stacks are areas too (riscv/layout.h); a few
 * freed ones are kept mapped, for fork.
 */

#include "mem/vmalloc.h"

#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/kmemleak.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/slab.h"
#include "mem/tlb.h"
#include "mem/vmstat.h"

#define STACKS_KEPT 32

struct area {
	struct list_head link; /* by address */
	u64 start, size;       /* size with the guard */
	u64 nr_pages;	       /* mapped from start on */
	bool owns_pages;       /* RAM of its own, as opposed to a device */
	enum vm_item item;     /* ... counted as this */
};

static LIST_HEAD(areas);
static struct spinlock area_lock = SPINLOCK_INIT("vmalloc", RANK_VMALLOC);

static void *stacks[STACKS_KEPT]; /* area_lock */
static unsigned nr_stacks;

/* => an area of size bytes in the list, nothing mapped; NULL: no memory or no room */
static struct area *
area_alloc(u64 size, u64 align, gfp_t gfp)
{
	struct area *area = kmalloc(sizeof(*area), gfp & ~GFP_ZERO);
	struct list_head *before = &areas;
	struct area *other;
	u64 start = VMALLOC_BASE;

	if (!area)
		return NULL;
	spin_lock(&area_lock);
	list_for_each_entry(other, &areas, link) {
		start = ALIGN_UP(start, align);
		if (start + size <= other->start)
			break;
		start = other->start + other->size;
		before = &other->link;
	}
	start = ALIGN_UP(start, align);
	if (start + size > VMALLOC_END) {
		spin_unlock(&area_lock);
		kfree(area);
		return NULL;
	}
	*area = (struct area){.start = start, .size = size};
	list_add(&area->link, before);
	spin_unlock(&area_lock);
	return area;
}

static struct area *
area_find(u64 kva)
{
	struct area *area, *found = NULL;

	spin_lock(&area_lock);
	list_for_each_entry(area, &areas, link)
		if (kva >= area->start && kva < area->start + area->size)
			found = area;
	spin_unlock(&area_lock);
	return found;
}

/* Unmap, flush, and only then free the pages and the address range. */
static void
area_free(struct area *area, u64 map_start)
{
	u64 end = map_start + (area->nr_pages << PAGE_SHIFT);
	struct list_head pages;
	struct page *page, *next;
	int level;

	list_init(&pages);
	for (u64 va = map_start; va < end && area->owns_pages; va += PAGE_SIZE) {
		page = pfn_to_page(pte_pfn(kernel_lookup(va, &level)));
		list_add(&page->lru, &pages);
	}
	kernel_unmap(map_start, end - map_start);
	kasan_vmalloc_unmap(map_start, end - map_start);
	tlb_flush_kernel(map_start, end);
	list_for_each_entry_safe(page, next, &pages, lru) {
		list_del(&page->lru);
		page_put(page);
	}
	if (area->owns_pages)
		vmstat_add(area->item, -(s64)area->nr_pages);
	spin_lock(&area_lock);
	list_del(&area->link);
	spin_unlock(&area_lock);
	kfree(area);
}

/*
 * Back [map_start, +nr_pages) of the area with fresh pages, marked `kind`. => -ENOMEM, and the area is
 * gone
 */
static int
area_populate(struct area *area, u64 map_start, u64 nr_pages, enum page_flag kind, gfp_t gfp)
{
	area->owns_pages = true;
	area->item = kind == PG_kstack ? NR_KERNEL_STACK : NR_VMALLOC;
	for (u64 i = 0; i < nr_pages; i++) {
		struct page *page = page_alloc(gfp);
		u64 va = map_start + (i << PAGE_SHIFT);

		if (page)
			page->flags |= 1U << kind;
		if (page && kasan_vmalloc_map(va) &&
		    kernel_map(va, page_to_pa(page), PAGE_SIZE, PTE_KERNEL_RW) == 0) {
			area->nr_pages++;
			continue;
		}
		if (page)
			page_put(page);
		vmstat_add(area->item, area->nr_pages);
		area_free(area, map_start);
		return -ENOMEM;
	}
	vmstat_add(area->item, nr_pages);
	return 0;
}

void *
vmalloc(size_t size, gfp_t gfp)
{
	u64 bytes = ALIGN_UP(size, PAGE_SIZE);
	struct area *area;

	if (size == 0 || size > VMALLOC_END - VMALLOC_BASE)
		return NULL;
	area = area_alloc(bytes + PAGE_SIZE, PAGE_SIZE, gfp);
	if (!area || area_populate(area, area->start, bytes >> PAGE_SHIFT, PG_vmalloc, gfp) < 0)
		return NULL;
	kasan_vmalloc_trim(area->start, size, bytes);
	kmemleak_vmalloc((void *)area->start, size);
	return (void *)area->start;
}

void
vfree(void *kva)
{
	struct area *area;

	if (!kva)
		return;
	area = area_find((u64)kva);
	if (!area || area->start != (u64)kva || !area->owns_pages)
		panic("vfree of %p, which vmalloc did not give", kva);
	kmemleak_gone(kva);
	area_free(area, area->start);
}

void *
ioremap(u64 pa, size_t size)
{
	u64 offset = pa & (PAGE_SIZE - 1);
	u64 bytes = ALIGN_UP(offset + size, PAGE_SIZE);
	struct area *area = area_alloc(bytes + PAGE_SIZE, PAGE_SIZE, GFP_KERNEL);

	if (!area)
		return NULL;
	for (u64 at = 0; at < bytes; at += PAGE_SIZE) {
		if (!kasan_vmalloc_map(area->start + at) ||
		    kernel_map(area->start + at, pa - offset + at, PAGE_SIZE, PTE_KERNEL_RW) < 0) {
			area_free(area, area->start);
			return NULL;
		}
		area->nr_pages++;
	}
	return (char *)area->start + offset;
}

void
iounmap(void *kva)
{
	struct area *area = area_find((u64)kva);

	assert(area && !area->owns_pages);
	area_free(area, area->start);
}

void *
kstack_alloc(void)
{
	struct area *area;
	void *base = NULL;

	spin_lock(&area_lock);
	if (nr_stacks)
		base = stacks[--nr_stacks];
	spin_unlock(&area_lock);
	if (base) {
		kasan_unpoison(base, KSTACK_SIZE);
		kmemleak_stack(base);
		return base;
	}
	area = area_alloc(2 * KSTACK_SIZE, 2 * KSTACK_SIZE, GFP_KERNEL);
	if (!area || area_populate(area, area->start + KSTACK_SIZE, KSTACK_SIZE >> PAGE_SHIFT,
				   PG_kstack, GFP_KERNEL) < 0)
		return NULL;
	kmemleak_stack((void *)(area->start + KSTACK_SIZE));
	return (void *)(area->start + KSTACK_SIZE);
}

static void
kstack_unmap(void *base)
{
	struct area *area = area_find((u64)base);

	assert(area && area->start + KSTACK_SIZE == (u64)base);
	area_free(area, (u64)base);
}

void
kstack_free(void *base)
{
	kmemleak_gone(base);
	spin_lock(&area_lock);
	if (nr_stacks < STACKS_KEPT) {
		stacks[nr_stacks++] = base;
		base = NULL;
	}
	spin_unlock(&area_lock);
	if (base)
		kstack_unmap(base);
}

void
kstack_drain(void)
{
	void *base;

	do {
		spin_lock(&area_lock);
		base = nr_stacks ? stacks[--nr_stacks] : NULL;
		spin_unlock(&area_lock);
		if (base)
			kstack_unmap(base);
	} while (base);
}

bool
kstack_guard_hit(u64 kva)
{
	const struct area *area;

	if (kva < VMALLOC_BASE || kva >= VMALLOC_END)
		return false;
	list_for_each_entry(area, &areas, link)
		if (area->size == 2 * KSTACK_SIZE && kva >= area->start &&
		    kva < area->start + KSTACK_SIZE)
			return true;
	return false;
}

u64
vmalloc_nr_pages(void)
{
	return vmstat_get(NR_VMALLOC) + vmstat_get(NR_KERNEL_STACK);
}
