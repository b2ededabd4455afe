#pragma once

/* Choosing who runs: a queue for each hart, fair shares, stealing by idle harts. */

#include "sched/task.h"

/*
 * Give the hart to another task. When the caller's state is not TASK_RUNNING it sleeps until
 * task_wake(). No spinning lock held. Returns when this task runs again.
 */
void schedule(void);

/*
 * Reclaim runs for whoever allocates, with whatever sleeping locks he holds: so it only tries such locks.
 * Debug builds panic when a thread inside reclaim (current->reclaim_depth) is about to wait for one.
 */
#ifdef DEBUG
void reclaim_may_not_wait(const char *lock_name);
#else
#define reclaim_may_not_wait(lock_name) ((void)(lock_name))
#endif

/* Let all others that are ready run first; the caller stays ready. */
void sched_yield(void);

/* In long kernel loops: yields when the time slice is over. No spinning lock held. */
void cond_resched(void);

/*
 * Make a sleeping task ready. Any context. Only a task in one of the states of the mask wakes:
 * => true when this call woke it
 */
bool task_wake(struct task *task, u32 state_mask);
#define WAKE_NORMAL \
	((1U << TASK_INTERRUPTIBLE) | (1U << TASK_UNINTERRUPTIBLE) | (1U << TASK_KILLABLE))
#define WAKE_SIGNAL (1U << TASK_INTERRUPTIBLE)
#define WAKE_KILL   ((1U << TASK_INTERRUPTIBLE) | (1U << TASK_KILLABLE) | (1U << TASK_STOPPED))

/* The harts that run tasks. */
cpumask_t sched_harts(void);
/*
 * The task runs in these harts alone, of which one at least is there, from now on, or, when another
 * hart runs it now, from when that has seen it. The caller holds a reference; no spinning lock.
 */
void sched_set_allowed(struct task *task, cpumask_t harts);

/*
 * Its nice value from now on, NICE_MIN to NICE_MAX. The caller holds a reference, or process_lock for a
 * thread of a process; no lock of rank RUNQUEUE or inside.
 */
void sched_set_nice(struct task *task, s32 nice);

/* Before testing the condition one sleeps for: set own state, then test, then schedule(). */
void task_set_state(enum task_state state);

/* How long it has run until now, on whichever hart. Any context; no lock of rank RUNQUEUE or inside held. */
u64 task_runtime_ns(struct task *task);

/* Sleep for ns. => remaining ns when a signal ended an interruptible sleep, else 0 */
u64 task_sleep_ns(u64 ns, bool interruptible);

/* A signal waits for the current task (proc/ sets the flag). */
static inline bool
signal_pending(void)
{
	return __atomic_load_n(&current->ti.flags, __ATOMIC_RELAXED) & TIF_SIGPENDING;
}

/* The current task will never return to user mode: what it does there for itself may end (proc/). */
static inline bool
kill_pending(void)
{
	return __atomic_load_n(&current->ti.flags, __ATOMIC_RELAXED) & TIF_KILLED;
}

/* Interrupt side: the timer says that the slice may be over. */
void sched_tick(void);

/*
 * Set once by proc/: the tick, every 10 ms of a busy hart, found this task running. Clock interrupt,
 * no lock held.
 */
extern void (*sched_sample_hook)(struct task *task);

/* Each hart, at the end of its start: become the idle task. */
void sched_idle_loop(void) NORETURN;

u32 sched_nr_running(void);
u64 sched_nr_switches(void);
/*
 * What a hart did since boot; user_ns for tasks with nice up to 0, nice_ns for others; iowait_ns is of
 * idle_ns, while a task waited for a disk.
 */
struct cpu_times {
	u64 user_ns, nice_ns, system_ns, idle_ns, iowait_ns;
};
void sched_cpu_times(u32 cpu, struct cpu_times *times);
/* How many wait for a disk now. */
u32 sched_nr_iowait(void);
/* Around a sleep that ends when a disk has done something. */
void sched_iowait_begin(void);
void sched_iowait_end(void);
/* Load averages over 1, 5 and 15 minutes, fixed point with 16 fraction bits (sysinfo). */
void sched_loadavg(u64 loads[3]);
