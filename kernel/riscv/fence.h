#pragma once

/* Fences of this hart. Source: privileged specification, "Supervisor Memory-Management Fence". */

#include "lib/types.h"

static inline void
sfence_vma_all(void)
{
	asm volatile("sfence.vma" ::: "memory");
}

static inline void
sfence_vma_page(u64 va)
{
	asm volatile("sfence.vma %0" ::"r"(va) : "memory");
}

/* All of one address space but what is global. */
static inline void
sfence_vma_asid(u64 number)
{
	asm volatile("sfence.vma zero, %0" ::"r"(number) : "memory");
}

static inline void
fence_i(void)
{
	asm volatile("fence.i" ::: "memory");
}
