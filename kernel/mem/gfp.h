#pragma once

/*
 * How an allocation may go about it. Names and meaning are Linux's, but for the underscores: a
 * GFP_BIT_ is what Linux spells with two. There is no NOFAIL: every caller can be told no.
 */

#include "lib/types.h"

typedef u32 gfp_t;

#define GFP_BIT_DMA	(1U << 0)  /* from ZONE_DMA only; from ZONE_NORMAL when that is empty */
#define GFP_BIT_HIGHMEM (1U << 1)  /* ZONE_HIGHMEM will do: the caller uses kmap_local_page() */
#define GFP_BIT_RECLAIM (1U << 2)  /* may sleep and reclaim */
#define GFP_BIT_IO	(1U << 3)  /* that reclaim may start disk I/O */
#define GFP_BIT_HIGH	(1U << 4)  /* may dip into the atomic reserve */
#define GFP_ZERO	(1U << 5)  /* zero-filled */
#define GFP_NOWARN	(1U << 6)  /* a failure is expected: print nothing */
#define GFP_NORETRY	(1U << 7)  /* give up after one round of reclaim */
#define GFP_MEMALLOC	(1U << 8)  /* no watermark at all: the reclaimer itself, an OOM victim */
#define GFP_MOVABLE	(1U << 9)  /* user page: its frame may change */
#define GFP_BIT_FS	(1U << 10) /* that reclaim may call file systems */
#define GFP_COMP	(1U << 11) /* every page of the block can find the first: PG_tail, private */

/* What of it chooses the zones: an index into zonelists[]. */
#define GFP_ZONE_MASK (GFP_BIT_DMA | GFP_BIT_HIGHMEM)

#define GFP_KERNEL   (GFP_BIT_RECLAIM | GFP_BIT_IO | GFP_BIT_FS)
#define GFP_NOFS     (GFP_BIT_RECLAIM | GFP_BIT_IO)
#define GFP_NOIO     (GFP_BIT_RECLAIM)
#define GFP_ATOMIC   (GFP_BIT_HIGH)
#define GFP_NOWAIT   0
#define GFP_DMA	     GFP_BIT_DMA /* with one of the others: GFP_KERNEL | GFP_DMA */
#define GFP_USER     GFP_KERNEL
#define GFP_HIGHUSER (GFP_KERNEL | GFP_BIT_HIGHMEM | GFP_MOVABLE)
