#pragma once

/*
 * Wait queues. The sleeper puts itself on the queue, sets its state, tests its
 * condition and only then sleeps, so a wake-up in between is not lost.
 */

#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "sched/sched.h"

struct wait_queue {
	struct spinlock lock; /* WAITQ; interrupt handlers wake */
	struct list_head waiters;
};

struct waiter {
	struct list_head link;
	struct task *task;
	bool exclusive; /* wake_up() wakes all others and one of these */
};

#define WAIT_QUEUE_INIT(name)                             \
	{                                                 \
		.lock = SPINLOCK_INIT(#name, RANK_WAITQ), \
		.waiters = LIST_HEAD_INIT((name).waiters) \
	}

void wait_queue_init(struct wait_queue *wq);

/* Be on wq (at most once per waiter) in the given state until wait_finish(). May be called again
 * in a loop. */
void wait_prepare(struct wait_queue *wq, struct waiter *waiter, enum task_state state);
void wait_prepare_exclusive(struct wait_queue *wq, struct waiter *waiter, enum task_state state);
void wait_finish(struct wait_queue *wq, struct waiter *waiter);

/* Any context. */
void wake_up(struct wait_queue *wq);
void wake_up_all(struct wait_queue *wq);

static inline bool
wait_queue_active(struct wait_queue *wq)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !list_empty(&wq->waiters);
}

#define WAITER_INIT(name)                                            \
	{                                                            \
		.link = LIST_HEAD_INIT((name).link), .task = current \
	}

/* Sleep until condition holds; it is evaluated without a lock, again after each wake-up. */
#define wait_event(wq, condition)                                              \
	do {                                                                   \
		struct waiter wait_self_ = WAITER_INIT(wait_self_);            \
                                                                               \
		might_sleep();                                                 \
		while (!(condition)) {                                         \
			wait_prepare((wq), &wait_self_, TASK_UNINTERRUPTIBLE); \
			if (condition)                                         \
				break;                                         \
			schedule();                                            \
		}                                                              \
		wait_finish((wq), &wait_self_);                                \
	} while (0)

/* => 0 when condition holds, -ERESTARTSYS when a signal came first */
#define wait_event_interruptible(wq, condition)                              \
	({                                                                   \
		struct waiter wait_self_ = WAITER_INIT(wait_self_);          \
		int wait_result_ = 0;                                        \
                                                                             \
		might_sleep();                                               \
		while (!(condition)) {                                       \
			wait_prepare((wq), &wait_self_, TASK_INTERRUPTIBLE); \
			if (condition)                                       \
				break;                                       \
			if (signal_pending()) {                              \
				wait_result_ = -ERESTARTSYS;                 \
				break;                                       \
			}                                                    \
			schedule();                                          \
		}                                                            \
		wait_finish((wq), &wait_self_);                              \
		wait_result_;                                                \
	})

/* => true when condition holds, false when deadline_ns (clock_now_ns) passed. Not interruptible. */
#define wait_event_deadline(wq, condition, deadline_ns)                        \
	({                                                                     \
		struct waiter wait_self_ = WAITER_INIT(wait_self_);            \
		u64 wait_until_ = (deadline_ns);                               \
		bool wait_met_;                                                \
                                                                               \
		might_sleep();                                                 \
		for (;;) {                                                     \
			u64 wait_now_;                                         \
                                                                               \
			wait_prepare((wq), &wait_self_, TASK_UNINTERRUPTIBLE); \
			wait_met_ = (condition);                               \
			wait_now_ = clock_now_ns();                            \
			if (wait_met_ || wait_now_ >= wait_until_)             \
				break;                                         \
			task_sleep_until(wait_until_);                         \
		}                                                              \
		wait_finish((wq), &wait_self_);                                \
		wait_met_;                                                     \
	})

/* schedule(), but woken at deadline_ns at the latest. The caller has set its state. */
void task_sleep_until(u64 deadline_ns);
