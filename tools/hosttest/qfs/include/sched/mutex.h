#pragma once

#include "sched/wait.h"

struct mutex {
	u32 rank;
};

static inline void
mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
	(void)name;
	mutex->rank = rank;
}

static inline void
mutex_lock(struct mutex *mutex)
{
	might_sleep();
	sim_lock(mutex, mutex->rank);
}

static inline void
mutex_unlock(struct mutex *mutex)
{
	sim_unlock(mutex);
}
