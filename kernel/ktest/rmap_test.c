/*
 * The reverse map of anonymous pages: after whatever was done to the areas, a page's group leads to
 * each of its page-table entries.
 */

#include "ktest/ktest.h"
#include "lib/err.h"
#include "mem/page_alloc.h"
#include "vm/lru.h"
#include "vm/mmap.h"
#include "vm/mremap.h"
#include "vm/pte_state.h"
#include "vm/rmap.h"
#include "vm/usercopy.h"

#define VM_RW (VM_READ | VM_WRITE | VM_MAYALL)
#define BASE  0x10000000UL
#define NR    16

static uva_t
nth(u64 n)
{
	return BASE + n * PAGE_SIZE;
}

/* An address space of NR anonymous pages, all touched. */
static struct mm *
mm_enter(void)
{
	struct mm *mm = mm_create();

	if (!mm)
		return NULL;
	mm_switch(mm);
	if (vma_map(mm, BASE, NR * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) != BASE)
		return NULL;
	for (u64 i = 0; i < NR; i++)
		if (put_user_u32(nth(i), i) < 0)
			return NULL;
	return mm;
}

static struct page *
page_at(struct mm *mm, uva_t uva)
{
	pte_t *ptep = pgtable_lookup(&mm->pgt, uva);

	return ptep && pte_has_page(pte_read(ptep)) ? pte_page(pte_read(ptep)) : NULL;
}

/* => true when the reverse map of the page at uva finds as many entries as it has */
static bool
page_found(struct mm *mm, uva_t uva, s32 nr_maps)
{
	struct page *page = page_at(mm, uva);

	return page && page_test(page, PG_anon) && page_mapcount(page) == nr_maps &&
	       rmap_count(page) == nr_maps;
}

static bool
all_found(struct mm *mm, uva_t start, u64 nr, s32 nr_maps)
{
	for (u64 i = 0; i < nr; i++)
		if (!page_found(mm, start + i * PAGE_SIZE, nr_maps))
			return false;
	return true;
}

static struct anon_group *
group_at(struct mm *mm, uva_t uva)
{
	return vma_at(mm, uva)->anon;
}

KTEST(rmap_finds_pages_after_fork)
{
	struct mm *mm = mm_enter(), *child, *grandchild;

	KTEST_REQUIRE(mm);
	KTEST_CHECK(all_found(mm, BASE, NR, 1));
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(all_found(mm, BASE, NR, 2));
	KTEST_CHECK(put_user_u32(nth(3), 1) == 0);
	KTEST_CHECK(page_found(mm, nth(3), 1) && page_found(child, nth(3), 1));
	KTEST_CHECK(page_at(mm, nth(3)) != page_at(child, nth(3)));
	grandchild = mm_fork(child);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(grandchild));
	KTEST_CHECK(page_found(grandchild, nth(3), 2) && page_found(mm, nth(4), 3));
	mm_put(child);
	KTEST_CHECK(page_found(grandchild, nth(3), 1) && page_found(mm, nth(4), 2));
	mm_put(mm_switch(NULL));
	KTEST_CHECK(all_found(grandchild, BASE, NR, 1));
	mm_put(grandchild);
}

KTEST(rmap_follows_split_and_merge)
{
	struct mm *mm = mm_enter();

	KTEST_REQUIRE(mm);
	KTEST_CHECK(vma_protect(mm, nth(4), 4 * PAGE_SIZE, VM_READ) == 0);
	KTEST_CHECK(mm->nr_vmas == 3 && all_found(mm, BASE, NR, 1));
	KTEST_CHECK(group_at(mm, nth(0)) == group_at(mm, nth(5)));
	KTEST_CHECK(vma_protect(mm, nth(4), 4 * PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	KTEST_CHECK(mm->nr_vmas == 1 && all_found(mm, BASE, NR, 1));
	KTEST_CHECK(vma_unmap(mm, nth(6), 2 * PAGE_SIZE) == 0);
	KTEST_CHECK(mm->nr_vmas == 2);
	KTEST_CHECK(all_found(mm, BASE, 6, 1) && all_found(mm, nth(8), NR - 8, 1));
	mm_put(mm_switch(NULL));
}

/* What was untouched while mprotect parted it takes its neighbour's group, and can be merged again. */
KTEST(rmap_group_of_a_neighbour)
{
	struct mm *mm = mm_create();

	KTEST_REQUIRE(mm);
	mm_switch(mm);
	KTEST_REQUIRE(vma_map(mm, BASE, NR * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) == BASE);
	KTEST_CHECK(vma_protect(mm, nth(8), 8 * PAGE_SIZE, VM_ACCESS) == 0);
	KTEST_CHECK(mm->nr_vmas == 2 && !group_at(mm, BASE) && !group_at(mm, nth(8)));
	KTEST_CHECK(put_user_u32(nth(9), 1) == 0 && !group_at(mm, BASE));
	KTEST_CHECK(put_user_u32(nth(1), 1) == 0);
	KTEST_CHECK(group_at(mm, BASE) && group_at(mm, BASE) == group_at(mm, nth(8)));
	KTEST_CHECK(vma_protect(mm, nth(8), 8 * PAGE_SIZE, VM_READ | VM_WRITE) == 0);
	KTEST_CHECK(mm->nr_vmas == 1 && page_found(mm, nth(1), 1) && page_found(mm, nth(9), 1));
	mm_put(mm_switch(NULL));
}

static bool
two_pages_map(struct mm *mm, uva_t uva)
{
	return vma_map(mm, uva, 2 * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) == (s64)uva;
}

/* What is new takes the addresses of neighbours on both sides, whose pages stay where they were. */
KTEST(rmap_union_keeps_groups_and_sums)
{
	struct mm *mm = mm_enter();
	struct anon_group *group;
	u64 peak;

	KTEST_REQUIRE(mm);
	group = group_at(mm, BASE);
	peak = mm->peak_total_pages;
	KTEST_CHECK(vma_unmap(mm, nth(4), 4 * PAGE_SIZE) == 0 && mm->nr_vmas == 2);
	KTEST_CHECK(two_pages_map(mm, nth(6)));
	KTEST_CHECK(mm->nr_vmas == 2 && group_at(mm, nth(6)) == group);
	KTEST_CHECK(put_user_u32(nth(6), 6) == 0 && page_found(mm, nth(6), 1));
	KTEST_CHECK(two_pages_map(mm, nth(4)));
	KTEST_CHECK(mm->nr_vmas == 1 && group_at(mm, nth(4)) == group);
	KTEST_CHECK(put_user_u32(nth(4), 4) == 0 && page_found(mm, nth(4), 1));
	KTEST_CHECK(all_found(mm, BASE, 4, 1) && all_found(mm, nth(8), NR - 8, 1));
	KTEST_CHECK(mm->total_pages == NR && mm->data_pages == NR);
	KTEST_CHECK(mm->peak_total_pages == peak && peak == NR);
	vma_check(mm);
	mm_put(mm_switch(NULL));
}

KTEST(rmap_follows_mremap)
{
	struct remap remap = {.old = nth(4),
			      .old_bytes = 4 * PAGE_SIZE,
			      .new = nth(64),
			      .new_bytes = 8 * PAGE_SIZE,
			      .may_move = true,
			      .fixed = true};
	struct mm *mm = mm_enter(), *child;

	KTEST_REQUIRE(mm);
	child = mm_fork(mm);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(child));
	KTEST_CHECK(vma_remap(mm, remap) == (s64)nth(64));
	KTEST_CHECK(all_found(mm, BASE, 4, 2) && all_found(mm, nth(64), 4, 2));
	KTEST_CHECK(all_found(child, BASE, NR, 2));
	KTEST_CHECK(put_user_u32(nth(69), 1) == 0 && page_found(mm, nth(69), 1));
	mm_put(mm_switch(NULL));
	KTEST_CHECK(all_found(child, BASE, NR, 1));
	mm_put(child);
}

KTEST(rmap_sees_and_clears_accessed)
{
	struct mm *mm = mm_enter();
	struct page *page;
	u32 word;

	KTEST_REQUIRE(mm);
	page = page_at(mm, nth(2));
	page_get(page);
	KTEST_CHECK(rmap_test_and_clear_accessed(page, NULL) & RMAP_ACCESSED);
	KTEST_CHECK(!(rmap_test_and_clear_accessed(page, NULL) & RMAP_ACCESSED));
	KTEST_CHECK(get_user_u32(&word, nth(2)) == 0 && word == 2);
	KTEST_CHECK(rmap_test_and_clear_accessed(page, NULL) & RMAP_ACCESSED);
	mm_put(mm_switch(NULL));
	KTEST_CHECK(rmap_test_and_clear_accessed(page, NULL) == 0);
	page_put(page);
}

KTEST(rmap_pages_are_on_lists)
{
	struct mm *mm = mm_enter();
	u64 before;

	KTEST_REQUIRE(mm);
	lru_flush();
	before = lru_nr_pages(LRU_INACTIVE_ANON);
	for (u64 i = 0; i < NR; i++)
		KTEST_CHECK(page_test(page_at(mm, nth(i)), PG_lru) &&
			    page_at(mm, nth(i))->lru_slot == 0);
	for (unsigned i = 0; i < NR_ZONES; i++)
		lru_check(&lrus[i]);
	mm_put(mm_switch(NULL));
	KTEST_CHECK(lru_nr_pages(LRU_INACTIVE_ANON) == before - NR);
}
