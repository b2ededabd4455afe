#pragma once

/*
 * What a user PTE can be. The lowest layer knows present leaves; the rest is vm/'s:
 *
 *	none	  all bits 0
 *	present	  V and at least R or X: a page, or the zero page
 *	parked	  not V, PTE_PARKED: a page that PROT_NONE hides; keeps its A and D bits
 *	swap	  neither V nor PTE_PARKED, PTE_SWAP: the page is in the swap slot that the rest says (vm/swap.h)
 */

#include "mem/page.h"
#include "riscv/pte.h"
#include "vm/swap_entry.h"

/*
 * The two bits left to software. PTE_OWNED, of an anonymous page: this entry may be made writable at once, for
 * nobody else's maps the page, and none will but by a fork, which takes the bit away. Who has a reference to
 * such a page may store to it, so it must not be replaced by a copy while there is one.
 */
#define PTE_PARKED (1UL << 8)
#define PTE_SWAP   (1UL << 9)
#define PTE_OWNED  PTE_SWAP

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

static inline bool
pte_is_swap(pte_t pte)
{
	return (pte.bits & (PTE_V | PTE_PARKED | PTE_SWAP)) == PTE_SWAP;
}

/* Of an entry that has a page. */
static inline bool
pte_is_owned(pte_t pte)
{
	return pte.bits & PTE_OWNED;
}

static inline swp_entry_t
pte_to_swp_entry(pte_t pte)
{
	return (swp_entry_t){pte.bits >> PTE_PFN_SHIFT};
}

static inline pte_t
swp_entry_to_pte(swp_entry_t entry)
{
	return (pte_t){entry.val << PTE_PFN_SHIFT | PTE_SWAP};
}

/* The tag in page->owner of an anonymous page; the rest of the word is its struct anon_group. */
#define PAGE_OWNER_ANON 1UL
