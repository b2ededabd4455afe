#include "mem/pgtable.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/tlb.h"
#include "mem/vmstat.h"

int
pgtable_init(struct pgtable *pgt)
{
	pte_t *root = page_alloc_kva(GFP_KERNEL);

	if (!root)
		return -ENOMEM;
	page_set(kva_to_page(root), PG_table);
	tlb_check_table(kva_to_page(root), pgt, 2, 0);
	memset(root, 0, PAGE_SIZE / 2);
	memcpy(root + PTES_PER_TABLE / 2, kernel_pgtable.root + PTES_PER_TABLE / 2, PAGE_SIZE / 2);
	vmstat_add(NR_PAGETABLE, 1);
	pgt->root = root;
	list_init(&pgt->tables);
	pgt->nr_tables = 0;
	spin_init(&pgt->lock, "pgtable", RANK_PAGETABLE);
	return 0;
}

static void
table_free(struct page *page)
{
	list_del(&page->lru);
	vmstat_add(NR_PAGETABLE, -1);
	page_clear(page, PG_table);
	pages_free(page, 0);
}

void
pgtable_destroy(struct pgtable *pgt)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &pgt->tables, lru)
		table_free(page);
	pgt->nr_tables = 0;
	page_clear(kva_to_page(pgt->root), PG_table);
	vmstat_add(NR_PAGETABLE, -1);
	page_free_kva(pgt->root);
	pgt->root = NULL;
}

/*
 * => the table of this level for va, which *slot points to, made and hung in when there is none; NULL:
 * no memory
 */
static pte_t *
table_ensure(struct pgtable *pgt, pte_t *slot, int level, u64 va, gfp_t gfp)
{
	pte_t pte = pte_read(slot);
	struct page *page;

	if (likely(pte_present(pte)))
		return pgtable_table(pte);
	page = page_alloc((gfp & ~(GFP_BIT_HIGHMEM | GFP_MOVABLE)) | GFP_ZERO);
	if (!page)
		return NULL;
	spin_lock(&pgt->lock);
	pte = pte_read(slot);
	if (!pte_present(pte)) {
		page_set(page, PG_table);
		tlb_check_table(page, pgt, level,
				ALIGN_DOWN(va, 1UL << (PAGE_SHIFT + 9 * (level + 1))));
		list_add(&page->lru, &pgt->tables);
		pgt->nr_tables++;
		vmstat_add(NR_PAGETABLE, 1);
		pte = pte_make(page_to_pfn(page), PTE_V);
		pte_write(slot, pte);
		page = NULL;
	}
	spin_unlock(&pgt->lock);
	if (page)
		page_put(page);
	return pgtable_table(pte);
}

pte_t *
pgtable_ensure(struct pgtable *pgt, u64 va, gfp_t gfp)
{
	pte_t *table = table_ensure(pgt, &pgt->root[pte_index(va, 2)], 1, va, gfp);

	if (!table)
		return NULL;
	table = table_ensure(pgt, &table[pte_index(va, 1)], 0, va, gfp);
	if (!table)
		return NULL;
	return &table[pte_index(va, 0)];
}

pte_t *
pgtable_next(struct pgtable *pgt, u64 *va, u64 end, unsigned *nr)
{
	while (*va < end) {
		pte_t pte = pte_read(&pgt->root[pte_index(*va, 2)]);
		u64 stop;

		if (!pte_present(pte)) {
			*va = ALIGN_DOWN(*va, 1UL << PUD_SHIFT) + (1UL << PUD_SHIFT);
			continue;
		}
		stop = ALIGN_DOWN(*va, 1UL << PMD_SHIFT) + (1UL << PMD_SHIFT);
		pte = pte_read(&pgtable_table(pte)[pte_index(*va, 1)]);
		if (!pte_present(pte)) {
			*va = stop;
			continue;
		}
		*nr = (MIN(stop, end) - *va + PAGE_SIZE - 1) >> PAGE_SHIFT;
		return &pgtable_table(pte)[pte_index(*va, 0)];
	}
	return NULL;
}

static bool
table_empty(const pte_t *table)
{
	for (unsigned i = 0; i < PTES_PER_TABLE; i++)
		if (!pte_is_none(table[i]))
			return false;
	return true;
}

/* Take an empty table out of its parent; harts may still walk it. => pgt->lock held */
static void
table_unhook(struct pgtable *pgt, pte_t *slot, struct list_head *unhooked)
{
	struct page *page = pa_to_page(pte_pa(*slot));

	pte_write(slot, pte_none());
	list_move(&page->lru, unhooked);
	pgt->nr_tables--;
}

static void
unhook_leaf_tables(struct pgtable *pgt, pte_t *middle, u64 start, u64 end,
		   struct list_head *unhooked)
{
	for (u64 va = ALIGN_UP(start, 1UL << PMD_SHIFT); va + (1UL << PMD_SHIFT) <= end;
	     va += 1UL << PMD_SHIFT) {
		pte_t *slot = &middle[pte_index(va, 1)];

		if (pte_present(*slot) && table_empty(pgtable_table(*slot)))
			table_unhook(pgt, slot, unhooked);
	}
}

static void
unhook_tables(struct pgtable *pgt, u64 start, u64 end, struct list_head *unhooked)
{
	u64 va = start;

	while (va < end) {
		u64 gib = ALIGN_DOWN(va, 1UL << PUD_SHIFT);
		u64 stop = MIN(end, gib + (1UL << PUD_SHIFT));
		pte_t *slot = &pgt->root[pte_index(va, 2)];

		if (pte_present(*slot)) {
			unhook_leaf_tables(pgt, pgtable_table(*slot), va, stop, unhooked);
			if (va == gib && stop == gib + (1UL << PUD_SHIFT) &&
			    table_empty(pgtable_table(*slot)))
				table_unhook(pgt, slot, unhooked);
		}
		va = stop;
	}
}

/*
 * A hart may cache the entries that point to tables, and a fence for an address orders leaves only
 * (privileged specification, "Supervisor Memory-Management Fence Instruction"). So all of the
 * context is flushed, once, between taking the tables out and giving their frames away.
 */
void
pgtable_free_range(struct pgtable *pgt, struct tlb_context *ctx, u64 start, u64 end)
{
	LIST_HEAD(unhooked);
	struct page *page, *next;

	spin_lock(&pgt->lock);
	unhook_tables(pgt, start, end, &unhooked);
	spin_unlock(&pgt->lock);
	if (list_empty(&unhooked))
		return;
	tlb_flush_tables(ctx);
	list_for_each_entry_safe(page, next, &unhooked, lru)
		table_free(page);
}
