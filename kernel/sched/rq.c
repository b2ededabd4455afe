/*
 * Fairness. Whoever has had least of the hart is next.
 *
 * Each task has a virtual time: while it runs it advances at 1.25^nice times the speed of the clock,
 * with nice 0 as the clock does. The queue is a tree in that order. The queue has a virtual time, too:
 * the least of its tasks', running or ready. It never goes back.
 *
 *	     woken          queue's time             new child
 *	-------|--------------|--------|-------|---------|------->  vtime_ns
 *	       |<-- credit -->|      ready   running
 *
 * With N tasks that only compute, each gets one slice in turn. Slices are equally long for all, but one
 * with nice 5, whose virtual time goes three times as fast, is first again only after three slices of
 * one with nice 0, and so has a quarter of the hart. What the rules give and take is virtual time, the
 * same whatever the nice value; "of its own" is as much as it advances while the task runs for so long
 * by the clock. The rules for those that come:
 *
 *   woken      keeps its virtual time, but is no further behind the queue's than SCHED_CREDIT_NS, or so
 *              much of its own if that is less: who sleeps much is soon served, who slept long cannot
 *              take over the hart. What it was ahead it has paid for by sleeping. One that is behind
 *              the running task by more than SCHED_PREEMPT_NS of its own does not wait for the end of
 *              the slice; for one with a large nice value that is more than its credit.
 *   new        shares what its parent is behind; the child of one that is not behind waits for its
 *              turn. So a shell's command starts at once however many compute, and forking brings
 *              no more of the hart.
 *   yielding   goes to the end, but no further than tasks with nice 0 are apart: others may be very far
 *              ahead.
 *   reniced    is charged at the old speed for what it ran, and then ahead by no more than a slice of
 *              its own at the new one: who has long to wait with nice 19 is soon served with 0.
 *   overdue    (the kernel was busy for it, or the machine is virtual and did not run) is charged
 *              for one slice: where many wait, more would keep it waiting for very long.
 *   stolen     is as far behind or ahead on the new hart as it was on the old.
 *
 * Nobody starves: virtual times of others only grow, so they pass everyone's some time. All is
 * guarded by the queue's lock.
 */

#include "sched/rq.h"

#include "core/clock.h"

#define SCHED_SLICE_MIN_NS NSEC_PER_MSEC
/* Enough for a short command; the slice of one of two tasks. */
#define SCHED_CREDIT_NS (10 * NSEC_PER_MSEC)
/* A switch pays only if the task that is to run was waiting for more than this. */
#define SCHED_PREEMPT_NS NSEC_PER_MSEC
/* As far apart are tasks with nice 0 at most: one woken, and one at the end of its slice. */
#define SCHED_YIELD_NS (SCHED_CREDIT_NS + SCHED_ROUND_NS)

/* How fast virtual time goes: 1024 * 1.25^nice, for nice -20 to 19. */
#define VTIME_RATE_SHIFT 10

static const u32 vtime_rates[NICE_MAX - NICE_MIN + 1] = {
	12,   15,   18,	  23,	 29,	36,    45,    56,    70,    88,	   110,	  137,	 172,  215,
	268,  336,  419,  524,	 655,	819,   1024,  1280,  1600,  2000,  2500,  3125,	 3906, 4883,
	6104, 7629, 9537, 11921, 14901, 18626, 23283, 29104, 36380, 45475, 56843, 71054,
};

/* By how much the task's virtual time advances while it runs for ns. */
static ALWAYS_INLINE u64
virtual_ns(const struct task *task, u64 ns)
{
	if (likely(task->nice == 0))
		return ns;
	return ns * vtime_rates[task->nice - NICE_MIN] >> VTIME_RATE_SHIFT;
}

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
	const struct task *task = rq->running;

	return task->vtime_ns + virtual_ns(task, now_ns - task->exec_start_ns);
}

/* The same; no matter where the idle task is, which a hart that never began has not. */
static u64
busy_vtime(const struct run_queue *rq, u64 now_ns)
{
	return rq->running == rq->idle ? 0 : running_vtime(rq, now_ns);
}

/* Bring the queue's virtual time up to now, when the running task's is this. */
static void
rq_advance(struct run_queue *rq, u64 running_vtime_ns)
{
	struct task *first = rq_first(rq);
	u64 least = first ? first->vtime_ns : 0;

	if (rq->running != rq->idle)
		least = first ? MIN(least, running_vtime_ns) : running_vtime_ns;
	rq->vtime_ns = MAX(rq->vtime_ns, least);
}

atomic64_t rq_nr_iowait;

void
rq_charge(struct run_queue *rq, u64 now_ns)
{
	struct task *task = rq->running;
	u64 ran_ns = now_ns - task->exec_start_ns;
	u64 slice_ns = rq_slice_ns(rq);
	u64 vtime_ns = running_vtime(rq, now_ns);

	rq_advance(rq, vtime_ns);
	if (ran_ns > slice_ns)
		vtime_ns = MIN(vtime_ns,
			       MAX(task->vtime_ns + virtual_ns(task, slice_ns), rq->vtime_ns));
	task->vtime_ns = vtime_ns;
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
	u64 ahead_ns, credit_ns;

	rq_advance(rq, busy_vtime(rq, now_ns));
	if (task->vtime_ns <= rq->vtime_ns) {
		credit_ns = MIN(SCHED_CREDIT_NS, virtual_ns(task, SCHED_CREDIT_NS));
		task->vtime_ns = MAX(task->vtime_ns, rq->vtime_ns - credit_ns);
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

	rq_advance(rq, parent_vtime);
	if (parent == rq->idle || parent_vtime >= rq->vtime_ns) {
		task->vtime_ns = rq->vtime_ns + virtual_ns(task, SCHED_SLICE_MIN_NS);
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
	struct task *task = rq->running;
	u64 end;

	if (!last)
		return;
	end = MIN(rb_entry(last, struct task, run_node)->vtime_ns, task->vtime_ns + SCHED_YIELD_NS);
	task->vtime_ns = MAX(task->vtime_ns, end);
}

void
rq_set_nice(struct run_queue *rq, struct task *task, s32 nice, u64 now_ns)
{
	bool ready = task->on_rq;
	u64 slice_ns = rq_slice_ns(rq);

	if (rq->running == task)
		rq_charge(rq, now_ns);
	else
		rq_advance(rq, busy_vtime(rq, now_ns));
	if (ready)
		rq_dequeue(rq, task);
	WRITE_ONCE(task->nice, nice);
	task->vtime_ns = MIN(task->vtime_ns, rq->vtime_ns + virtual_ns(task, slice_ns));
	if (ready)
		rq_enqueue(rq, task);
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
	       task->vtime_ns + virtual_ns(task, SCHED_PREEMPT_NS) < running_vtime(rq, now_ns);
}

u64
rq_slice_ns(const struct run_queue *rq)
{
	return MAX(SCHED_ROUND_NS / (rq->nr_ready + 1), SCHED_SLICE_MIN_NS);
}
