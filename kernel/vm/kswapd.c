/*
 * One thread for all zones. The allocator wakes it when all zones that it may use are down to their low
 * watermarks; it reclaims until who may have a zone finds that zone's high watermark of free pages, there or in
 * lower zones.
 *
 *	free   high ─────────  kswapd sleeps again
 *	       low  ─────────  kswapd is woken; allocations go on as before
 *	       min  ─────────  an allocation that may sleep reclaims for itself
 *	       min/2 ────────  ... and waits for kswapd a while before it does: so those who allocate
 *			       the most wait the most, and what is left is for who cannot wait
 *
 * It starts with a small part of each list and looks at more of it when that frees nothing. When a
 * look at everything freed nothing a few times it gives up, for waking it again and again would use
 * up the hart; who needs memory then sees for himself, and kswapd is tried again after that helped.
 *
 * It is woken, too, whenever the last page under way to swap has arrived, and empties the laundries: the
 * next reclaim would do that, but may be long in coming, and whose pages they are may have ended.
 */

#include "vm/kswapd.h"

#include "core/clock.h"
#include "core/panic.h"
#include "lib/err.h"
#include "mem/page_color.h"
#include "mem/vmstat.h"
#include "mem/zone.h"
#include "sched/sched.h"
#include "sched/wait.h"
#include "vm/reclaim.h"
#include "vm/shrink.h"
#include "vm/shrinker.h"

/* Fruitless runs before it gives up. */
#define FAILURES_MAX 16
/* Asked again within this time, it has hardly rested; Linux looks again after as long. */
#define QUICKLY_NS (100 * NSEC_PER_MSEC)
/* How long a task waits for it at most. */
#define THROTTLE_NS (100 * NSEC_PER_MSEC)

static struct wait_queue kswapd_wq = WAIT_QUEUE_INIT(kswapd_wq);
static struct wait_queue throttle_wq = WAIT_QUEUE_INIT(throttle_wq);
static bool asked, working;
static u32 collect; /* bool; atomic exchange: who sets it knows that kswapd looks afterwards */
static unsigned failures;

static bool
gave_up(void)
{
	return READ_ONCE(failures) >= FAILURES_MAX;
}

void
kswapd_wake(void)
{
	if (READ_ONCE(asked) || gave_up())
		return;
	WRITE_ONCE(asked, true);
	wake_up(&kswapd_wq);
}

void
kswapd_collect(void)
{
	if (!__atomic_exchange_n(&collect, 1, __ATOMIC_ACQ_REL))
		wake_up(&kswapd_wq);
}

void
kswapd_note_progress(void)
{
	WRITE_ONCE(failures, 0);
}

/*
 * Is there half of what is kept back for those who cannot wait? They ask for the kernel's memory, so
 * free pages that it cannot reach are no reserve.
 */
static bool
reserves_ok(void)
{
	u64 nr_free = 0, nr_min = 0;

	for (unsigned i = 0; i < ZONE_HIGHMEM; i++) {
		nr_free += READ_ONCE(zones[i].nr_free);
		nr_min += zones[i].watermark_min;
	}
	return nr_free > nr_min / 2;
}

/* It is at an end, and nobody has asked since: from being asked until it runs it may take a while. */
static bool
kswapd_rests(void)
{
	return !READ_ONCE(asked) && !READ_ONCE(working);
}

void
kswapd_throttle(gfp_t gfp)
{
	if (likely(reserves_ok()) || !(gfp & GFP_BIT_FS) || gfp & GFP_MEMALLOC || gave_up())
		return;
	kswapd_wake();
	vmstat_add(PGSCAN_DIRECT_THROTTLE, 1);
	wait_event_deadline(&throttle_wq, reserves_ok() || kswapd_rests(),
			    clock_now_ns() + THROTTLE_NS);
}

/*
 * Pages that are missing until who may have zone `top` finds as many as its high watermark says: there,
 * or in a lower zone, above what that keeps for itself.
 */
static u64
shortage(unsigned top)
{
	u64 wanted = zones[top].watermark_high, found = READ_ONCE(zones[top].nr_free);

	for (unsigned i = 0; i < top; i++) {
		u64 kept = zones[i].watermark_high + zones[i].lowmem_reserve[top];
		u64 nr_free = READ_ONCE(zones[i].nr_free);

		found += nr_free > kept ? nr_free - kept : 0;
	}
	return wanted > found ? wanted - found : 0;
}

/* One pass for the zones that need it. => true: none does */
static bool
zones_balance(int priority, struct reclaim_run *run)
{
	bool balanced = true;

	for (int top = NR_ZONES - 1; top >= 0; top--) {
		u64 nr_wanted = shortage(top);

		if (nr_wanted == 0)
			continue;
		balanced = false;
		reclaim_zones(top, priority, nr_wanted, run);
	}
	if (!balanced)
		run->nr_freed += shrinkers_run(run->gfp, priority);
	if (wait_queue_active(&throttle_wq))
		wake_up_all(&throttle_wq);
	return balanced;
}

/* => false: nothing could be freed, though it was needed */
static bool
kswapd_run(void)
{
	int priority = RECLAIM_PRIORITY;
	bool any = false;

	vmstat_add(PAGEOUTRUN, 1);
	page_color_drain();
	while (priority >= 0) {
		struct reclaim_run run = {.gfp = GFP_KERNEL, .kswapd = true};

		if (zones_balance(priority, &run))
			return true;
		reclaim_wait(&run);
		any |= run.nr_freed > 0;
		if (run.nr_freed == 0)
			priority--;
		cond_resched();
	}
	return any;
}

/* Somebody is waiting, or will be soon. */
static void
kswapd_answer(void)
{
	static u64 done_ns; /* when all was well last */

	WRITE_ONCE(working, true);
	WRITE_ONCE(asked, false);
	if (done_ns && clock_now_ns() - done_ns < QUICKLY_NS)
		vmstat_add(KSWAPD_LOW_WMARK_HIT_QUICKLY, 1);
	if (kswapd_run()) {
		WRITE_ONCE(failures, 0);
		done_ns = clock_now_ns();
	} else {
		WRITE_ONCE(failures, failures + 1);
	}
	WRITE_ONCE(working, false);
	wake_up_all(&throttle_wq);
}

static void
kswapd_main(void *arg)
{
	(void)arg;
	current->reclaim_depth++;
	for (;;) {
		struct reclaim_run run = {.gfp = GFP_KERNEL, .kswapd = true};

		wait_event(&kswapd_wq, READ_ONCE(asked) || READ_ONCE(collect));
		if (__atomic_exchange_n(&collect, 0, __ATOMIC_ACQ_REL))
			shrink_laundries(&run);
		if (READ_ONCE(asked))
			kswapd_answer();
	}
}

void INIT
kswapd_init(void)
{
	struct task *task = kthread_start("kswapd0", kswapd_main, NULL);

	assert(!IS_ERR(task));
}
