#pragma once

/*
 * An address space: page table, areas, accounting. Threads of one process share it.
 *
 * users counts tasks (and whoever looks at the memory from outside); when the last one goes the
 * memory is given back. The structure and the root table live on until no hart has them loaded
 * (mm->tlb.refs).
 */

#include "core/refcount.h"
#include "mem/pgtable.h"
#include "mem/tlb.h"
#include "sched/rwsem.h"
#include "sched/task.h"
#include "vm/swap_entry.h"
#include "vm/vma.h"

#define USER_STACK_TOP	    0x3ffffff000UL
#define STACK_LIMIT_DEFAULT (8UL << 20)
#define LIMIT_INFINITY	    UINT64_MAX

/*
 * Letters: M mm->lock; P pgt.lock; A atomic.
 */
struct mm {
	struct pgtable pgt;
	struct tlb_context tlb;
	refcount_t users;

	struct rwsem lock;	   /* MM */
	struct rb_root vma_tree;   /* M: by address */
	struct list_head vma_list; /* M: by address */
	struct vma *vma_cache;	   /* the last one found; a hint that readers may race on */
	u32 nr_vmas;		   /* M */
	u32 oom_state;		   /* A: MM_OOM_*, 0 but for those that are killed for it */
	u64 hole_hint; /* M: no hole of largest_skipped bytes or more lies above, below mmap_base */
	u64 hole_skipped; /* M: the largest hole above hole_hint */

	u64 total_pages;	       /* M: in all areas */
	u64 data_pages;		       /* M: private writable, not stack */
	u64 stack_pages;	       /* M: VM_GROWSDOWN */
	u64 exec_pages;		       /* M: executable file areas */
	u64 locked_pages;	       /* M: VM_LOCKED */
	u64 peak_total_pages;	       /* M */
	atomic64_t rss_anon, rss_file; /* A: pages mapped now, of each kind */
	atomic64_t nr_swap;	       /* A: swap entries in the page table */
	struct swap_readahead swap_ra; /* guesses; no lock */
	u64 peak_rss;		       /* A; highest sum seen, roughly */

	u64 start_code, end_code, start_data, end_data; /* M: set by exec, shown by /proc */
	u64 start_brk, brk;				/* M: set by exec; sys_brk moves brk */
	u64 start_stack;				/* M: sp that exec chose */
	u64 arg_start, arg_end, env_start, env_end;	/* M: set by exec */
	u64 mmap_base;	     /* M: mmap looks for room downwards from here */
	struct mapping *exe; /* M: the program's file, a reference, or NULL */
	u64 auxv[2 * 24];    /* set by exec, shown by /proc */

	/* Limits in bytes, copies of the process's RLIMIT_*: proc/ sets them. */
	u64 limit_stack, limit_as, limit_data, limit_memlock;
	struct list_head all_link; /* list of all, mm_list_lock */
	u32 lock_future;	   /* M: VM_LOCKED or 0: for areas to come (mlockall) */
};

/* An empty address space with one user; brk 0, mmap_base below the stack. => NULL: no memory */
struct mm *mm_create(void);

/* One more user. => the caller has or knows one */
static inline void
mm_get(struct mm *mm)
{
	refcount_inc(&mm->users);
}

/* One more user, unless there is none left. => true when it was taken */
static inline bool
mm_try_get(struct mm *mm)
{
	return refcount_inc_not_zero(&mm->users);
}

/* One user less; the last one's put unmaps everything. May sleep; no lock held. */
void mm_put(struct mm *mm);

/*
 * Goes through all address spaces that have a user: the one after prev (NULL: the first), with a
 * reference. prev's reference is put. => NULL after the last; no lock held, may sleep
 */
struct mm *mm_next(struct mm *prev);

/*
 * A copy for fork: same areas, pages shared and copied on write. => ERR_PTR, NULL when there is no
 * memory; nothing changed then
 */
struct mm *mm_fork(struct mm *parent);

/*
 * Make mm (may be NULL) the address space of the current task: task->mm, task->tlb and this hart.
 * The reference moves from the caller to the task; the task's former mm is returned, with its
 * reference, for the caller to mm_put().
 */
struct mm *mm_switch(struct mm *mm);

/* mmap looks for room below base from now on. => nothing is mapped yet */
void mm_set_mmap_base(struct mm *mm, uva_t base);

/*
 * The program that runs in mm; nobody may open its file for writing as long as it does. Takes a
 * reference, drops the former. => 0; -ETXTBSY: somebody has it open for writing
 */
int mm_set_exe(struct mm *mm, struct mapping *exe);

static inline u64
mm_rss_pages(const struct mm *mm)
{
	s64 pages = atomic64_read(&mm->rss_anon) + atomic64_read(&mm->rss_file);

	return pages > 0 ? pages : 0;
}

/*
 * Its private pages are being taken away: nothing may be put in the place of one. => for an answer
 * that stays, pgt.lock held
 */
static inline bool
mm_is_unstable(const struct mm *mm)
{
	return unlikely(READ_ONCE(mm->oom_state));
}

/* Note the resident size in peak_rss before it shrinks. */
void mm_update_peak(struct mm *mm);
/* The largest resident size until now. Any context. */
u64 mm_peak_pages(struct mm *mm);

/*
 * Lists what is mapped: calls visit for each area in order, with mm->lock held for reading; stops
 * when it returns false.
 */
void mm_for_each_vma(struct mm *mm, bool (*visit)(struct vma *vma, void *arg), void *arg);

/* Once, at boot. */
void mm_init(void);
