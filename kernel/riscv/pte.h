#pragma once

/* Sv39 page-table entries. Source: privileged specification, "Sv39". */

#include "lib/types.h"
#include "riscv/layout.h"

typedef struct {
	u64 bits;
} pte_t;

#define PTE_V	 (1UL << 0)
#define PTE_R	 (1UL << 1)
#define PTE_W	 (1UL << 2)
#define PTE_X	 (1UL << 3)
#define PTE_U	 (1UL << 4)
#define PTE_G	 (1UL << 5)
#define PTE_A	 (1UL << 6)
#define PTE_D	 (1UL << 7)
#define PTE_SOFT (3UL << 8) /* left to software by the specification */

#define PTE_FLAGS_MASK 0x3ffUL
#define PTE_PFN_SHIFT  10
#define PTES_PER_TABLE 512

/* Kernel leaves have A and D set from the start: no fault ever has to set them. */
#define PTE_KERNEL_RW (PTE_V | PTE_R | PTE_W | PTE_G | PTE_A | PTE_D)
#define PTE_KERNEL_RO (PTE_V | PTE_R | PTE_G | PTE_A | PTE_D)
#define PTE_KERNEL_RX (PTE_V | PTE_R | PTE_X | PTE_G | PTE_A | PTE_D)

static inline pte_t
pte_make(u64 pfn, u64 flags)
{
	return (pte_t){(pfn << PTE_PFN_SHIFT) | flags};
}

static inline pte_t
pte_none(void)
{
	return (pte_t){0};
}

static inline bool
pte_is_none(pte_t pte)
{
	return pte.bits == 0;
}

static inline bool
pte_present(pte_t pte)
{
	return pte.bits & PTE_V;
}

/* => pte is present; true when it maps memory, false when it points to a table */
static inline bool
pte_is_leaf(pte_t pte)
{
	return pte.bits & (PTE_R | PTE_W | PTE_X);
}

static inline u64
pte_pfn(pte_t pte)
{
	return (pte.bits >> PTE_PFN_SHIFT) & ((1UL << 44) - 1);
}

static inline u64
pte_pa(pte_t pte)
{
	return pte_pfn(pte) << PAGE_SHIFT;
}

static inline u64
pte_flags(pte_t pte)
{
	return pte.bits & PTE_FLAGS_MASK;
}

static inline bool
pte_writable(pte_t pte)
{
	return pte.bits & PTE_W;
}

/* Index of va in the table of this level: 2 is the root, 0 holds the 4 KiB leaves. */
static inline unsigned
pte_index(u64 va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * level)) & (PTES_PER_TABLE - 1);
}
