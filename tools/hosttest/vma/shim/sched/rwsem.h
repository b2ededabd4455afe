#pragma once

#include "core/spinlock.h"

struct rwsem {
	struct spinlock lock;
};

static inline void
rwsem_write_lock(struct rwsem *sem)
{
	spin_lock(&sem->lock);
}

static inline void
rwsem_write_unlock(struct rwsem *sem)
{
	spin_unlock(&sem->lock);
}

static inline void
rwsem_read_lock(struct rwsem *sem)
{
	spin_lock(&sem->lock);
}

static inline void
rwsem_read_unlock(struct rwsem *sem)
{
	spin_unlock(&sem->lock);
}
