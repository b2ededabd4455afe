#pragma once

/* One hart's queue of ready tasks (sched/sched.c). */

#include "core/cpu.h"
#include "core/spinlock.h"
#include "sched/task.h"

struct run_queue {
	struct spinlock lock; /* RUNQUEUE, interrupts off: all but the counters' reads */
	struct list_head tasks;
	u32 nr_ready;
	bool slice_armed; /* this hart's own: the slice timer is set */
	struct task *running, *idle;
	u64 nr_switches, idle_ns;
} ALIGNED(64);

extern struct run_queue run_queues[NR_CPUS];

void sched_finish_switch(struct task *previous);
void task_begin(struct thread_info *left, void (*entry)(void *arg), void *arg);

/* Each hart, before its first schedule(): idle is the task that runs now. */
void sched_init_cpu(struct task *idle);

/* Another hart put a task into this one's queue. Interrupt context. */
void sched_ipi(void);
