#include "hosttest.h"
#include "lib/errno.h"
#include "vma/env.h"

#define VM_RW (VM_READ | VM_WRITE | VM_MAYALL)

HOSTTEST(vma_random_operations)
{
	env_reset();
	for (int i = 0; i < 20000; i++)
		env_step((u32)rnd() & ~8U, (u32)rnd(), (u32)rnd(), (u32)rnd());
	env_destroy();
}

HOSTTEST(vma_random_operations_without_memory)
{
	env_reset();
	for (int i = 0; i < 20000; i++)
		env_step((u32)rnd(), (u32)rnd(), (u32)rnd(), (u32)rnd());
	env_destroy();
}

/* The highest hole that is large enough, found by looking at every page. */
static u64
hole_by_hand(u64 bytes)
{
	for (u64 addr = env_mm.mmap_base - bytes; addr > 0; addr -= PAGE_SIZE)
		if (!vma_find_overlap(&env_mm, addr, addr + bytes))
			return addr;
	return 0;
}

HOSTTEST(vma_takes_the_highest_hole)
{
	env_reset();
	for (int i = 0; i < 3000; i++) {
		u64 bytes = (1 + rnd_below(8)) * PAGE_SIZE;
		u64 low = env_mm.mmap_base - 128 * PAGE_SIZE;
		s64 where;

		if (rnd_one_in(2)) {
			CHECK_EQ(vma_unmap(&env_mm, low + rnd_below(120) * PAGE_SIZE, bytes), 0);
			continue;
		}
		u64 expected = hole_by_hand(bytes);

		/* Unlike neighbours, so that they do not merge. */
		where = vma_map(&env_mm, 0, bytes, rnd_one_in(2) ? VM_RW : VM_RW & ~VM_WRITE, NULL,
				0, MAP_PLACE_HINT);
		CHECK_EQ(where, expected);
		vma_check(&env_mm);
		if (env_mm.total_pages > 100)
			CHECK_EQ(vma_unmap(&env_mm, low, 128 * PAGE_SIZE), 0);
	}
	env_destroy();
}

HOSTTEST(vma_keeps_the_gap_below_a_stack)
{
	env_reset();
	env_mm.mmap_base = env_mm.hole_hint = USER_STACK_TOP;
	CHECK_EQ(stack_map(&env_mm, USER_STACK_TOP, 4 * PAGE_SIZE, false), 0);
	s64 where = vma_map(&env_mm, 0, PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_HINT);

	CHECK_EQ(where, USER_STACK_TOP - 5 * PAGE_SIZE - STACK_GUARD_BYTES);
	CHECK_EQ(stack_grow(vma_at(&env_mm, USER_STACK_TOP - 1), USER_STACK_TOP - 5 * PAGE_SIZE),
		 -ENOMEM);
	CHECK_EQ(vma_unmap(&env_mm, (u64)where, PAGE_SIZE), 0);
	CHECK_EQ(stack_grow(vma_at(&env_mm, USER_STACK_TOP - 1), USER_STACK_TOP - 5 * PAGE_SIZE),
		 0);
	CHECK_EQ(env_mm.stack_pages, 5);
	env_destroy();
}

HOSTTEST(vma_map_count_is_limited)
{
	env_reset();
	for (u64 i = 0; env_mm.nr_vmas < max_map_count; i++)
		CHECK(vma_map(&env_mm, ENV_BASE + 2 * i * PAGE_SIZE, PAGE_SIZE, VM_RW, NULL, 0,
			      MAP_PLACE_FIXED) > 0);
	CHECK_EQ(vma_map(&env_mm, 0, PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_HINT), -ENOMEM);
	vma_check(&env_mm);
	CHECK_EQ(vma_unmap(&env_mm, ENV_BASE, 4 * PAGE_SIZE), 0);
	env_destroy();
}
