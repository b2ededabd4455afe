#include "core/spinlock.h"

void
spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	lock->word = 0;
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
spin_lock_slow(struct spinlock *lock, u16 ticket)
{
#ifdef DEBUG
	__atomic_fetch_add(&lock->nr_contended, 1, __ATOMIC_RELAXED);
#endif
	while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket)
		barrier();
}

bool
spin_trylock(struct spinlock *lock)
{
	u32 old = __atomic_load_n(&lock->word, __ATOMIC_RELAXED);

	if ((u16)old != old >> 16)
		return false;
	if (!__atomic_compare_exchange_n(&lock->word, &old, old + (1U << 16), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
#ifdef DEBUG
	lockcheck_acquire_nested(lock, lock->name, lock->rank, (u64)__builtin_return_address(0));
#endif
	return true;
}
