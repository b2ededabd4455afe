#pragma once

/*
 * Where a swapped page is: the number of a swap area and a slot in it, in one word. It is what a
 * PTE of a swapped page holds (vm/pte_state.h) and what page->private of a page in the swap cache
 * says. Slot 0 of an area is its header, so no entry is 0.
 */

#include "lib/types.h"

#define SWAP_TYPE_BITS 5
#define SWAP_AREAS_MAX (1U << SWAP_TYPE_BITS)

typedef struct {
	u64 val; /* slot << SWAP_TYPE_BITS | type */
} swp_entry_t;

static inline swp_entry_t
swp_entry(unsigned type, u64 slot)
{
	return (swp_entry_t){slot << SWAP_TYPE_BITS | type};
}

static inline unsigned
swp_type(swp_entry_t entry)
{
	return entry.val & (SWAP_AREAS_MAX - 1);
}

static inline u64
swp_slot(swp_entry_t entry)
{
	return entry.val >> SWAP_TYPE_BITS;
}

/* How much a process has read ahead, and what came of it. In struct mm; guesses, so without a lock. */
struct swap_readahead {
	u32 window; /* pages of the last read */
	u32 hits;   /* pages read ahead that were used since */
	u64 last_slot;
};
