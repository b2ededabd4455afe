#include "vm/commit.h"

#include "mem/page_alloc.h"
#include "mem/vmstat.h"
#include "vm/mm.h"
#include "vm/swap.h"

#define KIB_TO_PAGES(kib) ((u64)(kib) / (PAGE_SIZE / 1024))

/* The default of user_reserve_kbytes: a part of what is free at boot, but not more than this. */
#define USER_RESERVE_SHARE 32
#define USER_RESERVE_MOST  (128U << 10)

/* ... and of the process that asks, when that is less. */
#define PROCESS_RESERVE_SHARE 32

u32 overcommit_memory = OVERCOMMIT_GUESS;
u32 overcommit_ratio = 50;
u32 overcommit_kbytes;
u32 user_reserve_kbytes;

/* Not those of an area that swapoff empties: nothing more may be promised on them. */
static u64
swap_pages(void)
{
	return atomic64_read(&swap_nr_usable);
}

u64
commit_limit(void)
{
	if (overcommit_kbytes)
		return KIB_TO_PAGES(overcommit_kbytes) + swap_pages();
	return nr_total_pages() * overcommit_ratio / 100 + swap_pages();
}

static NOINLINE bool
limit_allows(const struct mm *mm, u64 nr_pages)
{
	u64 limit = commit_limit(), reserve = 0;

	if (mm)
		reserve = MIN(mm->total_pages / PROCESS_RESERVE_SHARE,
			      KIB_TO_PAGES(user_reserve_kbytes));
	return vmstat_get(NR_COMMITTED) + nr_pages + reserve <= limit;
}

bool
commit_allows(const struct mm *mm, u64 nr_pages)
{
	if (unlikely(overcommit_memory == OVERCOMMIT_NEVER))
		return limit_allows(mm, nr_pages);
	return overcommit_memory == OVERCOMMIT_ALWAYS ||
	       nr_pages <= nr_total_pages() + swap_pages();
}

u32
commit_flags(u32 vm_flags)
{
	if (overcommit_memory == OVERCOMMIT_NEVER)
		vm_flags &= ~VM_NORESERVE;
	if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE)
		return vm_flags | VM_ACCOUNT;
	return vm_flags & ~VM_ACCOUNT;
}

void INIT
commit_init(void)
{
	u64 kib = nr_free_pages() * (PAGE_SIZE / 1024) / USER_RESERVE_SHARE;

	user_reserve_kbytes = MIN(kib, (u64)USER_RESERVE_MOST);
}
