/*
 * Shadow memory: a byte for each 8 of the kernel half, at KASAN_SHADOW_BASE.
 *
 *	direct map, image		backed by frames of their own, from the start
 *	vmalloc, kernel stacks		backed when an area is mapped, and then kept
 *	all else			one page of zeros, read-only: everything may be used
 *
 * Until paging_init() the whole of it is one page (boot/entry.S): what instrumented functions
 * write there about their stacks is lost, and nothing is checked.
 *
 * Locking: shadow_lock for tables and pages of the vmalloc part. A TLB may still have the page of
 * zeros when a real one is mapped, so the flush is part of what the lock protects.
 */

#include "mem/kasan/shadow.h"

#include "core/image.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/tlb.h"
#include "mem/vmstat.h"

#define SHADOW_START ((u64)shadow_of(KERNEL_VA_START))
#define SHADOW_END   KASAN_SHADOW_END

static pte_t zero_leaf;	 /* maps the page of zeros */
static pte_t zero_table; /* a table of zero_leaf */
static struct spinlock shadow_lock = SPINLOCK_INIT("kasan_shadow", RANK_PAGETABLE);

void
shadow_set(u64 start, u64 bytes, enum shadow_byte value)
{
	memset(shadow_of(start), value, bytes / GRANULE);
}

/* Frames for the shadow of [start, end), but for pages that have one. */
static void
shadow_back(u64 start, u64 end)
{
	u64 first = ALIGN_DOWN((u64)shadow_of(start), PAGE_SIZE);
	u64 last = ALIGN_UP((u64)shadow_of(end), PAGE_SIZE);
	int level;

	while (first < last) {
		u64 size = PAGE_SIZE;

		if (!pte_is_none(kernel_lookup(first, &level))) {
			first += PAGE_SIZE;
			continue;
		}
		if (IS_ALIGNED(first, 1UL << PMD_SHIFT) && last - first >= 1UL << PMD_SHIFT)
			size = 1UL << PMD_SHIFT;
		if (kernel_map(first, early_alloc(size, size, EARLY_KASAN), size, PTE_KERNEL_RW))
			panic("no shadow for %#lx", start);
		first += size;
	}
}

static pte_t
table_entry(u64 pa)
{
	return pte_make(pa >> PAGE_SHIFT, PTE_V);
}

/* A table of which all entries are the same. => its physical address */
static u64
table_of_same(pte_t entry)
{
	u64 pa = early_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_KASAN);
	pte_t *table = pa_to_kva(pa);

	for (unsigned i = 0; i < PTES_PER_TABLE; i++)
		table[i] = entry;
	return pa;
}

/* Fill what is empty, down to level 0. at: the level of the table's entries */
static void
fill_with_zeros(pte_t *table, unsigned first, unsigned nr, int at, const pte_t *fillings)
{
	for (unsigned i = first; i < first + nr; i++) {
		if (pte_is_none(table[i]))
			pte_write(&table[i], fillings[at]);
		else if (!pte_is_leaf(table[i]))
			fill_with_zeros(pa_to_kva(pte_pa(table[i])), 0, PTES_PER_TABLE, at - 1,
					fillings);
	}
}

/* Level-1 tables of its own for the shadow of vmalloc, since the root never changes. */
static void
vmalloc_tables_init(void)
{
	u64 end = (u64)shadow_of(VMALLOC_END - 1);

	for (u64 va = (u64)shadow_of(VMALLOC_BASE); va <= end; va += 1UL << PUD_SHIFT) {
		pte_t *slot = &kernel_pgtable.root[pte_index(va, 2)];

		if (pte_is_none(*slot))
			pte_write(slot, table_entry(table_of_same(zero_table)));
	}
}

void
kasan_shadow_init(void)
{
	u64 zeros = early_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_KASAN);
	u64 limit = page_to_pa(directmap_end_page);
	pte_t fillings[3];

	zero_leaf = pte_make(zeros >> PAGE_SHIFT, PTE_KERNEL_RO);
	zero_table = table_entry(table_of_same(zero_leaf));
	fillings[0] = zero_leaf;
	fillings[1] = zero_table;
	fillings[2] = table_entry(table_of_same(zero_table));
	shadow_back((u64)kernel_start, (u64)kernel_end);
	for (unsigned i = 0; i < nr_ram_regions && ram_regions[i].pa < limit; i++) {
		u64 start = ram_regions[i].pa, end = start + ram_regions[i].size;

		shadow_back(start + DIRECTMAP_BASE, MIN(end, limit) + DIRECTMAP_BASE);
	}
	vmalloc_tables_init();
	fill_with_zeros(kernel_pgtable.root, pte_index(SHADOW_START, 2),
			(SHADOW_END - SHADOW_START) >> PUD_SHIFT, 2, fillings);
}

/* => shadow_lock held; the entry at level 0 for shadow address va, NULL when a table is missing */
static pte_t *
leaf_slot_locked(u64 va)
{
	pte_t *middle = pa_to_kva(pte_pa(kernel_pgtable.root[pte_index(va, 2)]));
	pte_t *slot = &middle[pte_index(va, 1)];

	if (slot->bits == zero_table.bits)
		return NULL;
	return (pte_t *)pa_to_kva(pte_pa(*slot)) + pte_index(va, 0);
}

/* Install what was missing when it was looked at; takes the pages that it uses. */
static void
back_page_locked(u64 va, struct page **table, struct page **frame)
{
	pte_t *slot = leaf_slot_locked(va);

	if (!slot) {
		pte_t *middle = pa_to_kva(pte_pa(kernel_pgtable.root[pte_index(va, 2)]));
		pte_t *entries = page_to_kva(*table);

		for (unsigned i = 0; i < PTES_PER_TABLE; i++)
			entries[i] = zero_leaf;
		page_set(*table, PG_table);
		vmstat_add(NR_PAGETABLE, 1);
		pte_write(&middle[pte_index(va, 1)], table_entry(page_to_pa(*table)));
		*table = NULL;
		slot = leaf_slot_locked(va);
	}
	if (slot->bits == zero_leaf.bits) {
		memset(page_to_kva(*frame), SHADOW_VMALLOC, PAGE_SIZE);
		pte_write(slot, pte_make(page_to_pfn(*frame), PTE_KERNEL_RW));
		*frame = NULL;
	}
	tlb_flush_kernel(va, va + PAGE_SIZE);
}

static bool
is_backed(u64 va)
{
	pte_t *slot;
	bool backed;

	spin_lock(&shadow_lock);
	slot = leaf_slot_locked(va);
	backed = slot && slot->bits != zero_leaf.bits;
	spin_unlock(&shadow_lock);
	return backed;
}

bool
kasan_vmalloc_map(u64 va, gfp_t gfp)
{
	u64 shadow = ALIGN_DOWN((u64)shadow_of(va), PAGE_SIZE);

	if (!is_backed(shadow)) {
		struct page *table = page_alloc(gfp), *frame = page_alloc(gfp);

		if (table && frame) {
			spin_lock(&shadow_lock);
			back_page_locked(shadow, &table, &frame);
			spin_unlock(&shadow_lock);
		}
		if (table)
			page_put(table);
		if (frame)
			page_put(frame);
		if (!is_backed(shadow))
			return false;
	}
	shadow_set(va, PAGE_SIZE, 0);
	return true;
}

void
kasan_vmalloc_trim(u64 start, u64 bytes, u64 mapped_bytes)
{
	u64 used = ALIGN_UP(bytes, GRANULE);

	shadow_set(start + used, mapped_bytes - used, SHADOW_VMALLOC);
	if (bytes % GRANULE)
		*shadow_of(start + bytes) = bytes % GRANULE;
}

void
kasan_vmalloc_unmap(u64 start, u64 bytes)
{
	for (u64 va = start; va < start + bytes; va += PAGE_SIZE)
		if (is_backed(ALIGN_DOWN((u64)shadow_of(va), PAGE_SIZE)))
			shadow_set(va, PAGE_SIZE, SHADOW_VMALLOC);
}
