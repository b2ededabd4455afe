/* /proc/<pid>/pagemap: one word for each virtual page, with Linux's bits. */
#include "proc/pid_info.h"

#include "mem/pgtable.h"
#include "vm/mm.h"
#include "vm/pte_state.h"

#define PM_EXCLUSIVE BIT(56) /* no other page-table entry has the page */
#define PM_FILE	     BIT(61) /* of a file, or shared anonymous memory */
#define PM_SWAP	     BIT(62) /* bits 0 to 4 are the swap area, 5 to 54 the slot in it */
#define PM_PRESENT   BIT(63) /* bits 0 to 54 are the frame number */

static u64
pagemap_word(pte_t pte)
{
	u64 word = PM_PRESENT | pte_pfn(pte);
	const struct page *page;

	if (pte_is_swap(pte))
		return PM_SWAP | pte_to_swp_entry(pte).val;
	if (!pte_has_page(pte))
		return 0;
	if (pte_is_zero_page(pte))
		return word;
	page = pte_page(pte);
	if (!page_test(page, PG_anon))
		word |= PM_FILE;
	return page_mapcount(page) == 1 ? word | PM_EXCLUSIVE : word;
}

s64
pid_pagemap_words(struct mm *mm, u64 first, u64 *words, u64 nr)
{
	u64 end = USER_VA_END >> PAGE_SHIFT;

	if (!mm || first >= end)
		return 0;
	nr = MIN(nr, end - first);
	spin_lock(&mm->pgt.lock);
	for (u64 i = 0; i < nr; i++) {
		const pte_t *ptep = pgtable_lookup(&mm->pgt, (first + i) << PAGE_SHIFT);

		words[i] = ptep ? pagemap_word(pte_read(ptep)) : 0;
	}
	spin_unlock(&mm->pgt.lock);
	return nr;
}
