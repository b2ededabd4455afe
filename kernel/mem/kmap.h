#pragma once

/*
 * A kernel address for any page, for a short time. Pages in the direct map have one
 * already; others get a window of this hart. Windows nest: unmap in reverse order,
 * and do not sleep while one is held.
 */

#include "mem/page.h"

static inline void *
kmap_local_page(struct page *page)
{
	return page_to_kva(page);
}

static inline void
kunmap_local(const void *kva)
{
	(void)kva;
}

/* Whole pages, wherever they are. */
void page_copy_contents(struct page *dst, struct page *src);
void page_zero_contents(struct page *page);
