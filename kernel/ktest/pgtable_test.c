/* Tables of an address space: which are given back, and that no frame is lost on the way. */

#include "ktest/ktest.h"
#include "mem/pgtable.h"
#include "mem/vmstat.h"
#include "vm/mm.h"

#define GIB  (1UL << PUD_SHIFT)
#define TWO  (1UL << PMD_SHIFT) /* 2 MiB: what one level-0 table maps */
#define BASE (3 * GIB)

/* An entry that is neither none nor present. Nobody but this test may see it. */
#define SOME_ENTRY ((pte_t){.bits = 5UL << 10})

/* Tables for the first page of each 2 MiB. */
static bool
tables_make(struct mm *mm, u64 start, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (!pgtable_ensure(&mm->pgt, start + i * TWO, GFP_KERNEL))
			return false;
	return true;
}

static u64
tables_after_free(struct mm *mm, u64 start, u64 end)
{
	pgtable_free_range(&mm->pgt, &mm->tlb, start, end);
	return mm->pgt.nr_tables;
}

KTEST(pgtable_free_range_wants_whole_tables)
{
	u64 before = vmstat_get(NR_PAGETABLE), own;
	struct mm *mm = mm_create();

	KTEST_REQUIRE(mm);
	own = mm->pgt.nr_tables;
	KTEST_CHECK(tables_make(mm, BASE, 3) && mm->pgt.nr_tables == own + 4);
	KTEST_CHECK(tables_after_free(mm, BASE + PAGE_SIZE, BASE + TWO) == own + 4);
	KTEST_CHECK(tables_after_free(mm, BASE, BASE + TWO - PAGE_SIZE) == own + 4);
	KTEST_CHECK(tables_after_free(mm, BASE + PAGE_SIZE, BASE + 2 * TWO) == own + 3);
	KTEST_CHECK(pgtable_lookup(&mm->pgt, BASE));
	KTEST_CHECK(!pgtable_lookup(&mm->pgt, BASE + TWO));
	KTEST_CHECK(pgtable_lookup(&mm->pgt, BASE + 2 * TWO));
	KTEST_CHECK(tables_after_free(mm, BASE, BASE + GIB) == own);
	KTEST_CHECK(!pgtable_lookup(&mm->pgt, BASE));
	mm_put(mm);
	KTEST_CHECK(vmstat_get(NR_PAGETABLE) == before);
}

/* A table stays while an entry in it is not none, present or not, and so does the one above it. */
KTEST(pgtable_free_range_keeps_what_is_used)
{
	struct mm *mm = mm_create();
	pte_t *last;
	u64 own;

	KTEST_REQUIRE(mm);
	own = mm->pgt.nr_tables;
	KTEST_CHECK(tables_make(mm, BASE, 2));
	last = pgtable_lookup(&mm->pgt, BASE + 2 * TWO - PAGE_SIZE);
	KTEST_REQUIRE(last);
	pte_write(last, SOME_ENTRY);
	KTEST_CHECK(tables_after_free(mm, BASE, BASE + GIB) == own + 2);
	KTEST_CHECK(pgtable_lookup(&mm->pgt, BASE + 2 * TWO - PAGE_SIZE) == last);
	KTEST_CHECK(!pgtable_lookup(&mm->pgt, BASE));
	KTEST_CHECK(pte_read(last).bits == SOME_ENTRY.bits);
	pte_write(last, pte_none());
	KTEST_CHECK(tables_after_free(mm, BASE, BASE + GIB) == own);
	mm_put(mm);
}

/* A table of the level above goes only with the whole GiB, and the next one is not touched. */
KTEST(pgtable_free_range_across_a_gib)
{
	struct mm *mm = mm_create();
	u64 own, va, middle = BASE + GIB;
	unsigned nr;

	KTEST_REQUIRE(mm);
	own = mm->pgt.nr_tables;
	KTEST_CHECK(tables_make(mm, middle - TWO, 2) && mm->pgt.nr_tables == own + 4);
	KTEST_CHECK(tables_after_free(mm, middle - TWO, middle + TWO) == own + 2);
	va = BASE;
	KTEST_CHECK(!pgtable_next(&mm->pgt, &va, BASE + 2 * GIB, &nr));
	KTEST_CHECK(tables_after_free(mm, BASE, middle + GIB - PAGE_SIZE) == own + 1);
	KTEST_CHECK(tables_make(mm, middle, 1) && mm->pgt.nr_tables == own + 2);
	KTEST_CHECK(tables_after_free(mm, middle, middle + GIB) == own);
	mm_put(mm);
}
