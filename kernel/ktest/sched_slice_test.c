/*
 * Tasks that become ready together while their hart is idle. Each gets its slices, though nothing happens after
 * that which would tell the hart that one still waits.
 */

#include "core/atomic.h"
#include "core/clock.h"
#include "ktest/ktest.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define HERE	     (1U << 0)
#define NR_TASKS     3
#define NR_ROUNDS    5
#define IDLE_NS	     (60 * NSEC_PER_MSEC) /* no slice from before is left then */
#define PATIENCE_NS  (300 * NSEC_PER_MSEC)
#define PATIENCE_RUN 100000 /* times round the loop: the machine may have stood still */

static struct wait_queue start_wq = WAIT_QUEUE_INIT(start_wq), done_wq = WAIT_QUEUE_INIT(done_wq);
static u32 may_start;
static atomic64_t nr_begun, nr_done;
static bool starved;

/* Goes on until all have begun. It gives the hart away only when it is told to. */
static void
together_main(void *arg)
{
	u64 until, nr_loops = 0;

	(void)arg;
	wait_event(&start_wq, READ_ONCE(may_start));
	until = clock_now_ns() + PATIENCE_NS;
	atomic64_add(&nr_begun, 1);
	while (atomic64_read(&nr_begun) < NR_TASKS && !starved) {
		cond_resched();
		starved = ++nr_loops > PATIENCE_RUN && clock_now_ns() > until;
	}
	atomic64_add(&nr_done, 1);
	wake_up(&done_wq);
}

static void
start_all(struct timer *timer)
{
	(void)timer;
	WRITE_ONCE(may_start, 1);
	wake_up(&start_wq);
}

/* => a thread that sleeps in this hart, or NULL */
static struct task *
sleeper_here(void)
{
	struct task *task = task_create("together", together_main, NULL);

	if (!task)
		return NULL;
	task->kthread = true;
	task->allowed = HERE;
	task_start(task);
	while (READ_ONCE(task->state) != TASK_UNINTERRUPTIBLE || READ_ONCE(task->on_cpu))
		sched_yield();
	return task;
}

/* They are woken by a timer, which finds the hart idle: this task sleeps, too. => whether all ran */
static bool
all_run_once_woken(void)
{
	struct task *tasks[NR_TASKS];
	struct timer timer;
	s64 nr = 0;

	may_start = 0;
	nr_begun = nr_done = (atomic64_t){0};
	starved = false;
	while (nr < NR_TASKS && (tasks[nr] = sleeper_here()))
		nr++;
	timer_init(&timer, start_all);
	timer_arm(&timer, clock_now_ns() + IDLE_NS);
	wait_event(&done_wq, atomic64_read(&nr_done) == nr);
	timer_cancel(&timer);
	for (s64 i = 0; i < nr; i++)
		task_put(tasks[i]);
	return nr == NR_TASKS && !starved;
}

KTEST(sched_ready_together_have_their_slices)
{
	bool good = true;

	sched_set_allowed(current, HERE);
	for (int i = 0; i < NR_ROUNDS && good; i++)
		good = all_run_once_woken();
	sched_set_allowed(current, sched_harts());
	KTEST_CHECK(good);
}
