#pragma once

/* The step that all copies to and from user memory share: from a user address to its page. */

#include "lib/compiler.h"
#include "lib/errno.h"
#include "vm/fault.h"
#include "vm/pte_state.h"

/* What an entry must have for the kernel to load, or store, on a program's behalf. */
#define USER_PTE_READ  (PTE_V | PTE_U | PTE_R | PTE_A)
#define USER_PTE_WRITE (PTE_V | PTE_U | PTE_W | PTE_A | PTE_D)

static inline bool
user_range_ok(uva_t uva, size_t bytes)
{
	return bytes <= USER_VA_END && uva <= USER_VA_END - bytes;
}

/* The page behind uva if its entry has the needed bits, else NULL. => mm->pgt.lock held */
static inline struct page *
user_page_locked(struct mm *mm, uva_t uva, u64 needed)
{
	pte_t *ptep = pgtable_lookup(&mm->pgt, uva);

	if (unlikely(!ptep || (ptep->bits & needed) != needed))
		return NULL;
	return pte_page(*ptep);
}

/* Fault it in as the program would have. Sleeps. => 0: look again; -EFAULT */
static inline int
user_page_fault(struct mm *mm, uva_t uva, u64 needed)
{
	enum fault_access access = needed & PTE_W ? FAULT_WRITE : FAULT_READ;

	return fault_handle(mm, uva, access) == FAULT_OK ? 0 : -EFAULT;
}
