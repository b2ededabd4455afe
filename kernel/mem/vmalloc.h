#pragma once

/* Virtually contiguous kernel memory, with an unmapped guard page after each area. */

#include "lib/types.h"
#include "mem/gfp.h"

/*
 * Pages of any zone, but for GFP_DMA of the lowest. May sleep. => zero-filled when gfp has GFP_ZERO; NULL
 * when there is no memory
 */
void *vmalloc(size_t size, gfp_t gfp);
/* What vmalloc() gave, or NULL. No hart knows the addresses any more when they are used again. Not in an interrupt */
void vfree(void *kva);

/* Device registers; may sleep. => NULL when there is no memory */
void *ioremap(u64 pa, size_t size);
/* What ioremap() gave. Not in an interrupt */
void iounmap(void *kva);

/* A kernel stack: KSTACK_SIZE bytes with a guard below (riscv/layout.h). => lowest address or NULL */
void *kstack_alloc(void);
void kstack_free(void *base);
/* Unmap the free stacks that are kept for the next threads, and purge. */
void kstack_drain(void);

/*
 * What is freed waits until one flush serves many (mem/vmalloc.c). This is the flush. No spinning lock
 * held. => pages that went back to the buddy
 */
u64 vmalloc_purge(void);
u64 vmalloc_nr_purges(void); /* ever, of something */
u64 vmalloc_nr_kept(void);   /* pages that kstack_drain() gives back, about */

/* => true when kva is in the guard below some kernel stack */
bool kstack_guard_hit(u64 kva);

u64 vmalloc_nr_pages(void);
