#pragma once

/*
 * Out of memory: reclaim finds nothing, and somebody is killed for his memory. What the parts do:
 *
 *	mem/page_oom.c	 which allocations come here, and the detector of standstill
 *	vm/oom.c	 one at a time; knobs; the report
 *	vm/oom_score.c	 points
 *	proc/oom_kill.c	 candidates, and the kill
 *	vm/oom_reap.c	 the victim's memory goes at once, whatever the victim is doing
 */

#include "mem/gfp.h"
#include "vm/oom_score.h"

struct mm;

/* mm->oom_state: bits that are set, and never cleared, with an atomic or. */
#define MM_OOM_VICTIM 1U /* being killed; its private pages may be gone: no fault is served */
#define MM_OOM_DONE   2U /* its memory has been given back, or there is no hope for that */

/* /proc/sys/vm */
extern u32 panic_on_oom;	     /* 0, 1, 2 */
extern u32 oom_kill_allocating_task; /* who asks is killed, when he can be */
extern u32 oom_dump_tasks;	     /* print the table of candidates */

/* RAM and swap in pages: what oom_score_adj is thousandths of. */
u64 oom_total_pages(void);
void oom_usage_get(struct mm *mm, struct oom_usage *usage);

/* What proc/ does for it. */
struct oom_proc_ops {
	/* Is the current process about to end? Then its memory counts as a victim's from now on. */
	bool (*current_dies)(void);
	/*
	 * Choose a process, print who it is and why, and kill it with all that share its memory;
	 * oom_victim_begin() was called for that. Sleeps not. => false: there is nobody
	 */
	bool (*kill)(void);
	/* Print a line for each process that could be killed. */
	void (*dump_tasks)(void);
};
extern const struct oom_proc_ops *oom_proc_ops;

/*
 * mm's users are about to die: the reaper gets it. => process_lock held, mm has a user whom it
 * keeps; nothing happens when it is a victim already
 */
void oom_victim_begin(struct mm *mm);
/* A victim whose memory has not been given back yet. */
bool oom_victim_pending(void);

/*
 * mm has no user any more: before its pages are unmapped; after, when its tables can go; and when its areas
 * have gone, too. => mm->oom_state is not 0
 */
void oom_exit_begin(struct mm *mm);
void oom_exit_tables(struct mm *mm);
void oom_exit_end(struct mm *mm);

/*
 * Unmap a victim's memory and free its page tables. *private_done: what is private is unmapped, now or
 * by an earlier call; it can be had while others read the areas. => false: not all of it now, because
 * its lock is held, or its last user is unmapping it
 */
bool oom_reap(struct mm *mm, bool *private_done);

/* Victims whose memory is there, or given up; and sleep until it is one more than that, or for a while. */
u64 oom_nr_done(void);
void oom_wait(u64 nr_done_before);

/* Events, for /proc/vmstat. */
u64 oom_nr_kills(void);

/* Once, at boot, when threads can be started. */
void oom_init(void);
void oom_reaper_start(void);
