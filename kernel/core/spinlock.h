#pragma once

/*
 * Spinlocks. The kernel is not preempted, so spin_lock() is enough for data that no
 * interrupt handler touches; data that one does takes the irqsave form everywhere.
 *
 * One word, taken by a swap. A ticket lock would be fair, but on an emulator with more
 * harts than host cores the next in line is often not running, and then nobody gets on.
 */

#include "core/lock_rank.h"
#include "core/thread_info.h"
#include "lib/compiler.h"
#include "riscv/irqflags.h"

struct spinlock {
	u32 locked; /* 0 or 1 */
	u32 rank;
#ifdef DEBUG
	const char *name;
	u64 nr_acquired, nr_contended;
#endif
};

#ifdef DEBUG
#define SPINLOCK_INIT(lock_name, lock_rank)                           \
	{                                                             \
		.locked = 0, .rank = (lock_rank), .name = (lock_name) \
	}
#else
#define SPINLOCK_INIT(lock_name, lock_rank)      \
	{                                        \
		.locked = 0, .rank = (lock_rank) \
	}
#endif

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);

/*
 * Debug builds record every lock a thread holds, spinning and sleeping ones, and check the rank
 * of each acquire; the nested form only records. Release builds do neither.
 */
#ifdef DEBUG
void lockcheck_acquire_nested(const void *lock, const char *name, u32 rank, u64 call_site);
void lockcheck_acquire(const void *lock, const char *name, u32 rank, u64 call_site);
void lockcheck_release(const void *lock);
bool lockcheck_held(const void *lock);
/* Interrupt entry and exit: locks of the interrupted code do not count as held by the handler. */
u32 lockcheck_irq_enter(void);
void lockcheck_irq_exit(u32 saved);
void lockcheck_might_sleep(const char *file, int line);
/* A system call is over: the thread holds nothing any more. */
void lockcheck_return_to_user(const char *from);
#define might_sleep() lockcheck_might_sleep(__FILE__, __LINE__)
#else
#define might_sleep() ((void)0)
#endif

void spin_lock_slow(struct spinlock *lock);

static ALWAYS_INLINE u64
current_pc(void)
{
	u64 pc;

	asm volatile("auipc %0, 0" : "=r"(pc));
	return pc;
}

/* The second of two locks of one kind: `rank` says how this one is checked. */
static inline void
spin_lock_nested(struct spinlock *lock, u32 rank)
{
#ifdef DEBUG
	lockcheck_acquire(lock, lock->name, rank, current_pc());
#else
	(void)rank;
#endif
	if (unlikely(__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE)))
		spin_lock_slow(lock);
}

/* A lock that is held across a switch changes hands: the thread that leaves, the one that comes. */
static inline void
spin_hand_over(struct spinlock *lock)
{
#ifdef DEBUG
	lockcheck_release(lock);
#else
	(void)lock;
#endif
}

static inline void
spin_take_over(struct spinlock *lock)
{
#ifdef DEBUG
	lockcheck_acquire_nested(lock, lock->name, lock->rank, current_pc());
#else
	(void)lock;
#endif
}

static inline void
spin_lock(struct spinlock *lock)
{
	spin_lock_nested(lock, lock->rank);
}

/* => true when the lock was taken; no rank check, for it cannot deadlock */
bool spin_trylock(struct spinlock *lock);

static inline void
spin_unlock(struct spinlock *lock)
{
#ifdef DEBUG
	lockcheck_release(lock);
#endif
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

static inline u64
spin_lock_irqsave(struct spinlock *lock)
{
	u64 flags = irq_save();

	spin_lock(lock);
	return flags;
}

static inline void
spin_unlock_irqrestore(struct spinlock *lock, u64 flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

static inline bool
spin_is_locked(const struct spinlock *lock)
{
	return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED);
}

#ifdef DEBUG
#define assert_spin_held(lock) assert(lockcheck_held(lock))
#else
#define assert_spin_held(lock) assert(spin_is_locked(lock))
#endif
