#include "sched/rwsem.h"

void
rwsem_init(struct rwsem *sem, const char *name, enum lock_rank rank)
{
	sem->count = 0;
	sem->nr_writers_waiting = 0;
	wait_queue_init(&sem->wq);
	sem->rank = rank;
	sem->name = name;
	sem->writer = NULL;
}

#ifdef DEBUG
#define note_acquire(sem, rank) \
	lockcheck_acquire(sem, (sem)->name, rank, (u64)__builtin_return_address(0))
#define note_try(sem) \
	lockcheck_acquire_nested(sem, (sem)->name, (sem)->rank, (u64)__builtin_return_address(0))
#define note_release(sem) lockcheck_release(sem)
#else
#define note_acquire(sem, rank) ((void)(rank))
#define note_try(sem)		((void)0)
#define note_release(sem)	((void)0)
#endif

static bool
read_grab_past_waiters(struct rwsem *sem)
{
	s32 count = __atomic_load_n(&sem->count, __ATOMIC_RELAXED);

	while (count >= 0)
		if (__atomic_compare_exchange_n(&sem->count, &count, count + 1, false,
						__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			return true;
	return false;
}

/* New readers wait behind waiting writers. */
static bool
read_grab(struct rwsem *sem)
{
	return !__atomic_load_n(&sem->nr_writers_waiting, __ATOMIC_RELAXED) &&
	       read_grab_past_waiters(sem);
}

static bool
write_grab(struct rwsem *sem)
{
	s32 none = 0;

	if (!__atomic_compare_exchange_n(&sem->count, &none, -1, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	sem->writer = current;
	return true;
}

void
rwsem_read_lock(struct rwsem *sem)
{
	might_sleep();
	reclaim_may_not_wait(sem->name);
	note_acquire(sem, sem->rank);
	if (unlikely(!read_grab(sem)))
		wait_event(&sem->wq, read_grab(sem));
}

bool
rwsem_read_trylock(struct rwsem *sem)
{
	if (!read_grab_past_waiters(sem))
		return false;
	note_try(sem);
	return true;
}

void
rwsem_read_unlock(struct rwsem *sem)
{
	s32 left = __atomic_sub_fetch(&sem->count, 1, __ATOMIC_RELEASE);

	assert(left >= 0);
	note_release(sem);
	if (left == 0 && wait_queue_active(&sem->wq))
		wake_up_all(&sem->wq);
}

static void
write_lock(struct rwsem *sem)
{
	assert(!rwsem_write_held(sem));
	if (likely(write_grab(sem)))
		return;
	__atomic_fetch_add(&sem->nr_writers_waiting, 1, __ATOMIC_SEQ_CST);
	wait_event(&sem->wq, write_grab(sem));
	__atomic_fetch_sub(&sem->nr_writers_waiting, 1, __ATOMIC_SEQ_CST);
}

void
rwsem_write_lock(struct rwsem *sem)
{
	might_sleep();
	reclaim_may_not_wait(sem->name);
	note_acquire(sem, sem->rank);
	write_lock(sem);
}

void
rwsem_write_lock_nested(struct rwsem *sem, u32 rank)
{
	might_sleep();
	reclaim_may_not_wait(sem->name);
	note_acquire(sem, rank);
	write_lock(sem);
}

bool
rwsem_write_trylock(struct rwsem *sem)
{
	if (!write_grab(sem))
		return false;
	note_try(sem);
	return true;
}

void
rwsem_write_unlock(struct rwsem *sem)
{
	assert(rwsem_write_held(sem));
	sem->writer = NULL;
	__atomic_store_n(&sem->count, 0, __ATOMIC_RELEASE);
	note_release(sem);
	if (wait_queue_active(&sem->wq))
		wake_up_all(&sem->wq);
}

void
rwsem_downgrade(struct rwsem *sem)
{
	assert(rwsem_write_held(sem));
	sem->writer = NULL;
	__atomic_store_n(&sem->count, 1, __ATOMIC_RELEASE);
	wake_up_all(&sem->wq);
}
