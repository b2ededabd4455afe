/*
 * Virtual areas of the kernel, found first-fit in a list sorted by address. An area's
 * last page is an unmapped guard. Kernel stacks are areas too (riscv/layout.h); a few
 * freed ones are kept mapped, for fork.
 *
 * A flush interrupts every hart, so one serves many areas. What is freed loses its page-table entries
 * at once and then waits, its range and its pages with it, since a TLB may still have the entries:
 *
 *	in use --vfree()--> waiting: unmapped, nobody's --purge: flush--> pages to the buddy, range free
 *
 * Pages given back before the flush would save memory; but then a stray pointer into the area would
 * write to whoever has the page next, and we would look for the bug there. A thousandth of RAM may wait;
 * more, or memory getting short, brings the purge. Debug builds purge at once, so that a use after
 * vfree() faults on every hart.
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
/* Pages that are asked for at once. */
#define POPULATE_BATCH 16

struct area {
	struct list_head link; /* by address */
	u64 start, size;       /* size with the guard */
	u64 nr_pages;	       /* mapped from start on */
	bool owns_pages;       /* RAM of its own, as opposed to a device */
	enum vm_item item;     /* ... counted as this */
	bool waiting;	       /* area_lock: freed, and may still be in a TLB */
	struct list_head wait_link;
	struct list_head pages; /* of a waiting area, by lru */
};

static LIST_HEAD(areas);
static struct spinlock area_lock = SPINLOCK_INIT("vmalloc", RANK_VMALLOC);

static void *stacks[STACKS_KEPT]; /* area_lock */
static unsigned nr_stacks;

static LIST_HEAD(waiting); /* area_lock, like the next two */
static u64 nr_waiting;	   /* pages of their ranges */
static u64 nr_purges;

#ifdef DEBUG
#define WAITING_FRACTION 0
#else
#define WAITING_FRACTION 1000
#endif

/* The first gap that is large enough. => its address, and the link that the area goes behind */
static u64
gap_find_locked(u64 size, u64 align, struct list_head **before)
{
	struct area *other;
	u64 start = VMALLOC_BASE;

	*before = &areas;
	list_for_each_entry(other, &areas, link) {
		start = ALIGN_UP(start, align);
		if (start + size <= other->start)
			break;
		start = other->start + other->size;
		*before = &other->link;
	}
	return ALIGN_UP(start, align);
}

/* => false: there is no room for it */
static bool
area_place(struct area *area, u64 size, u64 align)
{
	struct list_head *before;
	u64 start;
	bool fits;

	spin_lock(&area_lock);
	start = gap_find_locked(size, align, &before);
	fits = start + size <= VMALLOC_END;
	if (fits) {
		*area = (struct area){.start = start, .size = size};
		list_add(&area->link, before);
	}
	spin_unlock(&area_lock);
	return fits;
}

/* For what describes and maps an area: wherever its pages come from, it is ordinary memory. */
static gfp_t
own_gfp(gfp_t gfp)
{
	return gfp & ~(GFP_ZONE_MASK | GFP_ZERO | GFP_MOVABLE | GFP_COMP);
}

/* => an area of size bytes in the list, nothing mapped; NULL: no memory or no room */
static struct area *
area_alloc(u64 size, u64 align, gfp_t gfp)
{
	struct area *area = kmalloc(sizeof(*area), own_gfp(gfp));
	bool placed;

	if (!area)
		return NULL;
	placed = area_place(area, size, align);
	if (!placed) {
		vmalloc_purge();
		placed = area_place(area, size, align);
	}
	if (placed)
		return area;
	kfree(area);
	return NULL;
}

static struct area *
area_find(u64 kva)
{
	struct area *area, *found = NULL;

	spin_lock(&area_lock);
	list_for_each_entry(area, &areas, link)
		if (kva >= area->start && kva < area->start + area->size && !area->waiting)
			found = area;
	spin_unlock(&area_lock);
	return found;
}

/* => no TLB has it any more */
static void
area_release(struct area *area)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &area->pages, lru) {
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

u64
vmalloc_purge(void)
{
	struct area *area, *next;
	u64 start = VMALLOC_END, end = VMALLOC_BASE, nr_pages = 0;
	struct list_head areas_taken;

	list_init(&areas_taken);
	spin_lock(&area_lock);
	list_splice_tail(&waiting, &areas_taken);
	list_init(&waiting);
	nr_waiting = 0;
	nr_purges += !list_empty(&areas_taken);
	spin_unlock(&area_lock);
	list_for_each_entry(area, &areas_taken, wait_link) {
		start = MIN(start, area->start);
		end = MAX(end, area->start + area->size);
	}
	tlb_flush_kernel(start, end);
	list_for_each_entry_safe(area, next, &areas_taken, wait_link) {
		nr_pages += area->owns_pages ? area->nr_pages : 0;
		area_release(area);
	}
	return nr_pages;
}

u64
vmalloc_nr_purges(void)
{
	return READ_ONCE(nr_purges);
}

u64
vmalloc_nr_kept(void)
{
	return READ_ONCE(nr_waiting) + READ_ONCE(nr_stacks) * (KSTACK_SIZE >> PAGE_SHIFT);
}

static u64
waiting_max(void)
{
	return WAITING_FRACTION ? nr_total_pages() / MAX(WAITING_FRACTION, 1) : 0;
}

/* Unmap; the rest is for the next purge. */
static void
area_free(struct area *area, u64 map_start)
{
	u64 end = map_start + (area->nr_pages << PAGE_SHIFT);
	bool many;
	int level;

	list_init(&area->pages);
	for (u64 va = map_start; va < end && area->owns_pages; va += PAGE_SIZE)
		list_add(&pfn_to_page(pte_pfn(kernel_lookup(va, &level)))->lru, &area->pages);
	kernel_unmap(map_start, end - map_start);
	kasan_vmalloc_unmap(map_start, end - map_start);
	spin_lock(&area_lock);
	area->waiting = true;
	list_add_tail(&area->wait_link, &waiting);
	nr_waiting += area->size >> PAGE_SHIFT;
	many = nr_waiting > waiting_max();
	spin_unlock(&area_lock);
	if (many)
		vmalloc_purge();
}

/* Behind the area's last page. => how many; the others are put, for there is no memory for the tables */
static u64
pages_map(struct area *area, u64 va, struct page **pages, u64 nr, enum page_flag kind, gfp_t gfp)
{
	u64 done = 0;

	for (; done < nr; done++, va += PAGE_SIZE) {
		pages[done]->flags |= 1U << kind;
		if (!kasan_vmalloc_map(va, own_gfp(gfp)) ||
		    kernel_map(va, page_to_pa(pages[done]), PAGE_SIZE, PTE_KERNEL_RW) < 0)
			break;
	}
	area->nr_pages += done;
	for (u64 i = done; i < nr; i++)
		page_put(pages[i]);
	return done;
}

/*
 * Back [map_start, +nr_pages) of the area with fresh pages, marked `kind`; high memory will do, for they
 * are reached by the area's addresses alone. => -ENOMEM, and the area is gone
 */
static int
area_populate(struct area *area, u64 map_start, u64 nr_pages, enum page_flag kind, gfp_t gfp)
{
	struct page *pages[POPULATE_BATCH];
	gfp_t page_gfp = gfp & GFP_BIT_DMA ? gfp : gfp | GFP_BIT_HIGHMEM;
	bool fits;

	area->owns_pages = true;
	area->item = kind == PG_kstack ? NR_KERNEL_STACK : NR_VMALLOC;
	fits = kernel_map_prepare(map_start, nr_pages << PAGE_SHIFT, own_gfp(gfp)) == 0;
	while (fits && area->nr_pages < nr_pages) {
		u64 va = map_start + (area->nr_pages << PAGE_SHIFT);
		u64 nr = MIN(nr_pages - area->nr_pages, (u64)POPULATE_BATCH);

		nr = pages_alloc_bulk(page_gfp, nr, pages);
		fits = nr > 0 && pages_map(area, va, pages, nr, kind, gfp) == nr;
	}
	vmstat_add(area->item, area->nr_pages);
	if (fits)
		return 0;
	area_free(area, map_start);
	return -ENOMEM;
}

void *
vmalloc(size_t size, gfp_t gfp)
{
	u64 bytes = ALIGN_UP(size, PAGE_SIZE);
	struct area *area;

	if (size == 0 || bytes >> PAGE_SHIFT > nr_total_pages())
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
	if (kernel_map_prepare(area->start, bytes, GFP_KERNEL) < 0) {
		area_free(area, area->start);
		return NULL;
	}
	for (u64 at = 0; at < bytes; at += PAGE_SIZE) {
		if (!kasan_vmalloc_map(area->start + at, GFP_KERNEL) ||
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
	vmalloc_purge();
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
