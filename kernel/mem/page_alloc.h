#pragma once

/* Frames: allocation and release, through per-CPU lists for single pages. */

#include "mem/gfp.h"
#include "mem/page.h"

#define MAX_ORDER 10 /* the largest block is 2^10 pages, 4 MiB */

/* One frame, refcount 1; else like pages_alloc. */
struct page *page_alloc(gfp_t gfp);

/*
 * 2^order contiguous, naturally aligned frames; refcount 1 on the first, which has PG_head and the
 * order when order > 0; contents undefined unless GFP_ZERO. Struct pages behind the first are as
 * free frames leave them, unless GFP_COMP marks them as tails. Without GFP_BIT_RECLAIM: any
 * context, lock rank below ZONE held at most; with it, may sleep.
 * => NULL when there is no memory
 */
struct page *pages_alloc(gfp_t gfp, unsigned order);

/* => page came from pages_alloc with this order and has no other owner */
void pages_free(struct page *page, unsigned order);

/* A page for a user address, or an offset in a file: like page_alloc, and of the right colour. */
struct page *page_alloc_user(gfp_t gfp, u64 at);

/*
 * Up to nr single pages at once into pages[]: cheaper than one by one. => how many; fewer than nr
 * when memory is short, for it does not reclaim beyond what one page needs
 */
u64 pages_alloc_bulk(gfp_t gfp, u64 nr, struct page **pages);

/*
 * nr_pages contiguous frames, aligned to the power of two above, each a page of its own with
 * refcount 1: nothing is wasted beyond nr_pages. At most 2^MAX_ORDER. Context as gfp says.
 * => the first, or NULL
 */
struct page *pages_alloc_exact(gfp_t gfp, u64 nr_pages);
/* => each has no other owner */
void pages_free_exact(struct page *page, u64 nr_pages);

/*
 * The same for any number of frames, the first a multiple of align_pages (a power of two): for
 * devices that want more, or other alignment, than the buddy has blocks for. Looks for a stretch that
 * is free; it moves nobody. May sleep. Released by pages_free_exact(). => NULL: none found
 */
struct page *pages_alloc_contig(gfp_t gfp, u64 nr_pages, u64 align_pages);

/* The same by kernel address. => NULL when there is no memory; no GFP_BIT_HIGHMEM */
void *pages_alloc_kva(gfp_t gfp, unsigned order);
void pages_free_kva(void *kva, unsigned order);

static inline void *
page_alloc_kva(gfp_t gfp)
{
	return pages_alloc_kva(gfp, 0);
}

static inline void
page_free_kva(void *kva)
{
	pages_free_kva(kva, 0);
}

u64 nr_free_pages(void);  /* now, all zones, per-CPU lists and pools */
u64 nr_total_pages(void); /* ever given to the allocator */

/* Is it RAM that the machine told of? */
bool pfn_is_ram(u64 pfn);

/*
 * For who walks over all frames: the frame's struct page, or NULL when it has none. That is so for
 * what is no RAM, for the array of struct page itself (early_region_of() tells), and for free
 * frames that were never used (pfn_deferred() tells).
 */
struct page *pfn_to_online_page(u64 pfn);

/*
 * Hook to vm/: try to free frames, for a caller that may sleep. Called without any lock.
 * => pages freed
 */
extern u64 (*page_reclaim_hook)(gfp_t gfp, unsigned order);

/* Hook to vm/: zones are down to their low watermarks. Any context. */
extern void (*page_low_hook)(void);
