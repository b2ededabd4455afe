#pragma once

/*
 * Address space identifiers: a number in satp that tags what a hart's TLB holds, so that a switch
 * need not forget it all. There are fewer numbers than address spaces, so a number is good for one
 * generation; mem/asid.c has the theory.
 */

#include "core/cpu.h"
#include "core/spinlock.h"
#include "lib/bitmap.h"

#define ASID_BITS_MAX 16

/* The numbers of one machine: an instance, so that tests can have small ones. */
struct asid_space {
	struct spinlock lock;
	u32 nr_numbers; /* 0: do without; number 0 is the kernel's and never given */
	u32 nr_harts;
	u32 next;	       /* lock: where to look for a free number */
	u64 generation;	       /* lock; read without. The low ASID_BITS_MAX bits are 0 */
	u64 active[NR_CPUS];   /* what the hart runs; 0 after a rollover took note of it */
	u64 reserved[NR_CPUS]; /* lock: what it ran at the last rollover */
	cpumask_t must_flush;  /* lock: harts that have not yet flushed since */
	u64 nr_rollovers;      /* lock */
	BITMAP_DECLARE(used, 1U << ASID_BITS_MAX); /* lock: in this generation */
};

/* The machine's, after asid_init(). */
extern struct asid_space asids;

/* Numbers of so many bits for so many harts. With too few bits for the harts there are none. */
void asid_space_init(struct asid_space *space, u32 bits, u32 nr_harts);

/* What of an address space's word goes into satp. */
static inline u64
asid_number(u64 asid)
{
	return asid & ((1UL << ASID_BITS_MAX) - 1);
}

/* asid_enter() without its short way. */
bool asid_enter_slow(struct asid_space *space, u64 *asid, u32 cpu);

/*
 * Hart cpu, which is the caller's, is about to run the address space whose word *asid is (0 at
 * first): it has a number of this generation afterwards, and keeps that while some hart runs it.
 * => true: the hart must forget all that it holds before it uses the number; interrupts off
 */
static inline bool
asid_enter(struct asid_space *space, u64 *asid, u32 cpu)
{
	u64 was = READ_ONCE(space->active[cpu]);
	u64 mine = READ_ONCE(*asid);

	if (likely(was && mine - asid_number(mine) == READ_ONCE(space->generation) &&
		   __atomic_compare_exchange_n(&space->active[cpu], &was, mine, false,
					       __ATOMIC_RELAXED, __ATOMIC_RELAXED)))
		return false;
	return asid_enter_slow(space, asid, cpu);
}

/* Find out how many bits the boot hart has; asid_bits=N makes them fewer. Once, with paging on. */
void asid_init(void);
