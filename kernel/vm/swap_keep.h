#pragma once

/* Contents of swap slots that are kept in memory, in a form much smaller than a page. */

#include "vm/swap_area.h"

/*
 * Keep the contents of page for its slot, in place of what was kept for it before, if they are
 * small. => page locked, in the cache; false: they have to be written
 */
bool swap_keep_save(struct page *page);

/* Fill page, which is locked, with what is kept for its slot. => false: nothing is */
bool swap_keep_load(struct page *page);

/* The slot's contents are wanted no more. => area->lock held */
void swap_keep_drop_locked(struct swap_area *area, u64 slot);
