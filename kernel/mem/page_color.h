#pragma once

/*
 * Page colouring, with boot argument page_colors=N: a user page gets a frame of the same colour as its
 * virtual page, and a page of the cache one of the colour of its index in the file, while such a frame is
 * free. A colour is a page number modulo N.
 */

#include "lib/types.h"
#include "mem/gfp.h"

struct page;

#define PAGE_COLORS_MAX 64

/* Number of colours - 1; 0: colouring is off. Set once, at boot. */
extern u32 page_color_mask;

/* A page like page_alloc's, of the colour of an address or offset. Does not reclaim. => NULL: none such is free */
struct page *page_color_alloc(gfp_t gfp, u64 at);

/*
 * Frames of one zone that one hart keeps, sorted by colour: free, and with PG_pcp. Old at once, unless
 * nobody allocates.
 */
u64 page_color_nr_kept(u32 cpu, unsigned zone);

/* Give all of them back. => no lock held */
void page_color_drain(void);

/* Once, at boot: what page_colors= says. */
void page_color_init(void);
