/* For the host: one thread, so a lock only checks that it is used in order. */
#pragma once

#include "core/lock_rank.h"
#include "lib/compiler.h"

struct spinlock {
	u32 locked;
	u32 rank;
};

#define SPINLOCK_INIT(lock_name, lock_rank)      \
	{                                        \
		.locked = 0, .rank = (lock_rank) \
	}
#define might_sleep() sim_might_sleep()

/* sim.c: the locks that are held, with their ranks. */
void sim_lock(const void *lock, u32 rank);
void sim_lock_any(const void *lock);
void sim_unlock(const void *lock);
void sim_might_sleep(void);

static inline void
spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	(void)name;
	*lock = (struct spinlock){.rank = rank};
}

static inline void
spin_lock(struct spinlock *lock)
{
	sim_lock(lock, lock->rank);
}

static inline void
spin_unlock(struct spinlock *lock)
{
	sim_unlock(lock);
}

static inline u64
spin_lock_irqsave(struct spinlock *lock)
{
	spin_lock(lock);
	return 0;
}

static inline void
spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	(void)flags;
	spin_unlock(lock);
}
