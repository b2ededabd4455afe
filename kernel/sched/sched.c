/*
 * The scheduler. Each hart has a queue of ready tasks and runs the first; rq.c says which one
 * that is. While others wait it runs for a slice; when none does there is no end, and no timer.
 *
 * A task belongs to the queue of the hart it last ran on: it is woken there, under that
 * queue's lock, which is also held across the switch away from it. So nobody can run a
 * task whose stack is still in use. It changes harts only when an idle one steals it,
 * with both queues locked, lower hart first, or when it may not run where it is: then it
 * goes over as it wakes. One that runs or is ready there is made to sleep and woken for that
 * (TASK_MOVING).
 *
 * Sleeping: the sleeper sets its state, then tests its condition, then calls schedule().
 * A waker makes the condition true, then sets the state back to TASK_RUNNING. Both do so
 * under the queue's lock where it matters, so one of them sees the other.
 */

#include "sched/sched.h"

#include "core/clock.h"
#include "core/panic.h"
#include "sched/rq.h"
#include "sched/timer.h"

struct run_queue run_queues[NR_CPUS];
static cpumask_t idle_harts; /* atomic */

/* Start the clock for the running task's slice, if it is not ticking already. */
static void
slice_start(struct run_queue *rq)
{
	if (rq->slice_armed)
		return;
	rq->slice_armed = true;
	timer_set_deadline(TIMER_SLICE, clock_now_ns() + rq_slice_ns(rq));
}

/* The hart is busy: look who uses it, now and then. It stops by itself when the hart is idle. */
static void
tick_start(struct run_queue *rq, u64 now)
{
	if (rq->tick_armed)
		return;
	rq->tick_armed = true;
	timer_set_deadline(TIMER_TICK, now + CPUTIME_TICK_NS);
}

/* Lock the queue that a task belongs to, whichever it is when the lock is had. */
static ALWAYS_INLINE struct run_queue *
task_rq_lock(struct task *task, u64 *flags)
{
	for (;;) {
		struct run_queue *rq = &run_queues[READ_ONCE(task->ti.cpu_id)];

		*flags = spin_lock_irqsave(&rq->lock);
		if (rq == &run_queues[READ_ONCE(task->ti.cpu_id)])
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

/*
 * Let an idle hart look for work. It is not idle for others from now on: the next task that becomes
 * ready calls another one. => false: it was not idle
 */
static bool
rouse(u32 cpu)
{
	if (!(__atomic_load_n(&idle_harts, __ATOMIC_SEQ_CST) & (1U << cpu)) ||
	    !(__atomic_fetch_and(&idle_harts, ~(1U << cpu), __ATOMIC_SEQ_CST) & (1U << cpu)))
		return false;
	atomic_or32(&run_queues[cpu].idle->ti.flags, TIF_NEED_RESCHED);
	if (cpu != cpu_id())
		cpu_send_ipi(cpu);
	return true;
}

/* Any other of `harts`, if one is idle. */
static void
rouse_another(cpumask_t harts)
{
	cpumask_t idle;

	harts &= ~(1U << cpu_id());
	do
		idle = __atomic_load_n(&idle_harts, __ATOMIC_SEQ_CST) & harts;
	while (idle && !rouse(__builtin_ctz(idle)));
}

/* A task that may run in `allowed` became ready in hart `cpu`: make somebody run it soon. */
static void
kick(u32 cpu, cpumask_t allowed)
{
	if (rouse(cpu))
		return;
	if (cpu != cpu_id())
		cpu_send_ipi(cpu);
	rouse_another(allowed);
}

/* A task that runs in no hart joins the queue, at its vtime_ns. */
static void
task_ready_locked(struct run_queue *rq, struct task *task, u64 now)
{
	if (rq_should_preempt(rq, task, now))
		atomic_or32(&rq->running->ti.flags, TIF_NEED_RESCHED);
	rq_enqueue(rq, task);
	if (rq == &run_queues[cpu_id()] && rq->running != rq->idle)
		slice_start(rq);
}

/* May it run in the hart it belongs to? => that hart's queue locked */
static ALWAYS_INLINE bool
task_allowed_here(const struct task *task)
{
	return task->allowed >> task->ti.cpu_id & 1;
}

/* One that sleeps goes over to a hart where it may run. => the queue that it belongs to, locked */
static NOINLINE struct run_queue *
task_change_rq(struct task *task, struct run_queue *rq, u64 *flags)
{
	while (!task_allowed_here(task) && !task->on_rq && rq->running != task) {
		u32 to = __builtin_ctz(task->allowed);

		task->vtime_ns = READ_ONCE(run_queues[to].vtime_ns);
		WRITE_ONCE(task->ti.cpu_id, to);
		spin_unlock_irqrestore(&rq->lock, *flags);
		rq = task_rq_lock(task, flags);
	}
	return rq;
}

bool
task_wake(struct task *task, u32 state_mask)
{
	struct run_queue *rq;
	cpumask_t allowed;
	u32 cpu;
	u64 flags;
	bool woken = false;

	if (!(state_mask & (1U << __atomic_load_n(&task->state, __ATOMIC_SEQ_CST))))
		return false;
	rq = task_rq_lock(task, &flags);
	if (unlikely(!task_allowed_here(task)))
		rq = task_change_rq(task, rq, &flags);
	cpu = rq - run_queues;
	allowed = task->allowed;
	if (state_mask & (1U << task->state)) {
		WRITE_ONCE(task->state, TASK_RUNNING);
		/* One that has not yet left its hart just goes on. */
		if (!task->on_rq && rq->running != task) {
			u64 now = clock_now_ns();

			rq_place_woken(rq, task, now);
			task_ready_locked(rq, task, now);
			woken = true;
		}
	}
	spin_unlock_irqrestore(&rq->lock, flags);
	if (woken)
		kick(cpu, allowed);
	return woken;
}

void
task_start(struct task *task)
{
	u64 flags = irq_save();
	u32 cpu = cpu_id();
	struct run_queue *rq = &run_queues[cpu];
	cpumask_t harts;
	bool allowed;
	u64 now;

	spin_lock(&rq->lock);
	now = clock_now_ns();
	task->ti.cpu_id = cpu;
	rq_place_new(rq, task, now);
	harts = task->allowed;
	allowed = task_allowed_here(task);
	WRITE_ONCE(task->state, allowed ? TASK_RUNNING : TASK_MOVING);
	if (allowed)
		task_ready_locked(rq, task, now);
	spin_unlock(&rq->lock);
	irq_restore(flags);
	if (allowed)
		kick(cpu, harts);
	else
		task_wake(task, 1U << TASK_MOVING);
}

void
task_set_state(enum task_state state)
{
	__atomic_store_n(&current->state, state, __ATOMIC_SEQ_CST);
	/* The caller tests its condition next, whatever the order of its loads. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* In the task that was switched to: the one that was left is off its stack now. */
void
sched_finish_switch(struct task *previous)
{
	struct run_queue *rq = &run_queues[cpu_id()];
	enum task_state state = previous->state;

	spin_take_over(&rq->lock);
	WRITE_ONCE(previous->on_cpu, 0);
	spin_unlock(&rq->lock);
	tlb_put_left();
	if (likely(state < TASK_DEAD))
		return;
	if (state == TASK_DEAD)
		task_put(previous);
	else
		task_wake(previous, 1U << TASK_MOVING);
}

/* FP registers stay behind in memory; the next use in this task traps and loads them. */
static void
fpu_leave(struct task *task)
{
	struct trap_frame *tf = task_trap_frame(task);

	if (task->kthread || (tf->status & SSTATUS_FS) == SSTATUS_FS_OFF)
		return;
	if ((tf->status & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
		csr_set(sstatus, SSTATUS_FS_DIRTY);
		fpu_save(&task->fpu);
		task->fpu.used = true;
		csr_clear(sstatus, SSTATUS_FS);
	}
	tf->status &= ~SSTATUS_FS;
}

/* => interrupts off, rq locked; unlocked in next by sched_finish_switch() */
static void
switch_tasks(struct run_queue *rq, struct task *previous, struct task *next)
{
	struct thread_info *left;

	next->exec_start_ns = previous->exec_start_ns;
	next->nr_switches++;
	rq->nr_switches++;
	if (previous == rq->idle) {
		tick_start(rq, next->exec_start_ns);
		/* Several may have become ready while nobody ran. */
		if (rq->nr_ready)
			slice_start(rq);
	}
	fpu_leave(previous);
	WRITE_ONCE(next->on_cpu, 1);
	next->ti.cpu = previous->ti.cpu;
	rq->running = next;
	tlb_switch(next->tlb);
	spin_hand_over(&rq->lock);
	left = context_switch(&previous->context, &next->context, &previous->ti, &next->ti);
	sched_finish_switch((struct task *)left);
}

void
schedule(void)
{
	struct task *previous = current;
	struct task *next;
	struct run_queue *rq;
	u64 flags;

	might_sleep();
	if (previous->kthread && previous->state == TASK_INTERRUPTIBLE)
		tlb_check_settled();
	flags = irq_save();
	rq = &run_queues[cpu_id()];
	atomic_fetch_and32(&previous->ti.flags, ~TIF_NEED_RESCHED);
	spin_lock(&rq->lock);
	if (previous->state == TASK_INTERRUPTIBLE && signal_pending())
		WRITE_ONCE(previous->state, TASK_RUNNING);
	rq_charge(rq, clock_now_ns());
	if (previous->state != TASK_RUNNING || previous == rq->idle)
		previous->nr_voluntary++;
	else if (likely(task_allowed_here(previous)))
		rq_enqueue(rq, previous);
	else
		WRITE_ONCE(previous->state, TASK_MOVING);
	next = rq_first(rq);
	if (next)
		rq_dequeue(rq, next);
	else
		next = rq->idle;
	if (next != previous)
		switch_tasks(rq, previous, next);
	else
		spin_unlock(&rq->lock);
	irq_restore(flags);
}

/* First code of a new task, on its own stack; riscv/switch.S comes here. */
void
task_begin(struct thread_info *left, void (*entry)(void *arg), void *arg)
{
	sched_finish_switch((struct task *)left);
	irq_enable();
	entry(arg);
	if (current->mm)
		task_enter_user_hook(task_trap_frame(current));
	task_exit();
}

void
task_exit(void)
{
	tlb_check_settled();
	task_set_state(TASK_DEAD);
	schedule();
	panic("a dead task runs");
}

#ifdef DEBUG
void
reclaim_may_not_wait(const char *lock_name)
{
	if (unlikely(current->reclaim_depth > 0))
		panic("reclaim would wait for a lock: %s, in %s", lock_name, current->ti.name);
}
#endif

void
sched_yield(void)
{
	u64 flags = irq_save();
	struct run_queue *rq = &run_queues[cpu_id()];

	spin_lock(&rq->lock);
	rq_place_last(rq);
	spin_unlock(&rq->lock);
	irq_restore(flags);
	schedule();
}

u64
task_runtime_ns(struct task *task)
{
	struct run_queue *rq;
	u64 flags, ns;

	if (!READ_ONCE(task->on_cpu))
		return READ_ONCE(task->runtime_ns);
	rq = task_rq_lock(task, &flags);
	ns = task->runtime_ns;
	if (rq->running == task)
		ns += clock_now_ns() - task->exec_start_ns;
	spin_unlock_irqrestore(&rq->lock, flags);
	return ns;
}

void
cond_resched(void)
{
	if (unlikely(READ_ONCE(current->ti.flags) & TIF_NEED_RESCHED))
		schedule();
}

void
sched_tick(void)
{
	struct run_queue *rq = &run_queues[cpu_id()];

	rq->slice_armed = false;
	if (READ_ONCE(rq->nr_ready) == 0)
		return;
	atomic_or32(&current->ti.flags, TIF_NEED_RESCHED);
	slice_start(rq);
}

/*
 * Somebody must end the slice while others wait. Who made them ready may not have come to say so, for a virtual
 * hart can be stopped at any place, but not for so long.
 */
#define ENDLESS_TICKS 1000

static void
slice_check(struct run_queue *rq)
{
#ifdef DEBUG
	bool endless = rq->nr_ready && rq->running != rq->idle && !rq->slice_armed;

	rq->nr_endless = endless ? rq->nr_endless + 1 : 0;
	assert(rq->nr_endless < ENDLESS_TICKS);
#else
	(void)rq;
#endif
}

void (*sched_sample_hook)(struct task *task);

/* All time since the last tick counts as what this one found. */
static void
sample_count(struct run_queue *rq, u64 now, bool from_user)
{
	struct task *task = rq->running;

	cputime_count(&task->cputime, task->runtime_ns, from_user);
	cputime_count(&rq->cputime, now - rq->idle_ns, from_user);
	cputime_count(&rq->user_time, cputime_user_seen_ns(&rq->cputime), task->nice <= 0);
}

void
sched_sample(bool from_user)
{
	struct run_queue *rq = &run_queues[cpu_id()];
	u64 now;

	spin_lock(&rq->lock);
	/* Not before the lock is had: another hart may charge this one's task until then (sched_set_nice()). */
	now = clock_now_ns();
	rq->tick_armed = false;
	slice_check(rq);
	rq_charge(rq, now);
	if (rq->running != rq->idle) {
		sample_count(rq, now, from_user);
		tick_start(rq, now);
	}
	spin_unlock(&rq->lock);
	if (sched_sample_hook)
		sched_sample_hook(current);
}

void
sched_ipi(void)
{
	struct run_queue *rq = &run_queues[cpu_id()];

	if (READ_ONCE(rq->nr_ready) && rq->running != rq->idle)
		slice_start(rq);
}

/* Two queues at once: the lower hart's first. */
static void
lock_both(struct run_queue *a, struct run_queue *b)
{
	spin_lock(a < b ? &a->lock : &b->lock);
	spin_lock_nested(a < b ? &b->lock : &a->lock, RANK_RUNQUEUE2);
}

/* => the longest queue outside looked_at that has ready tasks, or NULL; without a lock: a guess */
static struct run_queue *
steal_choose(cpumask_t looked_at)
{
	struct run_queue *victim = NULL;

	for (u32 i = 0; i < nr_cpus; i++)
		if (!(looked_at & (1U << i)) && READ_ONCE(run_queues[i].nr_ready) &&
		    (!victim || run_queues[i].nr_ready > victim->nr_ready))
			victim = &run_queues[i];
	return victim;
}

/* Take a ready task that may run here, if there is one. => interrupts off */
static bool
steal_from(struct run_queue *rq, struct run_queue *victim)
{
	struct rb_node *node;
	bool stolen = false;

	lock_both(rq, victim);
	rb_for_each(node, &victim->ready)
	{
		struct task *task = rb_entry(node, struct task, run_node);

		if (!(task->allowed & (1U << cpu_id())))
			continue;
		WRITE_ONCE(task->ti.cpu_id, cpu_id());
		rq_move(rq, victim, task);
		stolen = true;
		break;
	}
	spin_unlock(&victim->lock);
	spin_unlock(&rq->lock);
	return stolen;
}

/* Take a ready task from another queue, the longest that has one for this hart. => interrupts off */
static bool
steal(struct run_queue *rq)
{
	cpumask_t looked_at = 1U << cpu_id();
	struct run_queue *victim;

	while ((victim = steal_choose(looked_at)) != NULL) {
		if (steal_from(rq, victim))
			return true;
		looked_at |= 1U << (victim - run_queues);
	}
	return false;
}

cpumask_t
sched_harts(void)
{
	cpumask_t harts = 0;

	for (u32 i = 0; i < nr_cpus; i++)
		if (READ_ONCE(cpus[i].online))
			harts |= 1U << i;
	return harts;
}

/* A task that may not run in rq is told to leave it. => rq locked; true when it is ready there */
static bool
task_leave_locked(struct run_queue *rq, struct task *task)
{
	if (task->on_rq) {
		rq_dequeue(rq, task);
		WRITE_ONCE(task->state, TASK_MOVING);
		return true;
	}
	if (rq->running == task) {
		atomic_or32(&task->ti.flags, TIF_NEED_RESCHED);
		if (task != current)
			cpu_send_ipi(rq - run_queues);
	}
	return false;
}

void
sched_set_allowed(struct task *task, cpumask_t harts)
{
	struct run_queue *rq;
	bool ready, waits;
	u64 flags;

	assert(harts & sched_harts());
	rq = task_rq_lock(task, &flags);
	task->allowed = harts & sched_harts();
	ready = !task_allowed_here(task) && task_leave_locked(rq, task);
	waits = task->on_rq;
	spin_unlock_irqrestore(&rq->lock, flags);
	if (ready)
		task_wake(task, 1U << TASK_MOVING);
	else if (waits)
		rouse_another(harts); /* one that it may be stolen by now */
	else if (task == current)
		cond_resched();
}

void
sched_set_nice(struct task *task, s32 nice)
{
	struct run_queue *rq;
	u64 flags;

	assert(nice >= NICE_MIN && nice <= NICE_MAX);
	rq = task_rq_lock(task, &flags);
	rq_set_nice(rq, task, nice, clock_now_ns());
	spin_unlock_irqrestore(&rq->lock, flags);
}

void
sched_idle_loop(void)
{
	struct run_queue *rq = &run_queues[cpu_id()];
	const cpumask_t self = 1U << cpu_id();

	for (;;) {
		bool stolen, called;

		__atomic_fetch_or(&idle_harts, self, __ATOMIC_SEQ_CST);
		irq_disable();
		stolen = !READ_ONCE(rq->nr_ready) && steal(rq);
		if (!READ_ONCE(rq->nr_ready) && !(READ_ONCE(current->ti.flags) & TIF_NEED_RESCHED))
			asm volatile("wfi");
		/* Still idle for the handler: who is woken here runs here, no other hart is called. */
		irq_enable();
		called = !(__atomic_fetch_and(&idle_harts, ~self, __ATOMIC_SEQ_CST) & self);
		/* Perhaps for one more task than the stolen one, after that was taken. */
		if (stolen && called)
			rouse_another(~0U);
		schedule();
	}
}

void
sched_init_cpu(struct task *idle)
{
	struct run_queue *rq = &run_queues[cpu_id()];

	rq_init(rq, idle);
	this_cpu()->idle = &idle->ti;
	idle->kthread = true;
	idle->exec_start_ns = clock_now_ns();
}

u32
sched_nr_running(void)
{
	u32 nr = 0;

	for (u32 i = 0; i < nr_cpus; i++)
		nr += READ_ONCE(run_queues[i].nr_ready) +
		      (READ_ONCE(run_queues[i].running) != run_queues[i].idle);
	return nr;
}

u64
sched_nr_switches(void)
{
	u64 nr = 0;

	for (u32 i = 0; i < nr_cpus; i++)
		nr += READ_ONCE(run_queues[i].nr_switches);
	return nr;
}

void
sched_cpu_times(u32 cpu, struct cpu_times *times)
{
	struct run_queue *rq = &run_queues[cpu];
	u64 flags = spin_lock_irqsave(&rq->lock);
	u64 now = clock_now_ns();

	times->idle_ns = rq->idle_ns;
	times->iowait_ns = rq->iowait_ns;
	if (rq->running == rq->idle)
		times->idle_ns += now - rq->idle->exec_start_ns;
	cputime_split(&rq->cputime, now - times->idle_ns);
	cputime_split(&rq->user_time, rq->cputime.user_ns);
	times->user_ns = rq->user_time.user_ns;
	times->nice_ns = rq->user_time.system_ns;
	times->system_ns = rq->cputime.system_ns;
	spin_unlock_irqrestore(&rq->lock, flags);
}

u32
sched_nr_iowait(void)
{
	return MAX(atomic64_read(&rq_nr_iowait), 0L);
}

void
sched_iowait_begin(void)
{
	atomic64_add(&rq_nr_iowait, 1);
}

void
sched_iowait_end(void)
{
	atomic64_add(&rq_nr_iowait, -1);
}
