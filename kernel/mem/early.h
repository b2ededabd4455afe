#pragma once

/* The early allocator: physical memory before the buddy exists. */

#include "lib/types.h"

struct mem_region {
	u64 pa, size;
};

#define MEM_REGIONS_MAX 32

/* RAM as the FDT says, and what of it is taken. Sorted by address, merged. */
extern struct mem_region ram_regions[MEM_REGIONS_MAX];
extern unsigned nr_ram_regions;
extern struct mem_region reserved_regions[MEM_REGIONS_MAX];
extern unsigned nr_reserved_regions;

void early_add_ram(u64 pa, u64 size);
void early_reserve(u64 pa, u64 size);

/* Zero-filled, never freed; panics when there is none. Only before mem_init(). => physical address */
u64 early_alloc(u64 size, u64 align);
/* true until mem_init() gave the rest of RAM to the buddy */
extern bool early_active;

/* Final kernel page table and struct pages, then zones, slab and vmalloc. Boot hart, once. */
void paging_init(void);
void mem_init(void);
