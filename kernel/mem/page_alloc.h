#pragma once

/* Frames: allocation and release, through per-CPU lists for single pages. */

#include "mem/gfp.h"
#include "mem/page.h"

#define MAX_ORDER 10 /* the largest block is 2^10 pages, 4 MiB */

/*
 * 2^order contiguous, naturally aligned frames; refcount 1 on the first, contents undefined
 * unless GFP_ZERO. Without GFP_BIT_RECLAIM: any context, lock rank below ZONE held at most.
 * => NULL when there is no memory
 */
struct page *pages_alloc(gfp_t gfp, unsigned order);

/* => page came from pages_alloc with this order and has no other owner */
void pages_free(struct page *page, unsigned order);

static inline struct page *
page_alloc(gfp_t gfp)
{
	return pages_alloc(gfp, 0);
}

/* A user page for the virtual address uva: like page_alloc, and of the right colour. */
struct page *page_alloc_user(gfp_t gfp, u64 uva);

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

u64 nr_free_pages(void);  /* now, all zones and per-CPU lists */
u64 nr_total_pages(void); /* ever given to the allocator */

/*
 * Hook to vm/: try to free frames, for a caller that may sleep. Called without any lock.
 * => pages freed
 */
extern u64 (*page_reclaim_hook)(gfp_t gfp, unsigned order);
