/* Threads, locks, waiting, timers. */

#include "core/atomic.h"
#include "core/clock.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "sched/cputime.h"
#include "sched/mutex.h"
#include "sched/rwsem.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "sched/wait.h"

#define NR_WORKERS 8

static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static atomic_t nr_done;
static u64 counter;

/* Run fn in NR_WORKERS threads and wait for all of them. */
static void
run_workers(void (*fn)(void *arg), void *arg)
{
	atomic_set(&nr_done, 0);
	for (int i = 0; i < NR_WORKERS; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("worker", fn, arg)));
	wait_event(&done_wq, atomic_read(&nr_done) == NR_WORKERS);
}

static void
worker_done(void)
{
	atomic_inc(&nr_done);
	wake_up_all(&done_wq);
}

static void
mutex_worker(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		mutex_lock(arg);
		counter++;
		if (i % 50 == 0)
			sched_yield();
		mutex_unlock(arg);
	}
	worker_done();
}

KTEST(mutex_excludes)
{
	static struct mutex mutex;

	mutex_init(&mutex, "ktest", RANK_INODE);
	counter = 0;
	run_workers(mutex_worker, &mutex);
	KTEST_CHECK(counter == NR_WORKERS * 1000);
}

static void
spin_worker(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		spin_lock(arg);
		counter++;
		spin_unlock(arg);
	}
	worker_done();
}

KTEST(spinlock_excludes)
{
	static struct spinlock lock;

	spin_init(&lock, "ktest", RANK_MAPPING);
	counter = 0;
	run_workers(spin_worker, &lock);
	KTEST_CHECK(counter == NR_WORKERS * 20000);
}

static u64 shared_a, shared_b;

static void
rwsem_worker(void *arg)
{
	for (int i = 0; i < 500; i++) {
		if (i % 10 == 0) {
			rwsem_write_lock(arg);
			shared_a++;
			sched_yield();
			shared_b++;
			rwsem_write_unlock(arg);
		} else {
			rwsem_read_lock(arg);
			KTEST_CHECK(READ_ONCE(shared_a) == READ_ONCE(shared_b));
			sched_yield();
			rwsem_read_unlock(arg);
		}
	}
	worker_done();
}

KTEST(rwsem_excludes_writers)
{
	static struct rwsem sem;

	rwsem_init(&sem, "ktest", RANK_INODE);
	shared_a = shared_b = 0;
	run_workers(rwsem_worker, &sem);
	KTEST_CHECK(shared_a == NR_WORKERS * 50);
}

struct ball {
	struct wait_queue wq;
	u32 side;
};

static void
ping_worker(void *arg)
{
	struct ball *ball = arg;

	for (int i = 0; i < 1000; i++) {
		wait_event(&ball->wq, READ_ONCE(ball->side) == 1);
		WRITE_ONCE(ball->side, 0);
		wake_up(&ball->wq);
	}
	worker_done();
}

KTEST(wait_queue_loses_no_wakeup)
{
	struct ball ball = {.side = 0};

	wait_queue_init(&ball.wq);
	atomic_set(&nr_done, 0);
	KTEST_REQUIRE(!IS_ERR(kthread_start("ping", ping_worker, &ball)));
	for (int i = 0; i < 1000; i++) {
		WRITE_ONCE(ball.side, 1);
		wake_up(&ball.wq);
		wait_event(&ball.wq, READ_ONCE(ball.side) == 0);
	}
	wait_event(&done_wq, atomic_read(&nr_done) == 1);
}

static void
sleep_worker(void *arg)
{
	u64 ns = (u64)arg;

	for (int i = 0; i < 20; i++) {
		u64 start = clock_now_ns();

		KTEST_CHECK(task_sleep_ns(ns, false) == 0);
		KTEST_CHECK(clock_now_ns() - start >= ns);
	}
	worker_done();
}

KTEST(sleep_is_never_too_short)
{
	run_workers(sleep_worker, (void *)(500 * NSEC_PER_USEC));
}

static void
timer_fires(struct timer *timer)
{
	(void)timer;
	counter++;
}

/* A deadline that is an expression of the clock is that of the call, not a new one at each wake-up. */
KTEST(wait_with_a_deadline_ends)
{
	static struct wait_queue wq = WAIT_QUEUE_INIT(wq);
	u64 start = clock_now_ns();

	KTEST_CHECK(!wait_event_deadline(&wq, false, clock_now_ns() + 5 * NSEC_PER_MSEC));
	KTEST_CHECK(clock_now_ns() - start >= 5 * NSEC_PER_MSEC);
}

KTEST(timer_fires_once_or_is_cancelled)
{
	struct timer timer;

	counter = 0;
	timer_init(&timer, timer_fires);
	timer_arm(&timer, clock_now_ns() + NSEC_PER_MSEC);
	task_sleep_ns(5 * NSEC_PER_MSEC, false);
	KTEST_CHECK(READ_ONCE(counter) == 1);
	timer_arm(&timer, clock_now_ns() + 100 * NSEC_PER_MSEC);
	KTEST_CHECK(timer_cancel(&timer));
	KTEST_CHECK(!timer_cancel(&timer));
	KTEST_CHECK(READ_ONCE(counter) == 1);
}

struct noted_timer {
	struct timer timer;
	bool fired;
};

static void
timer_notes(struct timer *timer)
{
	WRITE_ONCE(container_of(timer, struct noted_timer, timer)->fired, true);
}

/* Keeps its hart busy past a timer, while the next one is as far away as can be. */
static void
endless_worker(void *arg)
{
	struct noted_timer endless = {0}, soon = {0};

	(void)arg;
	timer_init(&endless.timer, timer_notes);
	timer_init(&soon.timer, timer_notes);
	timer_arm(&endless.timer, ~0UL);
	timer_arm(&soon.timer, clock_now_ns() + NSEC_PER_MSEC);
	while (!READ_ONCE(soon.fired))
		barrier();
	KTEST_CHECK(!timer_cancel(&soon.timer));
	KTEST_CHECK(timer_cancel(&endless.timer));
	KTEST_CHECK(!endless.fired);
	worker_done();
}

KTEST(timer_that_never_fires_lets_the_hart_go_on)
{
	run_workers(endless_worker, NULL);
}

static void
short_worker(void *arg)
{
	(void)arg;
	worker_done();
}

KTEST(kthread_many_come_and_go)
{
	u64 before = task_count();

	for (int i = 0; i < 50; i++)
		run_workers(short_worker, NULL);
	for (int i = 0; i < 200 && task_count() != before; i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	KTEST_CHECK(task_count() == before);
}

static void
busy_worker(void *arg)
{
	u32 *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE))
		cond_resched();
	worker_done();
}

KTEST(scheduler_shares_harts)
{
	static u32 stop;

	stop = 0;
	atomic_set(&nr_done, 0);
	for (int i = 0; i < NR_WORKERS; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("busy", busy_worker, &stop)));
	task_sleep_ns(50 * NSEC_PER_MSEC, false);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	wait_event(&done_wq, atomic_read(&nr_done) == NR_WORKERS);
}

/* Each hart in turn, while others compute: a thread is where it may be as soon as it goes on. */
KTEST(thread_runs_where_it_may)
{
	cpumask_t all = current->allowed;
	static u32 stop;

	stop = 0;
	atomic_set(&nr_done, 0);
	for (int i = 0; i < NR_WORKERS; i++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("busy", busy_worker, &stop)));
	for (u32 i = 0; i < 8 * nr_cpus; i++) {
		sched_set_allowed(current, 1U << i % nr_cpus);
		KTEST_CHECK(cpu_id() == i % nr_cpus);
		task_sleep_ns(NSEC_PER_MSEC, false);
		KTEST_CHECK(cpu_id() == i % nr_cpus);
	}
	sched_set_allowed(current, all & sched_harts());
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	wait_event(&done_wq, atomic_read(&nr_done) == NR_WORKERS);
}

static cpumask_t roamed;

/* Notes where it runs. */
static void
roaming_worker(void *arg)
{
	u32 *stop = arg;

	while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		WRITE_ONCE(roamed, roamed | 1U << cpu_id());
		cond_resched();
	}
	worker_done();
}

/* *task gets a reference. */
static void
start_pinned(struct task **task, void (*entry)(void *arg), u32 *stop, u32 cpu)
{
	*task = task_create("pinned", entry, stop);
	KTEST_REQUIRE(*task);
	(*task)->kthread = true;
	(*task)->allowed = 1U << cpu;
	task_start(*task);
}

/* The longest queue has nothing for the idle hart 0, a shorter one does. */
KTEST(idle_hart_looks_at_all_queues)
{
	cpumask_t all = current->allowed;
	struct task *tasks[6];
	static u32 stop;

	KTEST_NEEDS(nr_cpus >= 3);
	stop = roamed = 0;
	atomic_set(&nr_done, 0);
	sched_set_allowed(current, 1U << 0);
	for (u32 i = 0; i < 5; i++)
		start_pinned(&tasks[i], busy_worker, &stop, i < 4 ? 1 : 2);
	start_pinned(&tasks[5], roaming_worker, &stop, 2);
	task_sleep_ns(10 * NSEC_PER_MSEC, false);
	KTEST_CHECK(!(READ_ONCE(roamed) & 1U << 0));
	sched_set_allowed(tasks[5], 1U << 2 | 1U << 0);
	for (int i = 0; i < 200 && !(READ_ONCE(roamed) & 1U << 0); i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
	KTEST_CHECK(READ_ONCE(roamed) & 1U << 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
	wait_event(&done_wq, atomic_read(&nr_done) == 6);
	sched_set_allowed(current, all & sched_harts());
	for (u32 i = 0; i < 6; i++)
		task_put(tasks[i]);
}

/* A reader on another hart knows of less time than was told: neither part turns back, nor does the sum. */
KTEST(cputime_never_goes_back)
{
	struct cputime time = {0};
	u64 user_ns, system_ns;

	cputime_count(&time, NSEC_PER_SEC, false);
	cputime_count(&time, 4 * NSEC_PER_SEC, true);
	cputime_split(&time, 4 * NSEC_PER_SEC);
	user_ns = time.user_ns;
	system_ns = time.system_ns;
	KTEST_CHECK(user_ns > 0 && system_ns > 0);
	for (u64 total_ns = 0; total_ns < 4 * NSEC_PER_SEC; total_ns += NSEC_PER_SEC / 4) {
		cputime_split(&time, total_ns);
		KTEST_CHECK(time.user_ns == user_ns && time.system_ns == system_ns);
	}
	cputime_split(&time, 5 * NSEC_PER_SEC);
	KTEST_CHECK(time.user_ns >= user_ns && time.system_ns >= system_ns);
	KTEST_CHECK(time.user_ns + time.system_ns == 5 * NSEC_PER_SEC);
}
