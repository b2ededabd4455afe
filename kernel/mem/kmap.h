#pragma once

/*
 * A kernel address for any page, for a short time. Pages in the direct map have one
 * already; others get a window of this hart (mem/kmap.c). Windows nest: unmap in reverse order,
 * and do not sleep while one is held. Any context, interrupt handlers too.
 *
 * Debug builds count the windows that a thread holds, those of pages in the direct map as well:
 * sleeping with one panics, and so does a system call that leaves one behind.
 */

#include "core/thread_info.h"
#include "mem/page.h"

/* That one hart can hold at a time: a copy between two pages, in a thread and in two handlers. */
#define KMAP_WINDOWS 16

void *kmap_window_map(struct page *page);
void kmap_window_unmap(const void *kva);

static inline void
kmap_count(int n)
{
#ifdef DEBUG
	current_thread_info->nr_kmaps += n;
#else
	(void)n;
#endif
}

static inline void *
kmap_local_page(struct page *page)
{
	kmap_count(1);
	if (likely(page_in_directmap(page)))
		return page_to_kva(page);
	return kmap_window_map(page);
}

/* kva: any address within the page, as long as it lies in what kmap_local_page() gave */
static inline void
kunmap_local(const void *kva)
{
	kmap_count(-1);
	if (unlikely((u64)kva >= KMAP_BASE))
		kmap_window_unmap(kva);
}

/* Whole pages, wherever they are. */
void page_copy_contents(struct page *dst, struct page *src);
void page_zero_contents(struct page *page);

/* Boot hart, while the kernel's page table is made. */
void kmap_init(void);
