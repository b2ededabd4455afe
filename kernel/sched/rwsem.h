#pragma once

/* Sleeping locks that many readers or one writer may hold. Writers are not starved. */

#include "core/lock_rank.h"
#include "sched/wait.h"

struct rwsem {
	s32 count; /* atomic: readers, or -1 for a writer */
	u32 nr_writers_waiting;
	struct wait_queue wq;
	u32 rank;
	const char *name;
	struct task *writer;
};

void rwsem_init(struct rwsem *sem, const char *name, enum lock_rank rank);
void rwsem_read_lock(struct rwsem *sem);
/* ... unless a writer has it now; those that wait are passed. */
bool rwsem_read_trylock(struct rwsem *sem);
void rwsem_read_unlock(struct rwsem *sem);
void rwsem_write_lock(struct rwsem *sem);
/* The second and later ones of several locks of one rank: `rank` says how this one is checked. */
void rwsem_write_lock_nested(struct rwsem *sem, u32 rank);
bool rwsem_write_trylock(struct rwsem *sem);
void rwsem_write_unlock(struct rwsem *sem);
/* A writer becomes a reader without letting another writer in. */
void rwsem_downgrade(struct rwsem *sem);

static inline bool
rwsem_write_held(const struct rwsem *sem)
{
	return __atomic_load_n(&sem->writer, __ATOMIC_RELAXED) == current;
}

static inline bool
rwsem_held(const struct rwsem *sem)
{
	return __atomic_load_n(&sem->count, __ATOMIC_RELAXED) != 0;
}
