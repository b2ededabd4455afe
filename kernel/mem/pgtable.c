#include "mem/pgtable.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page_alloc.h"

static pte_t *
table_of(pte_t pte)
{
	return pa_to_kva(pte_pa(pte));
}

int
pgtable_init(struct pgtable *pgt)
{
	pte_t *root = page_alloc_kva(GFP_KERNEL);

	if (!root)
		return -ENOMEM;
	page_set(kva_to_page(root), PG_table);
	memset(root, 0, PAGE_SIZE / 2);
	memcpy(root + PTES_PER_TABLE / 2, kernel_pgtable.root + PTES_PER_TABLE / 2, PAGE_SIZE / 2);
	pgt->root = root;
	pgt->nr_tables = 0;
	spin_init(&pgt->lock, "pgtable", RANK_PAGETABLE);
	return 0;
}

static void
table_free(struct pgtable *pgt, pte_t *table)
{
	page_clear(kva_to_page(table), PG_table);
	page_free_kva(table);
	pgt->nr_tables--;
}

void
pgtable_destroy(struct pgtable *pgt)
{
	for (unsigned i = 0; i < PTES_PER_TABLE / 2; i++) {
		pte_t *middle;

		if (!pte_present(pgt->root[i]))
			continue;
		middle = table_of(pgt->root[i]);
		for (unsigned j = 0; j < PTES_PER_TABLE; j++)
			if (pte_present(middle[j]))
				table_free(pgt, table_of(middle[j]));
		table_free(pgt, middle);
	}
	assert(pgt->nr_tables == 0);
	page_clear(kva_to_page(pgt->root), PG_table);
	page_free_kva(pgt->root);
	pgt->root = NULL;
}

pte_t *
pgtable_lookup(struct pgtable *pgt, u64 va)
{
	pte_t pte = pte_read(&pgt->root[pte_index(va, 2)]);

	if (unlikely(!pte_present(pte)))
		return NULL;
	pte = pte_read(&table_of(pte)[pte_index(va, 1)]);
	if (unlikely(!pte_present(pte)))
		return NULL;
	return &table_of(pte)[pte_index(va, 0)];
}

/* => the table that *slot points to, made and hung in when there is none; NULL: no memory */
static pte_t *
table_ensure(struct pgtable *pgt, pte_t *slot, gfp_t gfp)
{
	pte_t pte = pte_read(slot);
	pte_t *table;

	if (likely(pte_present(pte)))
		return table_of(pte);
	table = page_alloc_kva((gfp & ~(GFP_BIT_HIGHMEM | GFP_MOVABLE)) | GFP_ZERO);
	if (!table)
		return NULL;
	page_set(kva_to_page(table), PG_table);
	spin_lock(&pgt->lock);
	pgt->nr_tables++;
	pte = pte_read(slot);
	if (pte_present(pte)) {
		table_free(pgt, table);
		table = table_of(pte);
	} else {
		pte_write(slot, pte_make(kva_to_pa(table) >> PAGE_SHIFT, PTE_V));
	}
	spin_unlock(&pgt->lock);
	return table;
}

pte_t *
pgtable_ensure(struct pgtable *pgt, u64 va, gfp_t gfp)
{
	pte_t *table = table_ensure(pgt, &pgt->root[pte_index(va, 2)], gfp);

	if (!table)
		return NULL;
	table = table_ensure(pgt, &table[pte_index(va, 1)], gfp);
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
		pte = pte_read(&table_of(pte)[pte_index(*va, 1)]);
		if (!pte_present(pte)) {
			*va = stop;
			continue;
		}
		*nr = (MIN(stop, end) - *va + PAGE_SIZE - 1) >> PAGE_SHIFT;
		return &table_of(pte)[pte_index(*va, 0)];
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

static void
free_leaf_tables(struct pgtable *pgt, pte_t *middle, u64 start, u64 end)
{
	for (u64 va = ALIGN_UP(start, 1UL << PMD_SHIFT); va + (1UL << PMD_SHIFT) <= end;
	     va += 1UL << PMD_SHIFT) {
		pte_t *slot = &middle[pte_index(va, 1)];

		if (!pte_present(*slot) || !table_empty(table_of(*slot)))
			continue;
		table_free(pgt, table_of(*slot));
		pte_write(slot, pte_none());
	}
}

void
pgtable_free_range(struct pgtable *pgt, u64 start, u64 end)
{
	u64 va = start;

	while (va < end) {
		u64 gib = ALIGN_DOWN(va, 1UL << PUD_SHIFT);
		u64 stop = MIN(end, gib + (1UL << PUD_SHIFT));
		pte_t *slot = &pgt->root[pte_index(va, 2)];

		if (pte_present(*slot)) {
			free_leaf_tables(pgt, table_of(*slot), va, stop);
			if (va == gib && stop == gib + (1UL << PUD_SHIFT) && table_empty(table_of(*slot))) {
				table_free(pgt, table_of(*slot));
				pte_write(slot, pte_none());
			}
		}
		va = stop;
	}
}
