/*
 * Windows for pages outside the direct map. Each hart has KMAP_WINDOWS of them, with an unmapped
 * page behind each, and uses them as a stack:
 *
 *	KMAP_BASE  | hart 0: w0 - w1 - w2 - ... | hart 1: w0 - w1 - ...
 *	                     ^^^^^^^ depth 2
 *
 * A thread does not leave its hart while it holds a window, for it must not sleep then and the
 * kernel is not preempted; an interrupt handler gives back what it took before it returns. So
 * the stack needs no lock, and only this hart's TLB ever holds the translations.
 *
 * Closing a window leaves its entry as it is: the next page to come fences when it replaces it, and
 * need not when it is the same page. Debug builds close it for real, so that a use after
 * kunmap_local() faults.
 */

#include "mem/kmap.h"

#include "core/cpu.h"
#include "mem/early.h"
#include "mem/pgtable.h"
#include "riscv/fence.h"

#define WINDOW_STRIDE (2 * PAGE_SIZE)

STATIC_ASSERT(NR_CPUS *KMAP_WINDOWS *WINDOW_STRIDE <= 1UL << PMD_SHIFT);

/* Windows in use; each hart's own. */
static struct {
	u32 depth;
} ALIGNED(64) harts[NR_CPUS];

/* Entries of all windows and the gaps: one level-0 table. NULL when all RAM is in the direct map. */
static pte_t *table;

static u64
window_va(u32 cpu, u32 n)
{
	return KMAP_BASE + (u64)(cpu * KMAP_WINDOWS + n) * WINDOW_STRIDE;
}

/* What window n of this hart shows from now on. */
static void
window_set(u64 va, pte_t pte)
{
	pte_t *ptep = &table[(va - KMAP_BASE) >> PAGE_SHIFT];

	if (ptep->bits == pte.bits)
		return;
	pte_write(ptep, pte);
	sfence_vma_page(va);
}

void *
kmap_window_map(struct page *page)
{
	u64 flags = irq_save();
	u32 n = harts[cpu_id()].depth++;
	u64 va = window_va(cpu_id(), n);

	assert(n < KMAP_WINDOWS);
	window_set(va, pte_make(page_to_pfn(page), PTE_KERNEL_RW));
	irq_restore(flags);
	return (void *)va;
}

void
kmap_window_unmap(const void *kva)
{
	u64 flags = irq_save();
	u32 n = --harts[cpu_id()].depth;
	u64 va = window_va(cpu_id(), n);

	if (ALIGN_DOWN((u64)kva, PAGE_SIZE) != va)
		panic("kunmap_local(%p) on hart %u, whose last window is %#lx", kva, cpu_id(), va);
#ifdef DEBUG
	window_set(va, pte_none());
#endif
	irq_restore(flags);
}

void INIT
kmap_init(void)
{
	const struct mem_region *last = &ram_regions[nr_ram_regions - 1];

	if (page_in_directmap(pa_to_page(last->pa + last->size - 1)))
		return;
	table = kernel_pte(KMAP_BASE);
	if (!table)
		panic("no memory for the kmap windows");
}
