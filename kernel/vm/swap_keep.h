#pragma once

/*
 * Contents of swap slots that are kept in memory, in a form smaller than a page: a word that is
 * repeated, or a compressed page (vm/zswap.h).
 */

#include "vm/swap_area.h"

/*
 * Keep the contents of page for its slot, in place of what was kept for it before, if they are
 * small. => page locked, in the cache; false: they have to be written
 */
bool swap_keep_save(struct page *page);

/*
 * Fill page, which is locked and in the cache, with what is kept for its slot. If that was a compressed
 * page it is kept no longer, and page is dirty. => 0; -ENOENT: nothing is kept; -EIO: it cannot be
 * decompressed, now and until the slot is free
 */
int swap_keep_load(struct page *page);

/* Would a page of this slot come from memory? Who does not own the slot gets a guess. */
bool swap_keep_has(swp_entry_t entry);

/* The slot's contents are wanted no more. => area->lock held */
void swap_keep_drop_locked(struct swap_area *area, u64 slot);
