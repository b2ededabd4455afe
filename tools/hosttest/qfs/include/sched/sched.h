#pragma once

#include "sched/task.h"

enum task_state { TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE };

static inline void
cond_resched(void)
{
}

static inline bool
kill_pending(void)
{
	return false;
}

static inline void
sched_iowait_begin(void)
{
}

static inline void
sched_iowait_end(void)
{
}

/* A sleep: what was submitted to the disk ends, threads that were told to stop do. */
void schedule(void);

#define reclaim_may_not_wait(lock_name) ((void)(lock_name))
