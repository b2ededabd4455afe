/*
 * The checker of lock ranks, in debug builds. Each thread has a stack of the locks it
 * holds. Taking a lock whose rank is not greater than that of every lock held could
 * deadlock with a thread that takes the two in the proper order, whether or not it does
 * today: so it panics at once, and names both places.
 *
 * Spinning locks have ranks from RANK_DIRTY on; a thread that holds one must not sleep.
 */

#include "core/spinlock.h"

#ifdef DEBUG
#include "core/cpu.h"
#include "core/ksyms.h"
#include "core/panic.h"

static bool
rank_spins(u32 rank)
{
	return rank >= RANK_DIRTY;
}

static const char *
site_name(u64 site)
{
	u64 offset;
	const char *name = ksyms_lookup(site, &offset);

	return name ? name : "?";
}

static void
order_violated(const struct held_lock *held, const char *name, u32 rank, u64 call_site)
{
	panic("lock order: %s (rank %u) taken in %s [%#lx] while holding %s (rank %u), taken in %s "
	      "[%#lx]",
	      name, rank, site_name(call_site), call_site, held->name, held->rank,
	      site_name(held->call_site), held->call_site);
}

void
lockcheck_acquire_nested(const void *lock, const char *name, u32 rank, u64 call_site)
{
	struct thread_info *ti = current_thread_info;

	assert(ti->nr_held < LOCK_DEPTH_MAX);
	ti->held[ti->nr_held++] = (struct held_lock){
		.lock = lock, .name = name, .call_site = call_site, .rank = rank};
	if (rank_spins(rank))
		ti->nr_spinlocks++;
}

void
lockcheck_acquire(const void *lock, const char *name, u32 rank, u64 call_site)
{
	struct thread_info *ti = current_thread_info;

	if (!rank)
		panic("lock %p taken in %s was never initialised", lock, site_name(call_site));
	for (u32 i = ti->irq_base; i < ti->nr_held; i++)
		if (ti->held[i].rank >= rank)
			order_violated(&ti->held[i], name, rank, call_site);
	lockcheck_acquire_nested(lock, name, rank, call_site);
}

void
lockcheck_release(const void *lock)
{
	struct thread_info *ti = current_thread_info;

	for (u32 i = ti->nr_held; i-- > 0;) {
		if (ti->held[i].lock != lock)
			continue;
		if (rank_spins(ti->held[i].rank))
			ti->nr_spinlocks--;
		for (; i + 1 < ti->nr_held; i++)
			ti->held[i] = ti->held[i + 1];
		ti->nr_held--;
		return;
	}
	panic("lock %p released by %s (pid %u), which does not hold it", lock, ti->name, ti->pid);
}

bool
lockcheck_held(const void *lock)
{
	const struct thread_info *ti = current_thread_info;

	for (u32 i = 0; i < ti->nr_held; i++)
		if (ti->held[i].lock == lock)
			return true;
	return false;
}

void
lockcheck_might_sleep(const char *file, int line)
{
	const struct thread_info *ti = current_thread_info;

	if (in_interrupt())
		panic("%s:%d may sleep, called in an interrupt handler", file, line);
	if (ti->nr_spinlocks)
		panic("%s:%d may sleep, called with spinlock %s held (taken in %s)", file, line,
		      ti->held[ti->nr_held - 1].name,
		      site_name(ti->held[ti->nr_held - 1].call_site));
	if (ti->nr_kmaps)
		panic("%s:%d may sleep, called with %u kmap windows open", file, line,
		      ti->nr_kmaps);
}

void
lockcheck_return_to_user(const char *from)
{
	const struct thread_info *ti = current_thread_info;

	if (ti->nr_held)
		panic("%s returns with lock %s held (taken in %s)", from,
		      ti->held[ti->nr_held - 1].name,
		      site_name(ti->held[ti->nr_held - 1].call_site));
	if (ti->nr_kmaps)
		panic("%s returns with %u kmap windows open", from, ti->nr_kmaps);
}

u32
lockcheck_irq_enter(void)
{
	u32 saved = current_thread_info->irq_base;

	current_thread_info->irq_base = current_thread_info->nr_held;
	return saved;
}

void
lockcheck_irq_exit(u32 saved)
{
	assert(current_thread_info->nr_held == current_thread_info->irq_base);
	current_thread_info->irq_base = saved;
}
#endif
