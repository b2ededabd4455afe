/*
 * Fairness. Whoever has had least of the hart is next.
 *
 * Each task has a virtual time: while it runs it advances as the clock does. The queue is a tree in
 * that order. The queue has a virtual time, too: the least of its tasks', running or ready. It never
 * goes back.
 *
 *	     woken          queue's time             new child
 *	-------|--------------|--------|-------|---------|------->  vtime_ns
 *	       |<-- credit -->|      ready   running
 *
 * With N tasks that only compute, each gets one slice in turn. The rules for those that come:
 *
 *   woken      keeps its virtual time, but is no further behind the queue's than SCHED_CREDIT_NS:
 *              who sleeps much is soon served, who slept long cannot take over the hart. What it
 *              was ahead it has paid for by sleeping. One that is well behind the running task
 *              does not wait for the end of the slice.
 *   new        shares what its parent is behind; the child of one that is not behind waits for its
 *              turn. So a shell's command starts at once however many compute, and forking brings
 *              no more of the hart.
 *   yielding   goes to the end.
 *   overdue    (the kernel was busy for it, or the machine is virtual and did not run) is charged
 *              for one slice: where many wait, more would keep it waiting for very long.
 *   stolen     is as far behind or ahead on the new hart as it was on the old.
 *
 * Nobody starves: virtual times of others only grow, so they pass everyone's some time. All is
 * guarded by the queue's lock.
 */

#include "sched/rq.h"

#include "core/clock.h"

/* In how much time each ready task runs once, unless they are so many that slices get too short. */
#define SCHED_ROUND_NS	   (20 * NSEC_PER_MSEC)
#define SCHED_SLICE_MIN_NS NSEC_PER_MSEC
/* Enough for a short command; the slice of one of two tasks. */
#define SCHED_CREDIT_NS (10 * NSEC_PER_MSEC)
/* A switch pays only if the task that is to run was waiting for more than this. */
#define SCHED_PREEMPT_NS NSEC_PER_MSEC

void
rq_init(struct run_queue *rq, struct task *idle)
{
	spin_init(&rq->lock, "run_queue", RANK_RUNQUEUE);
	rq->ready = (struct rb_root)RB_ROOT_INIT;
	rq->idle = rq->running = idle;
	rq->vtime_ns = SCHED_CREDIT_NS; /* so that nothing is ever before 0 */
}

void
rq_enqueue(struct run_queue *rq, struct task *task)
{
	struct rb_node **link = &rq->ready.node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		if (task->vtime_ns < rb_entry(parent, struct task, run_node)->vtime_ns)
			link = &parent->left;
		else
			link = &parent->right;
	}
	rb_link_node(&task->run_node, parent, link);
	rb_insert_color(&task->run_node, &rq->ready);
	task->on_rq = true;
	rq->nr_ready++;
}

void
rq_dequeue(struct run_queue *rq, struct task *task)
{
	rb_erase(&task->run_node, &rq->ready);
	task->on_rq = false;
	rq->nr_ready--;
}

struct task *
rq_first(struct run_queue *rq)
{
	return rb_entry_or_null(rb_first(&rq->ready), struct task, run_node);
}

/* Where the running task is now. */
static u64
running_vtime(const struct run_queue *rq, u64 now_ns)
{
	return rq->running->vtime_ns + (now_ns - rq->running->exec_start_ns);
}

/* Bring the queue's virtual time up to now. */
static void
rq_advance(struct run_queue *rq, u64 now_ns)
{
	struct task *first = rq_first(rq);
	u64 least = first ? first->vtime_ns : 0;

	if (rq->running != rq->idle) {
		u64 running = running_vtime(rq, now_ns);

		least = first ? MIN(least, running) : running;
	}
	rq->vtime_ns = MAX(rq->vtime_ns, least);
}

atomic64_t rq_nr_iowait;

void
rq_charge(struct run_queue *rq, u64 now_ns)
{
	struct task *task = rq->running;
	u64 ran_ns = now_ns - task->exec_start_ns;
	u64 furthest;

	rq_advance(rq, now_ns);
	furthest = MAX(task->vtime_ns + rq_slice_ns(rq), rq->vtime_ns);
	task->vtime_ns = MIN(task->vtime_ns + ran_ns, furthest);
	task->runtime_ns += ran_ns;
	task->exec_start_ns = now_ns;
	if (task == rq->idle) {
		rq->idle_ns += ran_ns;
		if (atomic64_read(&rq_nr_iowait) > 0)
			rq->iowait_ns += ran_ns;
	}
}

void
rq_place_woken(struct run_queue *rq, struct task *task, u64 now_ns)
{
	u64 slept_ns = now_ns - task->exec_start_ns;
	u64 ahead_ns;

	rq_advance(rq, now_ns);
	if (task->vtime_ns <= rq->vtime_ns) {
		task->vtime_ns = MAX(task->vtime_ns, rq->vtime_ns - SCHED_CREDIT_NS);
	} else {
		ahead_ns = task->vtime_ns - rq->vtime_ns;
		task->vtime_ns -= MIN(ahead_ns, slept_ns);
	}
}

void
rq_place_new(struct run_queue *rq, struct task *task, u64 now_ns)
{
	struct task *parent = rq->running;
	u64 parent_vtime = running_vtime(rq, now_ns);

	rq_advance(rq, now_ns);
	if (parent == rq->idle || parent_vtime >= rq->vtime_ns) {
		task->vtime_ns = rq->vtime_ns + SCHED_SLICE_MIN_NS;
	} else {
		u64 half = (rq->vtime_ns - parent_vtime) / 2;

		parent->vtime_ns += half;
		task->vtime_ns = rq->vtime_ns - half;
	}
}

void
rq_place_last(struct run_queue *rq)
{
	struct rb_node *last = rb_last(&rq->ready);

	if (last)
		rq->running->vtime_ns =
			MAX(rq->running->vtime_ns, rb_entry(last, struct task, run_node)->vtime_ns);
}

void
rq_move(struct run_queue *rq, struct run_queue *from, struct task *task)
{
	rq_dequeue(from, task);
	task->vtime_ns = task->vtime_ns + rq->vtime_ns - from->vtime_ns;
	rq_enqueue(rq, task);
}

bool
rq_should_preempt(const struct run_queue *rq, const struct task *task, u64 now_ns)
{
	return rq->running != rq->idle &&
	       task->vtime_ns + SCHED_PREEMPT_NS < running_vtime(rq, now_ns);
}

u64
rq_slice_ns(const struct run_queue *rq)
{
	return MAX(SCHED_ROUND_NS / (rq->nr_ready + 1), SCHED_SLICE_MIN_NS);
}
