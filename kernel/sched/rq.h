#pragma once

/* One hart's queue of ready tasks: who is next, and for how long (sched/rq.c). */

#include "core/atomic.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "lib/rbtree.h"
#include "sched/task.h"

/* In how much time each ready task runs once, unless they are so many that slices get too short. */
#define SCHED_ROUND_NS (20 * NSEC_PER_MSEC)

struct run_queue {
	struct spinlock lock; /* RUNQUEUE, interrupts off: all but the counters' reads */
	struct rb_root ready; /* of tasks by run_node, in order of vtime_ns */
	u32 nr_ready;
	bool slice_armed; /* this hart's own: the slice timer is set */
	bool tick_armed;  /* likewise */
	u32 nr_endless; /* ticks in a row at which others waited, and no slice was set (slice_check()) */
	struct task *running, *idle;
	u64 vtime_ns; /* the least vtime_ns of its tasks, as far as it has come */
	u64 nr_switches, idle_ns;
	u64 iowait_ns;		  /* of idle_ns, while somebody waited for a disk */
	struct cputime cputime;	  /* of all tasks but idle */
	struct cputime user_time; /* its user time: as "system" what tasks with nice > 0 had */
} ALIGNED(64);

extern struct run_queue run_queues[NR_CPUS];

/* Tasks that wait for a disk. */
extern atomic64_t rq_nr_iowait;

/* For all of these rq->lock is held. now_ns is clock_now_ns(). */

void rq_init(struct run_queue *rq, struct task *idle);

void rq_enqueue(struct run_queue *rq, struct task *task);
void rq_dequeue(struct run_queue *rq, struct task *task);

/* The ready task that is to run first, still in the queue. => NULL when none is ready */
struct task *rq_first(struct run_queue *rq);

/* The running task is charged for its time since the last call; no now_ns is less than that of the last. */
void rq_charge(struct run_queue *rq, u64 now_ns);

/* Set the virtual time of a task that slept, or of a new child of the running task. */
void rq_place_woken(struct run_queue *rq, struct task *task, u64 now_ns);
void rq_place_new(struct run_queue *rq, struct task *task, u64 now_ns);

/* The running task is to come after all that are ready now, but for those that are very far ahead. */
void rq_place_last(struct run_queue *rq);

/* From now on the task has this nice value, NICE_MIN to NICE_MAX. */
void rq_set_nice(struct run_queue *rq, struct task *task, s32 nice, u64 now_ns);

/* A ready task of another queue, whose lock is held too, comes to this one. */
void rq_move(struct run_queue *rq, struct run_queue *from, struct task *task);

/* True when a task that became ready is not to wait for the end of the running one's slice. */
bool rq_should_preempt(const struct run_queue *rq, const struct task *task, u64 now_ns);

/* How long the running task may go on while others are ready. */
u64 rq_slice_ns(const struct run_queue *rq);

void sched_finish_switch(struct task *previous);
void task_begin(struct thread_info *left, void (*entry)(void *arg), void *arg);

/* Each hart, before its first schedule(): idle is the task that runs now. */
void sched_init_cpu(struct task *idle);

/* Interrupt side, every CPUTIME_TICK_NS while the hart is busy: whom did it find in user mode? */
void sched_sample(bool from_user);

/* Another hart put a task into this one's queue. Interrupt context. */
void sched_ipi(void);
