#pragma once

/*
 * struct page: one for each frame of RAM, in an array at VMEMMAP_BASE indexed by
 * frame number. pfn_to_online_page() (mem/page_alloc.h) tells whether it was ever written; any frame
 * that somebody was given has. Who may use a field depends on the frame's state:
 *
 *   free in the buddy   PG_buddy, order, lru (free list of its zone)     ZONE lock
 *   slab                PG_slab, slab_cache, freelist, slab_*            SLAB lock
 *   page table          PG_table
 *   anonymous           owner = anon group | 1, index, mapcount          page lock / PT lock
 *   file                mapping, index, mapcount, PG_dirty ...           page lock, MAPPING lock
 *   reserved            PG_reserved: firmware, image, struct pages, never freed
 *   free, per-CPU list  PG_pcp, next_free                               that hart, irq off
 *   free, of a colour   PG_pcp, lru (mem/page_color.c)                  lock of the pool
 *   plain kernel page   no flags; private belongs to whoever allocated it
 *
 * refcount: owners of the frame; it is freed when the last one puts it.
 * mapcount: user PTEs that point to it; 0 means unmapped.
 */

#include "core/atomic.h"
#include "core/panic.h"
#include "lib/list.h"
#include "lib/types.h"
#include "riscv/layout.h"

enum page_flag {
	PG_locked,     /* I/O or a change of identity is under way */
	PG_referenced, /* used lately */
	PG_uptodate,   /* contents are valid */
	PG_dirty,      /* newer than the disk */
	PG_lru,	       /* on an LRU list, or in the batch of those that go there */
	PG_active,     /* ... on the active one */
	PG_slab,
	PG_reserved,
	PG_writeback, /* being written to disk */
	PG_buddy,     /* free, head of a block of `order` */
	PG_table,     /* a page-table page */
	PG_kstack,
	PG_vmalloc, /* other memory of vmalloc */
	PG_head,    /* first page of an allocation of order > 0; `order` is valid */
	PG_tail,    /* another page of one with GFP_COMP; head = page - private */
	PG_anon,
	PG_swapcache,
	PG_swapbacked,
	PG_unevictable,
	PG_mlocked,
	PG_workingset,
	PG_error,     /* the last I/O on it failed */
	PG_readahead, /* touching it starts the next readahead window */
	PG_pcp,	      /* free, on a per-CPU list */
	PG_waiters,   /* somebody sleeps until PG_locked or PG_writeback clears */
	PG_zero,      /* the shared zero page */
	NR_PAGE_FLAGS,
};

struct kmem_cache;
struct mapping;

struct page {
	u32 flags; /* 1 << enum page_flag; atomic bit operations */
	u8 zone;   /* index of its zone; never changes after boot */
	u8 order;  /* of a free block, or of an allocation (PG_head) */
	union {
		u16 slab_inuse;
		u16 lru_slot; /* PG_lru: its place in a hart's batch, or 0 (vm/lru.c) */
	};
	atomic_t refcount;
	atomic_t mapcount;
	union {
		struct mapping *mapping; /* file page: its file's cache */
		struct kmem_cache *slab_cache;
		u64 owner; /* tagged word of vm/ */
	};
	union {
		u64 index;	/* page offset within mapping, or virtual page number */
		void *freelist; /* slab: first free object of this page */
	};
	union {
		struct list_head lru;
		struct page *next_free; /* per-CPU list */
	};
	union {
		u64 private;
		u64 slab_nr_objects;
	};
	u8 lru_age;  /* PG_lru: for vm/policy_age.c */
	u8 lru_home; /* whose lists it goes to: those of its zone, or others (vm/lru.h) */
} ALIGNED(64);

STATIC_ASSERT(sizeof(struct page) == 64);

/* The host's tests bring an array of their own. */
#ifndef vmemmap
#define vmemmap ((struct page *)VMEMMAP_BASE)
#endif

/* What a frame's struct page is at first. */
static inline void
page_init(struct page *page, u8 zone, u32 flags, s32 refcount)
{
	*page = (struct page){
		.flags = flags,
		.zone = zone,
		.lru_home = zone,
		.refcount = ATOMIC_INIT(refcount),
	};
}

static inline struct page *
pfn_to_page(u64 pfn)
{
	return vmemmap + pfn;
}

static inline u64
page_to_pfn(const struct page *page)
{
	return page - vmemmap;
}

static inline u64
page_to_pa(const struct page *page)
{
	return page_to_pfn(page) << PAGE_SHIFT;
}

static inline struct page *
pa_to_page(u64 pa)
{
	return pfn_to_page(pa >> PAGE_SHIFT);
}

/*
 * Frames below this one have a kernel address for ever; those from here on (ZONE_HIGHMEM) have
 * one only while kmap_local_page() gives it. Set by paging_init().
 */
extern struct page *directmap_end_page;

static inline bool
page_in_directmap(const struct page *page)
{
	return page < directmap_end_page;
}

/* Direct map only: kva must come from pa_to_kva, page_to_kva or kmalloc. */
static inline u64
kva_to_pa(const void *kva)
{
	debug_assert(page_in_directmap(pa_to_page((u64)kva - DIRECTMAP_BASE)));
	return (u64)kva - DIRECTMAP_BASE;
}

static inline void *
pa_to_kva(u64 pa)
{
	debug_assert(page_in_directmap(pa_to_page(pa)));
	return (void *)(pa + DIRECTMAP_BASE);
}

static inline struct page *
kva_to_page(const void *kva)
{
	return pa_to_page(kva_to_pa(kva));
}

/* => page is in the direct map (any page that was not allocated with GFP_BIT_HIGHMEM) */
static inline void *
page_to_kva(const struct page *page)
{
	return pa_to_kva(page_to_pa(page));
}

static inline bool
page_test(const struct page *page, enum page_flag flag)
{
	return __atomic_load_n(&page->flags, __ATOMIC_RELAXED) & (1U << flag);
}

static inline void
page_set(struct page *page, enum page_flag flag)
{
	__atomic_fetch_or(&page->flags, 1U << flag, __ATOMIC_RELAXED);
}

static inline void
page_clear(struct page *page, enum page_flag flag)
{
	__atomic_fetch_and(&page->flags, ~(1U << flag), __ATOMIC_RELEASE);
}

/* => true when this call set it */
static inline bool
page_test_and_set(struct page *page, enum page_flag flag)
{
	return !(__atomic_fetch_or(&page->flags, 1U << flag, __ATOMIC_ACQUIRE) & (1U << flag));
}

/* => true when this call cleared it */
static inline bool
page_test_and_clear(struct page *page, enum page_flag flag)
{
	return __atomic_fetch_and(&page->flags, ~(1U << flag), __ATOMIC_ACQ_REL) & (1U << flag);
}

/* One more owner. => the caller knows that there is one already */
static inline void
page_get(struct page *page)
{
	s32 now = atomic_inc(&page->refcount);

	assert(now > 1);
}

/* => false, and nothing was done, when the last owner has gone: the frame is about to be free */
static inline bool
page_try_get(struct page *page)
{
	s32 old = atomic_read(&page->refcount);

	while (old > 0) {
		if (atomic_cmpxchg(&page->refcount, old, old + 1))
			return true;
		old = atomic_read(&page->refcount);
	}
	return false;
}

/* One owner less; the last one frees the frame. Any context, no lock of rank ZONE or above held. */
void page_put(struct page *page);

/* The same for who knows that there is another owner, and that he stays. */
static inline void
page_put_shared(struct page *page)
{
	s32 now = atomic_dec(&page->refcount);

	assert(now > 0);
}

/* Hook to vm/: a page with PG_lru set lost its last owner; take it off its list. */
extern void (*page_lru_release_hook)(struct page *page);

static inline s32
page_refcount(const struct page *page)
{
	return atomic_read(&page->refcount);
}

static inline s32
page_mapcount(const struct page *page)
{
	return atomic_read(&page->mapcount);
}
