#pragma once

/*
 * What a user PTE can be. The lowest layer knows present leaves; the rest is vm/'s:
 *
 *	none	  all bits 0
 *	present	  V and at least R or X: a page, or the zero page
 *	parked	  not V, PTE_PARKED: a page that PROT_NONE hides; keeps its A and D bits
 */

#include "mem/page.h"
#include "riscv/pte.h"

#define PTE_PARKED (1UL << 8) /* one of the two bits left to software */

/* The shared page of zeros: mapped read-only, neither counted nor referenced. */
extern struct page *zero_page;
extern u64 zero_pfn;

/* Does it hold a page (or the zero page), accessible or not? */
static inline bool
pte_has_page(pte_t pte)
{
	return pte.bits & (PTE_V | PTE_PARKED);
}

static inline bool
pte_is_zero_page(pte_t pte)
{
	return pte_pfn(pte) == zero_pfn;
}

static inline struct page *
pte_page(pte_t pte)
{
	return pfn_to_page(pte_pfn(pte));
}

/* A leaf for pfn with the bits that vma_flags_to_pte() gave, or a parked one when these are 0. */
static inline pte_t
pte_for(u64 pfn, u64 pte_flags)
{
	return pte_make(pfn, pte_flags ? pte_flags | PTE_A : PTE_PARKED | PTE_A);
}

/* The tag in page->owner of an anonymous page; what else the word says is the reverse map's. */
#define PAGE_OWNER_ANON 1UL
