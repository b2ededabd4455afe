/*
 * An address space gets a number when it first runs, and a hart that comes back to it finds its
 * translations still there. When the numbers are used up, a new generation begins: all numbers are
 * free again but for those in use at this moment, and each hart flushes its whole TLB once, before
 * it runs under a number of the new generation. So between two flushes of a hart each number means
 * one address space.
 *
 *	word of an address space	generation | number
 *	valid				generation is the present one
 *	a hart switches			valid: take it, without a lock
 *					else, under the lock: a free number, perhaps a new generation
 *
 * A rollover may happen while other harts run, or are just about to. active[cpu] settles who was
 * first: the hart that switches puts its word there by compare-and-swap, and the rollover takes it
 * out and leaves 0.
 *
 *	swap first	the rollover sees the word: the number is reserved for that hart
 *	rollover first	the swap fails: the hart comes to the lock, and flushes
 *
 * A hart that runs on under a reserved number meets nobody else under it. The address space keeps
 * the number in the new generation, for all harts: so one that several harts run at once has the
 * same number on all of them, and a flush by number on one of them means what it says.
 *
 * At worst each hart has a number reserved and the one that switches needs another, so there must
 * be more numbers than harts (and the kernel's, 0); else all addresses are flushed at each switch,
 * as on a hart that has no such bits.
 */

#include "mem/asid.h"

#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "riscv/csr.h"
#include "riscv/fence.h"

#define GENERATION_ONE (1UL << ASID_BITS_MAX)

struct asid_space asids;

void
asid_space_init(struct asid_space *space, u32 bits, u32 nr_harts)
{
	u32 nr_numbers = 1U << MIN(bits, (u32)ASID_BITS_MAX);

	*space = (struct asid_space){.nr_harts = nr_harts, .generation = GENERATION_ONE, .next = 1};
	spin_init(&space->lock, "asid", RANK_ASID);
	if (nr_numbers > nr_harts + 1)
		space->nr_numbers = nr_numbers;
}

/* => the lock is held */
static void
rollover(struct asid_space *space)
{
	space->generation += GENERATION_ONE;
	space->nr_rollovers++;
	bitmap_zero(space->used, space->nr_numbers);
	for (u32 cpu = 0; cpu < space->nr_harts; cpu++) {
		u64 running = __atomic_exchange_n(&space->active[cpu], 0, __ATOMIC_SEQ_CST);

		/* 0: it has not switched since the last rollover. */
		if (running)
			space->reserved[cpu] = running;
		bitmap_set(space->used, asid_number(space->reserved[cpu]));
	}
	space->must_flush = ~0U;
	space->next = 1;
}

/* => a free number, or nr_numbers; the lock is held */
static u32
number_find(const struct asid_space *space)
{
	return bitmap_find_next_zero(space->used, space->nr_numbers, space->next);
}

/* Is a hart running on under this word of an older generation? It stands for the new one, then. */
static bool
reserved_renew(struct asid_space *space, u64 old, u64 renewed)
{
	bool found = false;

	for (u32 cpu = 0; cpu < space->nr_harts; cpu++) {
		if (space->reserved[cpu] != old)
			continue;
		space->reserved[cpu] = renewed;
		found = true;
	}
	return found;
}

/* A word of this generation for one that has none. => the lock is held */
static u64
asid_renew(struct asid_space *space, u64 old)
{
	u64 renewed = space->generation | asid_number(old);
	u32 number;

	if (old && reserved_renew(space, old, renewed))
		return renewed;
	number = number_find(space);
	if (number == space->nr_numbers) {
		rollover(space);
		number = number_find(space);
	}
	assert(number < space->nr_numbers);
	bitmap_set(space->used, number);
	space->next = number + 1;
	return space->generation | number;
}

bool
asid_enter_slow(struct asid_space *space, u64 *asid, u32 cpu)
{
	cpumask_t self = 1U << cpu;
	bool flush;

	spin_lock(&space->lock);
	if (*asid - asid_number(*asid) != space->generation)
		WRITE_ONCE(*asid, asid_renew(space, *asid));
	flush = space->must_flush & self;
	space->must_flush &= ~self;
	__atomic_store_n(&space->active[cpu], *asid, __ATOMIC_SEQ_CST);
	spin_unlock(&space->lock);
	return flush;
}

/* The bits of satp's field that can be written. */
static u32
asid_bits_probe(void)
{
	u64 flags = irq_save();
	u64 satp_value = csr_read(satp);
	u64 field;

	csr_write(satp, satp_value | SATP_ASID_MASK << SATP_ASID_SHIFT);
	field = csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
	csr_write(satp, satp_value);
	sfence_vma_all();
	irq_restore(flags);
	return __builtin_popcountl(field);
}

void INIT
asid_init(void)
{
	u32 found = asid_bits_probe();
	u64 wanted = bootarg_u64("asid_bits", found);
	u32 bits = MIN(wanted, (u64)found);

	if (wanted > found)
		pr_warn("asid_bits=%lu: this machine has %u", wanted, found);
	asid_space_init(&asids, bits, machine.nr_harts);
	if (bits < found || !asids.nr_numbers)
		pr_info("%u of %u ASID bits%s", bits, found,
			asids.nr_numbers ? "" : ": each switch flushes the TLB");
}
