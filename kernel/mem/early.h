#pragma once

/* The early allocator: physical memory before the buddy exists, and what became of it. */

#include "lib/types.h"

/* Why a stretch of RAM never came to the buddy. */
enum early_kind {
	EARLY_FIRMWARE,	    /* reserved by the firmware's device tree */
	EARLY_IMAGE,	    /* the kernel's text, constants and data */
	EARLY_FDT,	    /* the device tree */
	EARLY_INITRD,	    /* the initial RAM disk */
	EARLY_TABLES,	    /* page tables of the kernel half */
	EARLY_STRUCT_PAGES, /* the array of struct page */
	EARLY_KASAN,	    /* shadow memory */
	NR_EARLY_KINDS,
};

struct mem_region {
	u64 pa, size;
	enum early_kind kind; /* of a reserved region */
};

#define MEM_REGIONS_MAX 64

/*
 * RAM as the FDT says, and what of it is taken: sorted by address, without overlaps, neighbours of
 * one kind joined. Changed only before mem_init(), and by early_release().
 */
extern struct mem_region ram_regions[MEM_REGIONS_MAX];
extern unsigned nr_ram_regions;
extern struct mem_region reserved_regions[MEM_REGIONS_MAX];
extern unsigned nr_reserved_regions;

/* RAM, as the machine tells: whole pages of it count. => one hart, before any allocation */
void early_add_ram(u64 pa, u64 size);
/* What of it is reserved already keeps its kind. */
void early_reserve(u64 pa, u64 size, enum early_kind kind);

/*
 * A piece from within what was reserved for one thing is not reserved any more: the one change after
 * mem_init(), while nobody walks over frames yet.
 */
void early_release(u64 pa, u64 size);

/*
 * Zero-filled and in the direct map, never freed; panics when there is none. Only before
 * mem_init(). => physical address
 */
u64 early_alloc(u64 size, u64 align, enum early_kind kind);
/* The same from the highest RAM there is: maybe beyond the direct map, contents undefined. */
u64 early_alloc_high(u64 size, u64 align, enum early_kind kind);
/* true until mem_init() gave the rest of RAM to the buddy */
extern bool early_active;

/* For the accounting: bytes of RAM reserved for this, and what to call it. */
u64 early_bytes(enum early_kind kind);
const char *early_kind_name(enum early_kind kind);
/* => the reserved region that contains pa, or NULL */
const struct mem_region *early_region_of(u64 pa);

/* Final kernel page table and struct pages, then zones, slab and vmalloc. Boot hart, once. */
void paging_init(void);
void mem_init(void);

/* Give INIT code and data to the buddy. => nothing runs there any more; once, any thread */
void init_memory_free(void);
