/* Nice values in a queue of its own, whose tasks never run and whose clock is a variable. */

#include "core/clock.h"
#include "ktest/ktest.h"
#include "sched/rq.h"

#define NR_TASKS  2
#define NR_SLICES 20000

static struct run_queue rq;
static struct task idle, tasks[NR_TASKS];
static u64 now_ns;

/* The queue, with nothing in it, at a time when its hart idles. */
static void
queue_start(void)
{
	now_ns = NSEC_PER_SEC;
	idle = (struct task){.exec_start_ns = now_ns};
	rq = (struct run_queue){};
	rq_init(&rq, &idle);
	for (int i = 0; i < NR_TASKS; i++)
		tasks[i] = (struct task){.vtime_ns = rq.vtime_ns, .exec_start_ns = now_ns};
}

/* The running task stays ready; the first of all runs. */
static void
queue_switch(void)
{
	struct task *next;

	rq_charge(&rq, now_ns);
	if (rq.running != &idle)
		rq_enqueue(&rq, rq.running);
	next = rq_first(&rq);
	rq_dequeue(&rq, next);
	next->exec_start_ns = now_ns;
	rq.running = next;
}

/* So many slices for whoever is first. */
static void
queue_run(int nr_slices)
{
	while (nr_slices-- > 0) {
		queue_switch();
		now_ns += rq_slice_ns(&rq);
	}
	rq_charge(&rq, now_ns);
}

/* => how much more of the hart the first task had, in thousandths */
static u64
share(s32 nice, s32 nice_of_other)
{
	queue_start();
	tasks[0].nice = nice;
	tasks[1].nice = nice_of_other;
	rq_enqueue(&rq, &tasks[0]);
	rq_enqueue(&rq, &tasks[1]);
	queue_run(NR_SLICES);
	return tasks[0].runtime_ns * 1000 / tasks[1].runtime_ns;
}

static bool
is_near(u64 value, u64 expected)
{
	return value * 100 >= expected * 97 && value * 100 <= expected * 103;
}

/* Each step of nice is a factor of 1.25, but for what is lost to rounding where rates are small. */
KTEST(sched_nice_is_a_share)
{
	u64 factor = 1000 << 10;

	KTEST_CHECK(share(0, 0) == 1000);
	for (s32 step = 1; step <= NICE_MAX; step++) {
		factor = factor * 5 / 4;
		KTEST_CHECK(is_near(share(0, step), factor >> 10));
		KTEST_CHECK(is_near(share(-step, 0), factor >> 10));
	}
}

/* Task 0 runs alone; task 1 sleeps. */
static void
one_runs(s32 nice)
{
	queue_start();
	tasks[0].nice = nice;
	rq_enqueue(&rq, &tasks[0]);
	queue_switch();
}

/* What has run is charged as it was, what runs then as it is. */
KTEST(sched_nice_changes_from_now_on)
{
	u64 before;

	one_runs(0);
	before = tasks[0].vtime_ns;
	now_ns += 4 * NSEC_PER_MSEC;
	rq_set_nice(&rq, &tasks[0], 5, now_ns);
	KTEST_CHECK(tasks[0].vtime_ns == before + 4 * NSEC_PER_MSEC);
	KTEST_CHECK(tasks[0].runtime_ns == 4 * NSEC_PER_MSEC);
	now_ns += 1024;
	rq_charge(&rq, now_ns);
	KTEST_CHECK(tasks[0].vtime_ns == before + 4 * NSEC_PER_MSEC + 3125);
	/* More than a slice is not charged, and that is of the same kind. */
	before = tasks[0].vtime_ns;
	tasks[1].vtime_ns = before;
	rq_enqueue(&rq, &tasks[1]);
	now_ns += NSEC_PER_SEC;
	rq_charge(&rq, now_ns);
	KTEST_CHECK(tasks[0].vtime_ns == before + (rq_slice_ns(&rq) * 3125 >> 10));
}

/* One that waits far behind the others has its turn soon when its value is taken back. */
KTEST(sched_nice_rescues)
{
	one_runs(0);
	rq_set_nice(&rq, &tasks[1], 19, now_ns);
	tasks[1].vtime_ns = rq.vtime_ns + NSEC_PER_SEC;
	rq_enqueue(&rq, &tasks[1]);
	rq_set_nice(&rq, &tasks[1], 0, now_ns);
	KTEST_CHECK(rq.nr_ready == 1 && tasks[1].on_rq);
	KTEST_CHECK(tasks[1].vtime_ns == rq.vtime_ns + rq_slice_ns(&rq));
}

/* => whether the sleeper, which has slept long, interrupts a task with nice 0 */
static bool
interrupts(s32 nice, u64 ran_ns)
{
	one_runs(0);
	tasks[1].nice = nice;
	tasks[1].vtime_ns = 0;
	now_ns += ran_ns;
	rq_place_woken(&rq, &tasks[1], now_ns);
	return rq_should_preempt(&rq, &tasks[1], now_ns);
}

/* How far behind it may be, and must be, when it wakes. */
KTEST(sched_nice_waits_when_woken)
{
	KTEST_CHECK(interrupts(0, NSEC_PER_MSEC) && interrupts(-20, NSEC_PER_MSEC));
	KTEST_CHECK(interrupts(5, NSEC_PER_MSEC) && !interrupts(15, NSEC_PER_MSEC));
	KTEST_CHECK(!interrupts(19, NSEC_PER_MSEC));
	(void)interrupts(19, NSEC_PER_MSEC);
	KTEST_CHECK(rq.vtime_ns - tasks[1].vtime_ns == 10 * NSEC_PER_MSEC);
	(void)interrupts(-20, NSEC_PER_MSEC);
	KTEST_CHECK(rq.vtime_ns - tasks[1].vtime_ns == (10 * NSEC_PER_MSEC * 12 >> 10));
}

/* A child waits for its turn, as its share is. */
KTEST(sched_nice_of_a_child)
{
	for (s32 nice = NICE_MIN; nice <= NICE_MAX; nice++) {
		one_runs(nice);
		tasks[1].nice = nice;
		rq_place_new(&rq, &tasks[1], now_ns);
		KTEST_CHECK((nice >= 0) == (tasks[1].vtime_ns >= rq.vtime_ns + NSEC_PER_MSEC));
		KTEST_CHECK(tasks[1].vtime_ns > rq.vtime_ns);
	}
}

/* Who yields lets the others go first, but not for as long as one that is nice has to wait. */
KTEST(sched_nice_yield)
{
	one_runs(0);
	tasks[1].vtime_ns = rq.vtime_ns + 5 * NSEC_PER_MSEC;
	rq_enqueue(&rq, &tasks[1]);
	rq_place_last(&rq);
	KTEST_CHECK(tasks[0].vtime_ns == tasks[1].vtime_ns);
	rq_dequeue(&rq, &tasks[1]);
	tasks[1].vtime_ns += NSEC_PER_SEC;
	rq_enqueue(&rq, &tasks[1]);
	rq_place_last(&rq);
	KTEST_CHECK(tasks[0].vtime_ns < rq.vtime_ns + 40 * NSEC_PER_MSEC);
}
