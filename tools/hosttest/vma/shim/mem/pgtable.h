/* A page table of which only its lock and the calls that free tables matter. */
#pragma once

#include "core/spinlock.h"
#include "mem/gfp.h"
#include "riscv/pte.h"

struct pgtable {
	struct spinlock lock;
	u64 nr_tables;
};

struct tlb_context;
void pgtable_free_range(struct pgtable *pgt, struct tlb_context *ctx, u64 start, u64 end);
