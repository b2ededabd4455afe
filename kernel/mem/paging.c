/*
 * The kernel half of every page table.
 *
 * All tables at level 1 of the areas that change after boot (vmalloc, vmemmap, kmap) are
 * made at once, so the 256 upper entries of the root never change and a copy of them in
 * each process's root stays right. No leaf is both writable and executable; text and
 * read-only data are read-only in the direct map too.
 */

#include "core/image.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/kasan.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/pgtable.h"
#include "mem/vmstat.h"
#include "riscv/fence.h"

/* Kernel memory that the smallest direct map has to leave beside the image. */
#define DIRECTMAP_ROOM_MIN (16UL << 20)

struct pgtable kernel_pgtable;

/* Before paging_init() all of RAM can be reached. */
struct page *directmap_end_page = (struct page *)(VMEMMAP_BASE + VMEMMAP_SIZE);

/* vmalloc areas share tables, so their users take turns here. */
static struct spinlock kernel_map_lock = SPINLOCK_INIT("kernel_map", RANK_PAGETABLE);

static u64
level_size(int level)
{
	return 1UL << (PAGE_SHIFT + 9 * level);
}

static pte_t *
table_of(pte_t pte)
{
	return pa_to_kva(pte_pa(pte));
}

/* A zeroed table, early or from the buddy. => NULL when there is no memory */
static pte_t INIT_REF *
kernel_table_alloc(gfp_t gfp)
{
	pte_t *table;

	if (early_active)
		return pa_to_kva(early_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_TABLES));
	table = page_alloc_kva(gfp | GFP_ZERO);
	if (table) {
		page_set(kva_to_page(table), PG_table);
		vmstat_add(NR_PAGETABLE, 1);
	}
	return table;
}

/* The slot for va at a level, making tables above it. => NULL: no memory, or a larger leaf is there */
static pte_t *
kernel_slot(u64 va, int level)
{
	pte_t *table = kernel_pgtable.root;

	for (int at = 2; at > level; at--) {
		pte_t *slot = &table[pte_index(va, at)];

		if (!pte_present(*slot)) {
			pte_t *fresh = kernel_table_alloc(GFP_ATOMIC);

			if (!fresh)
				return NULL;
			pte_write(slot, pte_make(kva_to_pa(fresh) >> PAGE_SHIFT, PTE_V));
		} else if (pte_is_leaf(*slot)) {
			return NULL;
		}
		table = table_of(*slot);
	}
	return &table[pte_index(va, level)];
}

/* The largest level whose leaf fits at va and pa within size. */
static int
largest_level(u64 va, u64 pa, u64 size)
{
	for (int level = 2; level > 0; level--)
		if (IS_ALIGNED(va | pa, level_size(level)) && size >= level_size(level))
			return level;
	return 0;
}

static int
kernel_map_locked(u64 va, u64 pa, u64 size, u64 flags)
{
	while (size) {
		int level = largest_level(va, pa, size);
		pte_t *slot = kernel_slot(va, level);

		if (!slot)
			return -ENOMEM;
		if (!pte_is_none(*slot))
			return -EEXIST;
		pte_write(slot, pte_make(pa >> PAGE_SHIFT, flags));
		va += level_size(level);
		pa += level_size(level);
		size -= level_size(level);
	}
	return 0;
}

int
kernel_map(u64 va, u64 pa, u64 size, u64 flags)
{
	int error;

	assert(IS_ALIGNED(va | pa | size, PAGE_SIZE));
	assert((flags & (PTE_W | PTE_X)) != (PTE_W | PTE_X));
	spin_lock(&kernel_map_lock);
	error = kernel_map_locked(va, pa, size, flags);
	spin_unlock(&kernel_map_lock);
	return error;
}

/* => the table, if somebody else's is there already; NULL: it is used */
static pte_t *
table_install(u64 va, pte_t *table)
{
	pte_t *slot;

	spin_lock(&kernel_map_lock);
	slot = kernel_slot(va, 1);
	if (slot && pte_is_none(*slot)) {
		pte_write(slot, pte_make(kva_to_pa(table) >> PAGE_SHIFT, PTE_V));
		table = NULL;
	}
	spin_unlock(&kernel_map_lock);
	return table;
}

static void
kernel_table_free(pte_t *table)
{
	page_clear(kva_to_page(table), PG_table);
	vmstat_add(NR_PAGETABLE, -1);
	page_free_kva(table);
}

static bool
has_table(u64 va)
{
	pte_t *slot;
	bool found;

	spin_lock(&kernel_map_lock);
	slot = kernel_slot(va, 1);
	found = slot && pte_present(*slot);
	spin_unlock(&kernel_map_lock);
	return found;
}

int
kernel_map_prepare(u64 va, u64 size, gfp_t gfp)
{
	for (u64 at = ALIGN_DOWN(va, level_size(1)); at < va + size; at += level_size(1)) {
		pte_t *table;

		if (has_table(at))
			continue;
		table = kernel_table_alloc(gfp);
		if (!table)
			return -ENOMEM;
		table = table_install(at, table);
		if (table)
			kernel_table_free(table);
	}
	return 0;
}

void
kernel_unmap(u64 va, u64 size)
{
	spin_lock(&kernel_map_lock);
	for (u64 end = va + size; va < end; va += PAGE_SIZE) {
		pte_t *slot = kernel_slot(va, 0);

		if (slot)
			pte_write(slot, pte_none());
	}
	spin_unlock(&kernel_map_lock);
}

pte_t
kernel_lookup(u64 va, int *level)
{
	pte_t *table = kernel_pgtable.root;

	for (*level = 2; *level >= 0; (*level)--) {
		pte_t pte = pte_read(&table[pte_index(va, *level)]);

		if (!pte_present(pte))
			return pte_none();
		if (pte_is_leaf(pte))
			return pte;
		table = table_of(pte);
	}
	return pte_none();
}

/* Replace a leaf by a table of 512 leaves one level down with the same translation. */
static int
leaf_split(pte_t *slot, int level)
{
	pte_t *table = kernel_table_alloc(GFP_ATOMIC);
	u64 step = level_size(level - 1) >> PAGE_SHIFT;

	if (!table)
		return -ENOMEM;
	for (unsigned i = 0; i < PTES_PER_TABLE; i++)
		table[i] = pte_make(pte_pfn(*slot) + i * step, pte_flags(*slot));
	pte_write(slot, pte_make(kva_to_pa(table) >> PAGE_SHIFT, PTE_V));
	return 0;
}

/* The leaf that maps va, split until it lies within [va, va+size). => NULL: no memory */
static pte_t *
leaf_within(u64 va, u64 size, int *level)
{
	pte_t *table = kernel_pgtable.root;

	for (*level = 2;; (*level)--) {
		pte_t *slot = &table[pte_index(va, *level)];

		assert(pte_present(*slot));
		if (pte_is_leaf(*slot)) {
			if (IS_ALIGNED(va, level_size(*level)) && size >= level_size(*level))
				return slot;
			if (leaf_split(slot, *level) < 0)
				return NULL;
		}
		table = table_of(*slot);
	}
}

int
kernel_protect(u64 va, u64 size, u64 flags)
{
	int error = 0;
	int level;

	spin_lock(&kernel_map_lock);
	while (size) {
		pte_t *slot = leaf_within(va, size, &level);

		if (!slot) {
			error = -ENOMEM;
			break;
		}
		pte_write(slot, pte_make(pte_pfn(*slot), flags));
		va += level_size(level);
		size -= level_size(level);
	}
	spin_unlock(&kernel_map_lock);
	return error;
}

static void INIT
map_or_die(u64 va, u64 pa, u64 size, u64 flags)
{
	if (kernel_map(va, pa, size, flags) < 0)
		panic("cannot map %#lx to %#lx, %lu KiB", va, pa, size >> 10);
}

static void INIT
map_image_part(const char *start, const char *end, u64 flags)
{
	map_or_die((u64)start, image_to_pa(start), end - start, flags);
}

/*
 * directmap=SIZE: only so much RAM gets addresses of its own, in whole blocks of the buddy.
 * => where the direct map ends
 */
static u64 INIT
directmap_end(void)
{
	u64 start = ram_regions[0].pa;
	u64 end = ram_regions[nr_ram_regions - 1].pa + ram_regions[nr_ram_regions - 1].size;
	u64 least = image_to_pa(kernel_end) + DIRECTMAP_ROOM_MIN;
	u64 size = bootarg_u64("directmap", 0);

	if (!size || size >= end - start)
		return end;
	if (start + size < least)
		pr_warn("directmap=%lu: the kernel needs more", size);
	return MIN(end, ALIGN_UP(MAX(start + size, least), (u64)PAGE_SIZE << MAX_ORDER));
}

/* One stretch of RAM in the direct map; the image's text and constants are read-only there. */
static void INIT
map_ram(u64 start, u64 end)
{
	u64 ro_start = image_to_pa(text_start);
	u64 ro_end = image_to_pa(rodata_end);
	u64 first = CLAMP(ro_start, start, end);
	u64 last = CLAMP(ro_end, start, end);

	map_or_die(start + DIRECTMAP_BASE, start, first - start, PTE_KERNEL_RW);
	map_or_die(first + DIRECTMAP_BASE, first, last - first, PTE_KERNEL_RO);
	map_or_die(last + DIRECTMAP_BASE, last, end - last, PTE_KERNEL_RW);
}

/* struct pages of a stretch of RAM and of the blocks of the buddy that it lies in. */
static void INIT
map_vmemmap(u64 start, u64 end)
{
	const u64 block = (u64)PAGE_SIZE << MAX_ORDER;
	u64 first = (u64)pa_to_page(ALIGN_DOWN(start, block));
	u64 last = (u64)pa_to_page(ALIGN_UP(end, block));
	int level;

	while (first < last && !pte_is_none(kernel_lookup(first, &level)))
		first += PAGE_SIZE;
	while (first < last) {
		u64 size = PAGE_SIZE;

		if (IS_ALIGNED(first, 1UL << PMD_SHIFT) && last - first >= (1UL << PMD_SHIFT))
			size = 1UL << PMD_SHIFT;
		map_or_die(first, early_alloc_high(size, size, EARLY_STRUCT_PAGES), size,
			   PTE_KERNEL_RW);
		first += size;
	}
}

static void INIT
make_middle_tables(u64 start, u64 end)
{
	for (u64 va = start; va < end; va += 1UL << PUD_SHIFT)
		if (!kernel_slot(va, 1))
			panic("no memory for the kernel's page tables");
}

static void INIT
map_direct(u64 limit)
{
	for (unsigned i = 0; i < nr_ram_regions && ram_regions[i].pa < limit; i++)
		map_ram(ram_regions[i].pa, MIN(ram_regions[i].pa + ram_regions[i].size, limit));
}

pte_t *
kernel_pte(u64 va)
{
	pte_t *ptep;

	spin_lock(&kernel_map_lock);
	ptep = kernel_slot(va, 0);
	spin_unlock(&kernel_map_lock);
	return ptep;
}

void INIT
paging_init(void)
{
	u64 limit = directmap_end();

	directmap_end_page = pa_to_page(limit);
	spin_init(&kernel_pgtable.lock, "kernel_pgtable", RANK_PAGETABLE);
	kernel_pgtable.root = pa_to_kva(early_alloc(PAGE_SIZE, PAGE_SIZE, EARLY_TABLES));
	map_image_part(text_start, init_text_end, PTE_KERNEL_RX);
	map_image_part(rodata_start, rodata_end, PTE_KERNEL_RO);
	map_image_part(init_data_start, kernel_end, PTE_KERNEL_RW);
	map_direct(limit);
	make_middle_tables(VMALLOC_BASE, VMALLOC_END);
	make_middle_tables(VMEMMAP_BASE, VMEMMAP_BASE + VMEMMAP_SIZE);
	make_middle_tables(KMAP_BASE, KMAP_END);
	for (unsigned i = 0; i < nr_ram_regions; i++)
		map_vmemmap(ram_regions[i].pa, ram_regions[i].pa + ram_regions[i].size);
	kmap_init();
	kasan_shadow_init();
	csr_write(satp, SATP_MODE_SV39 | (kva_to_pa(kernel_pgtable.root) >> PAGE_SHIFT));
	sfence_vma_all();
	kasan_start();
}
