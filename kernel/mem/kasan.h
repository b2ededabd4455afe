#pragma once

/*
 * KASAN (make KASAN=1, docs/kasan.md): each access of the kernel is checked against shadow memory,
 * which says of every 8 bytes how many of them may be used. What the allocators have to tell
 * it; without KASAN it is nothing.
 */

#include "lib/types.h"
#include "mem/gfp.h"

struct page;

#ifdef KASAN
/* Freed objects wait in a quarantine; who frees one is noted when it gets there. */
#define KASAN_ENABLED true

/* The shadow of the final page table. => paging_init(), before it is used */
void kasan_shadow_init(void);
/* From here on accesses are checked. => the final page table is in use */
void kasan_start(void);
/* No access is checked any more: a report has begun, which looks at what may not be used. */
void kasan_stop(void);
/* Watch the slab caches. => before all others who watch (mem/slab/watch.h) */
void kasan_slab_init(void);

/* These bytes may be used, or not; start is a multiple of 8, and so is the end when poisoned. */
void kasan_unpoison(const void *start, size_t bytes);
/* A slot of a watched cache is made, and holds no object yet. => mem/slab only; multiples of 8 */
void kasan_slot_unused(void *slot, size_t bytes);

void kasan_page_alloc(struct page *page, unsigned order);
void kasan_page_free(struct page *page, unsigned order);

/* A page of a virtual area is about to be mapped. => false: no memory for its shadow. Context as gfp says */
bool kasan_vmalloc_map(u64 va, gfp_t gfp);
/* What is beyond the bytes that were asked for may not be used. */
void kasan_vmalloc_trim(u64 start, u64 bytes, u64 mapped_bytes);
void kasan_vmalloc_unmap(u64 start, u64 bytes);

/* The frames of the current stack are left for good without returning. */
void kasan_leave_stack(void);

/* Free what is held back so that uses after free are found. */
void kasan_quarantine_drain(void);
#else
#define KASAN_ENABLED false

static inline void
kasan_shadow_init(void)
{
}

static inline void
kasan_start(void)
{
}

static inline void
kasan_stop(void)
{
}

static inline void
kasan_slab_init(void)
{
}

static inline void
kasan_unpoison(const void *start, size_t bytes)
{
	(void)start;
	(void)bytes;
}

static inline void
kasan_slot_unused(void *slot, size_t bytes)
{
	(void)slot;
	(void)bytes;
}

static inline void
kasan_page_alloc(struct page *page, unsigned order)
{
	(void)page;
	(void)order;
}

static inline void
kasan_page_free(struct page *page, unsigned order)
{
	(void)page;
	(void)order;
}

static inline bool
kasan_vmalloc_map(u64 va, gfp_t gfp)
{
	(void)va;
	(void)gfp;
	return true;
}

static inline void
kasan_vmalloc_trim(u64 start, u64 bytes, u64 mapped_bytes)
{
	(void)start;
	(void)bytes;
	(void)mapped_bytes;
}

static inline void
kasan_vmalloc_unmap(u64 start, u64 bytes)
{
	(void)start;
	(void)bytes;
}

static inline void
kasan_leave_stack(void)
{
}

static inline void
kasan_quarantine_drain(void)
{
}
#endif
