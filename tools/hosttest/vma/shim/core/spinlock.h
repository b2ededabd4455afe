/* Spinlocks of a program with one thread: taken twice fails the test. */
#pragma once

#include "core/lock_rank.h"
#include "core/panic.h"
#include "lib/compiler.h"

struct spinlock {
	bool held;
};

#define SPINLOCK_INIT(name, rank) \
	{                         \
		false             \
	}
#define might_sleep() ((void)0)

static inline void
spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	(void)name;
	(void)rank;
	lock->held = false;
}

static inline void
spin_lock(struct spinlock *lock)
{
	assert(!lock->held);
	lock->held = true;
}

static inline void
spin_unlock(struct spinlock *lock)
{
	assert(lock->held);
	lock->held = false;
}
