#include "core/spinlock.h"
#include "hosttest.h"
#include "mem/env.h"

#define MAX_HELD 16

static struct spinlock *held[MAX_HELD];
static u32 ranks[MAX_HELD];
static u32 nr_held;

void
spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

void
spin_lock_nested(struct spinlock *lock, u32 rank)
{
	CHECK_MSG(!lock->held, "lock %s taken twice", lock->name);
	CHECK_MSG(nr_held == 0 || ranks[nr_held - 1] < rank, "lock %s inside %s", lock->name,
		  held[nr_held - 1]->name);
	CHECK(nr_held < MAX_HELD);
	held[nr_held] = lock;
	ranks[nr_held++] = rank;
	lock->held = true;
}

void
spin_lock(struct spinlock *lock)
{
	spin_lock_nested(lock, lock->rank);
}

bool
spin_trylock(struct spinlock *lock)
{
	if (lock->held)
		return false;
	spin_lock(lock);
	return true;
}

void
spin_unlock(struct spinlock *lock)
{
	u32 i = nr_held;

	CHECK_MSG(lock->held, "lock %s released, but not held", lock->name);
	lock->held = false;
	while (held[i - 1] != lock)
		i--;
	for (nr_held--; i <= nr_held; i++) {
		held[i - 1] = held[i];
		ranks[i - 1] = ranks[i];
	}
}

u64
spin_lock_irqsave(struct spinlock *lock)
{
	u64 flags = irq_save();

	spin_lock(lock);
	return flags;
}

void
spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

void
env_release_locks(void)
{
	while (nr_held != 0)
		spin_unlock(held[nr_held - 1]);
	host_irq_enabled = true;
}

void
env_check_idle(void)
{
	CHECK(irq_enabled());
	CHECK_MSG(nr_held == 0, "lock %s is still held", held[0]->name);
}
