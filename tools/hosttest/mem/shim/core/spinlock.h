/*
 * Spinlocks for one thread: taking one twice, out of order of rank, or releasing one that is not held
 * fails the test.
 */
#pragma once

#include "core/lock_rank.h"
#include "core/thread_info.h"
#include "lib/compiler.h"
#include "riscv/irqflags.h"

struct spinlock {
	const char *name;
	u32 rank;
	bool held;
};

#define SPINLOCK_INIT(lock_name, lock_rank)              \
	{                                                \
		.name = (lock_name), .rank = (lock_rank) \
	}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);
void spin_lock_nested(struct spinlock *lock, u32 rank);
void spin_lock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
u64 spin_lock_irqsave(struct spinlock *lock);
void spin_unlock_irqrestore(struct spinlock *lock, u64 flags);

static inline bool
spin_is_locked(const struct spinlock *lock)
{
	return lock->held;
}

#define assert_spin_held(lock) assert(spin_is_locked(lock))
#define might_sleep()	       ((void)0)
