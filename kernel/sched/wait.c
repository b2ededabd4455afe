#include "sched/wait.h"

#include "core/clock.h"
#include "sched/timer.h"

void
wait_queue_init(struct wait_queue *wq)
{
	spin_init(&wq->lock, "wait_queue", RANK_WAITQ);
	list_init(&wq->waiters);
}

static void
prepare(struct wait_queue *wq, struct waiter *waiter, enum task_state state, bool exclusive)
{
	u64 flags = spin_lock_irqsave(&wq->lock);

	waiter->exclusive = exclusive;
	if (list_empty(&waiter->link)) {
		if (exclusive)
			list_add_tail(&waiter->link, &wq->waiters);
		else
			list_add(&waiter->link, &wq->waiters);
	}
	task_set_state(state);
	spin_unlock_irqrestore(&wq->lock, flags);
}

void
wait_prepare(struct wait_queue *wq, struct waiter *waiter, enum task_state state)
{
	prepare(wq, waiter, state, false);
}

void
wait_prepare_exclusive(struct wait_queue *wq, struct waiter *waiter, enum task_state state)
{
	prepare(wq, waiter, state, true);
}

void
wait_finish(struct wait_queue *wq, struct waiter *waiter)
{
	u64 flags;

	task_set_state(TASK_RUNNING);
	if (list_empty(&waiter->link))
		return;
	flags = spin_lock_irqsave(&wq->lock);
	list_del(&waiter->link);
	spin_unlock_irqrestore(&wq->lock, flags);
}

static void
wake(struct wait_queue *wq, bool all)
{
	struct waiter *waiter, *next;
	u64 flags;

	if (!wait_queue_active(wq))
		return;
	flags = spin_lock_irqsave(&wq->lock);
	list_for_each_entry_safe(waiter, next, &wq->waiters, link) {
		bool woken = task_wake(waiter->task, WAKE_NORMAL);

		if (woken && waiter->exclusive && !all)
			break;
	}
	spin_unlock_irqrestore(&wq->lock, flags);
}

void
wake_up(struct wait_queue *wq)
{
	wake(wq, false);
}

void
wake_up_all(struct wait_queue *wq)
{
	wake(wq, true);
}

struct sleeper {
	struct timer timer;
	struct task *task;
};

static void
sleeper_wake(struct timer *timer)
{
	task_wake(container_of(timer, struct sleeper, timer)->task, WAKE_NORMAL);
}

void
task_sleep_until(u64 deadline_ns)
{
	struct sleeper sleeper = {.task = current};

	timer_init(&sleeper.timer, sleeper_wake);
	timer_arm(&sleeper.timer, deadline_ns);
	schedule();
	timer_cancel(&sleeper.timer);
}

u64
task_sleep_ns(u64 ns, bool interruptible)
{
	u64 now = clock_now_ns();
	u64 deadline = now + ns < now ? ~0UL : now + ns;

	while (now < deadline) {
		task_set_state(interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE);
		if (interruptible && signal_pending()) {
			task_set_state(TASK_RUNNING);
			return deadline - now;
		}
		task_sleep_until(deadline);
		now = clock_now_ns();
	}
	return 0;
}
