/*
 * Who is called when a task becomes ready behind a hart that cannot run it: an idle hart that may. In each test
 * one hart has its interrupts off until the task has run, so nothing but that call can make it run.
 */

#include "core/clock.h"
#include "core/cpu.h"
#include "ktest/ktest.h"
#include "riscv/irqflags.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/wait.h"

/* The first of the idle harts is one where the task may not run. */
#define BUSY	1
#define IDLE	3
#define NEEDED	4
#define ALLOWED (1U << BUSY | 1U << IDLE)

/* Only for a message instead of a machine that stands still. */
#define GIVE_UP_NS (60 * NSEC_PER_SEC)

static struct wait_queue start_wq = WAIT_QUEUE_INIT(start_wq);
static u32 may_start, ready_to_wait, is_shut, ran_on;

#define NOT_YET ~0U

static void
waiting_main(void *arg)
{
	(void)arg;
	WRITE_ONCE(ready_to_wait, 1);
	wait_event(&start_wq, READ_ONCE(may_start));
	__atomic_store_n(&ran_on, cpu_id(), __ATOMIC_RELEASE);
}

/* Until somebody has run the task. */
static void
wait_until_run(void)
{
	u64 until = clock_now_ns() + GIVE_UP_NS;

	while (__atomic_load_n(&ran_on, __ATOMIC_ACQUIRE) == NOT_YET && clock_now_ns() < until)
		barrier();
}

/* Its hart runs nothing else. */
static void
shut_main(void *arg)
{
	u64 flags = irq_save();

	(void)arg;
	__atomic_store_n(&is_shut, 1, __ATOMIC_RELEASE);
	wait_until_run();
	irq_restore(flags);
	__atomic_store_n(&is_shut, 0, __ATOMIC_RELEASE);
}

/* => a thread that begins in hart BUSY, with a reference; or NULL */
static struct task *
start_there(void (*entry)(void *arg))
{
	struct task *task = task_create("there", entry, NULL);

	if (!task)
		return NULL;
	task->kthread = true;
	task->allowed = 1U << BUSY;
	task_start(task);
	return task;
}

/* => a thread that sleeps in hart BUSY, which then is shut; this one stays in hart 0, busy */
static struct task *
sleeper_behind_shut_hart(struct task **shut)
{
	struct task *task;

	ran_on = NOT_YET;
	may_start = ready_to_wait = is_shut = 0;
	sched_set_allowed(current, 1U << 0);
	task = start_there(waiting_main);
	if (!task)
		return NULL;
	while (!READ_ONCE(ready_to_wait) || READ_ONCE(task->state) != TASK_UNINTERRUPTIBLE ||
	       READ_ONCE(task->on_rq))
		sched_yield();
	*shut = start_there(shut_main);
	while (*shut && !__atomic_load_n(&is_shut, __ATOMIC_ACQUIRE))
		sched_yield();
	return *shut ? task : NULL;
}

/* => true: the task was run by the idle hart where it may be, called before or after it may be there */
static bool
idle_hart_runs_it(bool allowed_before)
{
	struct task *task, *shut;

	task = sleeper_behind_shut_hart(&shut);
	if (!task)
		return false;
	if (allowed_before)
		sched_set_allowed(task, ALLOWED);
	WRITE_ONCE(may_start, 1);
	wake_up(&start_wq);
	if (!allowed_before)
		sched_set_allowed(task, ALLOWED);
	wait_until_run();
	while (__atomic_load_n(&is_shut, __ATOMIC_ACQUIRE))
		sched_yield();
	task_put(task);
	task_put(shut);
	sched_set_allowed(current, sched_harts());
	return ran_on == IDLE;
}

/* Which harts are idle just then is not the same each time. */
#define NR_ROUNDS 30

KTEST(rouse_calls_a_hart_that_may_run_the_task)
{
	KTEST_NEEDS(nr_cpus >= NEEDED);
	for (unsigned i = 0; i < NR_ROUNDS; i++)
		KTEST_REQUIRE(idle_hart_runs_it(true));
}

KTEST(rouse_calls_a_hart_when_more_may_run_the_task)
{
	KTEST_NEEDS(nr_cpus >= NEEDED);
	for (unsigned i = 0; i < NR_ROUNDS; i++)
		KTEST_REQUIRE(idle_hart_runs_it(false));
}

#define NR_PAIRS 300

static atomic_t nr_begun, nr_ended;
static u32 given_up;

/* Two that wait for each other need two harts. */
static void
pair_main(void *arg)
{
	(void)arg;
	atomic_inc(&nr_begun);
	while (atomic_read(&nr_begun) < 2 && !READ_ONCE(given_up))
		barrier();
	atomic_inc(&nr_ended);
}

/* => false: no memory */
static bool
pair_create(struct task *tasks[2])
{
	atomic_set(&nr_begun, 0);
	atomic_set(&nr_ended, 0);
	given_up = 0;
	for (unsigned i = 0; i < 2; i++) {
		tasks[i] = task_create("pair", pair_main, NULL);
		if (!tasks[i])
			return false;
		tasks[i]->kthread = true;
	}
	return true;
}

/* Two tasks become ready, `delay` rounds one after the other. => both ran, in harts other than this */
static bool
pair_runs(struct task *tasks[2], unsigned delay)
{
	u64 flags = irq_save(), until;
	bool both;

	task_start(tasks[0]);
	for (unsigned i = 0; i < delay; i++)
		barrier();
	task_start(tasks[1]);
	until = clock_now_ns() + GIVE_UP_NS;
	while (atomic_read(&nr_begun) < 2 && clock_now_ns() < until)
		barrier();
	both = atomic_read(&nr_begun) == 2;
	WRITE_ONCE(given_up, 1);
	irq_restore(flags);
	while (atomic_read(&nr_ended) < 2)
		sched_yield();
	return both;
}

/* A hart that is called for the second while it takes the first calls another. */
KTEST(rouse_loses_no_second_task)
{
	KTEST_NEEDS(nr_cpus >= 3);
	for (unsigned i = 0; i < NR_PAIRS; i++) {
		struct task *tasks[2];
		bool both;

		KTEST_REQUIRE(pair_create(tasks));
		both = pair_runs(tasks, i * 32);
		for (unsigned n = 0; n < 2; n++)
			task_put(tasks[n]);
		KTEST_REQUIRE(both);
	}
}
