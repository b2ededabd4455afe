#include "proc/exec_layout.h"

#include "core/machine.h"
#include "dev/random.h"
#include "fs/procfs.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "proc/process.h"
#include "vm/mm.h"

/*
 *	USER_STACK_TOP ┬─ 0 .. 64 MiB
 *	               ├ stack_top, and room for the stack
 *	               ├─ 0 .. 1 GiB
 *	               ├ mmap_base
 *	               │
 *	               ├─ 0 .. 1 GiB
 *	PIE_BASE       ┴ pie_base; the heap 0 .. 32 MiB behind the program
 *
 * As much as Linux does it on Sv39, but for the stack's 1 GiB.
 */
#define STACK_RANDOM_PAGES (1UL << 14)
#define MMAP_RANDOM_PAGES  (1UL << 18)
#define PIE_RANDOM_PAGES   (1UL << 18)
#define BRK_RANDOM_PAGES   (1UL << 13)

/* 2/3 of the way up. */
#define PIE_BASE 0x2aaaaaa000UL

/* Room that is left for the stack: RLIMIT_STACK, between what Linux leaves at least and at most. */
#define STACK_ROOM_MIN (128UL << 20)
#define STACK_ROOM_MAX (USER_STACK_TOP / 6 * 5)

/* One call of the generator for all. */
struct choice {
	u32 stack, mmap, pie, brk;
	u8 random[EXEC_RANDOM_BYTES];
};

/* 0: nothing is put at random; 1: all but the heap; 2: all. */
static u32 randomize_va_space = 2;

static u64
random_bytes(u32 random, u64 nr_pages)
{
	return random % nr_pages * PAGE_SIZE;
}

static u64
stack_room(void)
{
	u64 limit = ALIGN_DOWN(rlimit_get(RLIMIT_STACK), PAGE_SIZE);

	return ALIGN_DOWN(MAX(MIN(limit, STACK_ROOM_MAX), STACK_ROOM_MIN), PAGE_SIZE);
}

void
exec_layout_choose(struct exec_layout *layout)
{
	struct choice choice;

	random_get_bytes(&choice, sizeof(choice));
	memcpy(layout->random, choice.random, sizeof(layout->random));
	if (READ_ONCE(randomize_va_space) < 2)
		choice.brk = 0;
	if (READ_ONCE(randomize_va_space) == 0)
		choice.stack = choice.mmap = choice.pie = 0;
	layout->stack_top = USER_STACK_TOP - random_bytes(choice.stack, STACK_RANDOM_PAGES);
	layout->mmap_base = USER_STACK_TOP - STACK_RANDOM_PAGES * PAGE_SIZE - stack_room() -
			    STACK_GUARD_BYTES - random_bytes(choice.mmap, MMAP_RANDOM_PAGES);
	layout->pie_base = PIE_BASE + random_bytes(choice.pie, PIE_RANDOM_PAGES);
	layout->brk_gap = random_bytes(choice.brk, BRK_RANDOM_PAGES);
}

void INIT
exec_layout_init(void)
{
	if (bootarg_flag("norandmaps"))
		randomize_va_space = 0;
	procfs_register_number("sys/kernel/randomize_va_space", &randomize_va_space, 0, 2);
}
