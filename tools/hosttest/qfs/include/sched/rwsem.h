#pragma once

#include "sched/wait.h"

struct rwsem {
	u32 rank;
};

static inline void
rwsem_init(struct rwsem *sem, const char *name, enum lock_rank rank)
{
	(void)name;
	sem->rank = rank;
}

static inline void
rwsem_write_lock(struct rwsem *sem)
{
	might_sleep();
	sim_lock(sem, sem->rank);
}

static inline void
rwsem_write_lock_nested(struct rwsem *sem, u32 rank)
{
	might_sleep();
	sim_lock(sem, rank);
}

static inline void
rwsem_write_unlock(struct rwsem *sem)
{
	sim_unlock(sem);
}

static inline void
rwsem_read_lock(struct rwsem *sem)
{
	rwsem_write_lock(sem);
}

static inline void
rwsem_read_unlock(struct rwsem *sem)
{
	sim_unlock(sem);
}

static inline void
rwsem_downgrade(struct rwsem *sem)
{
	(void)sem;
}
