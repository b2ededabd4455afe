#pragma once

/* Sleeping locks: one owner, who must be the one to unlock. */

#include "core/lock_rank.h"
#include "sched/wait.h"

struct mutex {
	struct task *owner; /* atomic: NULL when free */
	struct wait_queue wq;
	u32 rank;
	const char *name;
};

#define MUTEX_INIT(var, lock_name, lock_rank)                                             \
	{                                                                                 \
		.wq = WAIT_QUEUE_INIT((var).wq), .rank = (lock_rank), .name = (lock_name) \
	}

void mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank);

/* May sleep, not interruptible. */
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

static inline bool
mutex_held(const struct mutex *mutex)
{
	return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == current;
}
