/* What programs use of xv6's machine header. */
#pragma once

#include "kernel/types.h"

#define PGSIZE	4096
#define PGSHIFT 12

#define PGROUNDUP(size)	  (((size) + PGSIZE - 1) & ~(PGSIZE - 1))
#define PGROUNDDOWN(addr) ((addr) & ~(PGSIZE - 1))

/* One past the highest user address of Sv39. */
#define MAXVA (1L << 38)

static inline uint64
r_sp(void)
{
	uint64 sp;

	__asm__ volatile("mv %0, sp" : "=r"(sp));
	return sp;
}

static inline uint64
r_time(void)
{
	uint64 time;

	__asm__ volatile("rdtime %0" : "=r"(time));
	return time;
}
