#include "core/spinlock.h"

void
spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	lock->locked = 0;
	lock->rank = rank;
#ifdef DEBUG
	lock->name = name;
	lock->nr_acquired = 0;
	lock->nr_contended = 0;
#else
	(void)name;
#endif
}

void
spin_lock_slow(struct spinlock *lock)
{
#ifdef DEBUG
	__atomic_fetch_add(&lock->nr_contended, 1, __ATOMIC_RELAXED);
#endif
	do {
		while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED))
			barrier();
	} while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE));
}

bool
spin_trylock(struct spinlock *lock)
{
	if (spin_is_locked(lock) || __atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		return false;
#ifdef DEBUG
	lockcheck_acquire_nested(lock, lock->name, lock->rank, current_pc());
#endif
	return true;
}
