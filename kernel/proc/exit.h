#pragma once

/* The end of threads and processes, and what is left of them for the parent. */

#include "proc/process.h"

/* Wait statuses, as wait4(2) reports them. */
#define WAIT_STATUS_EXIT(code)	 (((u32)(code)&0xff) << 8)
#define WAIT_STATUS_SIGNAL(sig)	 ((u32)(sig))
#define WAIT_STATUS_STOPPED(sig) ((u32)(sig) << 8 | 0x7f)
#define WAIT_STATUS_CONTINUED	 0xffffU

/*
 * The current thread ends; its process with it when it was the last one, with this wait status
 * unless another was decided before. No lock held.
 */
void thread_exit(u32 status) NORETURN;

/*
 * The current thread leaves its address space: the word that set_tid_address(2) named becomes 0, for
 * which pthread_join waits, if somebody else can see it. No lock held.
 */
void thread_clear_child_tid(void);

/* Every thread of the current process is to end with this wait status; returns. */
void process_begin_exit(u32 status);

/* exit_group(2) */
void process_exit(u32 status) NORETURN;

/* End all other threads of the current process and wait for that. => -EINTR: it is to end itself */
int process_kill_other_threads(void);

/*
 * A zombie leaves the tree. => process_lock is held; the caller puts the tree's reference after it
 * dropped the lock
 */
void process_reap_locked(struct process *process);

/*
 * The current task's memory becomes mm (NULL: none), under process_lock, so that process_mm_get()
 * may look at other tasks. How large the old one was stays known of the process. => the old one; the
 * caller puts it
 */
struct mm *process_switch_mm(struct mm *mm);

/* Sum up. max_rss is the larger of both. */
void process_usage_add(struct process_usage *to, const struct process_usage *from);
/* What one thread used until now. _locked => process_lock held */
void task_usage_get(struct task *task, struct process_usage *usage);
void task_usage_get_locked(struct task *task, struct process_usage *usage);

/* The current thread no longer uses the memory of whoever made it with CLONE_VFORK. */
void thread_end_vfork(void);
