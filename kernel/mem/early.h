#pragma once

/* The early allocator: physical memory before the buddy exists. */

#include "lib/types.h"

/* What frames that the buddy never gets are taken by. */
enum early_kind {
	EARLY_FIRMWARE, /* reserved by the FDT */
	EARLY_IMAGE,	/* the kernel's text and data */
	EARLY_FDT,
	EARLY_INITRD,
	EARLY_TABLES,	    /* page tables of the kernel half */
	EARLY_STRUCT_PAGES, /* the array of struct page */
	NR_EARLY_KINDS,
};

struct mem_region {
	u64 pa, size;
	enum early_kind kind; /* of a reserved region */
};

#define MEM_REGIONS_MAX 64

/* RAM as the FDT says, and what of it is taken. Sorted by address, merged, disjoint. */
extern struct mem_region ram_regions[MEM_REGIONS_MAX];
extern unsigned nr_ram_regions;
extern struct mem_region reserved_regions[MEM_REGIONS_MAX];
extern unsigned nr_reserved_regions;

void early_add_ram(u64 pa, u64 size);
void early_reserve(u64 pa, u64 size, enum early_kind kind);

/* Zero-filled, never freed; panics when there is none. Only before mem_init(). => physical address */
u64 early_alloc(u64 size, u64 align, enum early_kind kind);
/* true until mem_init() gave the rest of RAM to the buddy */
extern bool early_active;

/* For the accounting: bytes of RAM reserved for this, and what to call it. */
u64 early_bytes(enum early_kind kind);
const char *early_kind_name(enum early_kind kind);

/* Final kernel page table and struct pages, then zones, slab and vmalloc. Boot hart, once. */
void paging_init(void);
void mem_init(void);
