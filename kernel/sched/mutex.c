#include "sched/mutex.h"

void
mutex_init(struct mutex *mutex, const char *name, enum lock_rank rank)
{
	mutex->owner = NULL;
	wait_queue_init(&mutex->wq);
	mutex->rank = rank;
	mutex->name = name;
}

static bool
mutex_grab(struct mutex *mutex)
{
	struct task *none = NULL;

	return __atomic_compare_exchange_n(&mutex->owner, &none, current, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void NOINLINE
mutex_lock_slow(struct mutex *mutex)
{
	struct waiter self = WAITER_INIT(self);

	for (;;) {
		wait_prepare_exclusive(&mutex->wq, &self, TASK_UNINTERRUPTIBLE);
		if (mutex_grab(mutex))
			break;
		schedule();
	}
	wait_finish(&mutex->wq, &self);
}

void
mutex_lock(struct mutex *mutex)
{
	might_sleep();
	reclaim_may_not_wait(mutex->name);
	assert(!mutex_held(mutex));
#ifdef DEBUG
	lockcheck_acquire(mutex, mutex->name, mutex->rank, (u64)__builtin_return_address(0));
#endif
	if (unlikely(!mutex_grab(mutex)))
		mutex_lock_slow(mutex);
}

void
mutex_unlock(struct mutex *mutex)
{
	assert(mutex_held(mutex));
#ifdef DEBUG
	lockcheck_release(mutex);
#endif
	__atomic_store_n(&mutex->owner, NULL, __ATOMIC_RELEASE);
	if (unlikely(wait_queue_active(&mutex->wq)))
		wake_up(&mutex->wq);
}
