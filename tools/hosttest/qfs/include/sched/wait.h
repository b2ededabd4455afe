#pragma once

#include "core/spinlock.h"
#include "lib/errno.h"
#include "lib/list.h"
#include "sched/sched.h"

struct wait_queue {
	struct spinlock lock;
};

struct waiter {
	struct task *task;
};

#define WAIT_QUEUE_INIT(name)                            \
	{                                                \
		.lock = SPINLOCK_INIT(#name, RANK_WAITQ) \
	}
#define WAITER_INIT(name)       \
	{                       \
		.task = current \
	}

static inline void
wait_queue_init(struct wait_queue *wq)
{
	*wq = (struct wait_queue)WAIT_QUEUE_INIT(wq);
}

static inline void
wake_up_all(struct wait_queue *wq)
{
	(void)wq;
}

static inline bool
wait_queue_active(struct wait_queue *wq)
{
	(void)wq;
	return false;
}

static inline void
wait_prepare(struct wait_queue *wq, struct waiter *waiter, enum task_state state)
{
	(void)wq, (void)waiter, (void)state;
}

static inline void
wait_finish(struct wait_queue *wq, struct waiter *waiter)
{
	(void)wq, (void)waiter;
}

#define wait_event(wq, condition)    \
	do {                         \
		(void)(wq);          \
		might_sleep();       \
		while (!(condition)) \
			schedule();  \
	} while (0)

#define wait_event_deadline(wq, condition, deadline_ns) \
	({                                              \
		(void)(wq);                             \
		(void)(deadline_ns);                    \
		might_sleep();                          \
		(condition);                            \
	})
