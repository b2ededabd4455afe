/*
 * Telling a device what it need not keep: some are faster for it, or last longer, and an image on a host becomes
 * smaller. swapon -d asks for it. All of the area at swapon; from then on each cluster of slots that has
 * become free, before it is used again (vm/swap_slots.h):
 *
 *	last slot freed ──> stale ──thread: swap_map_discard_begin()──> told ──swap_map_discard_end()──> empty
 *
 * Who frees slots holds spinning locks, and who needs some must not wait for a device, so a thread does it. It
 * lets a moment pass first: what a program leaves at its end is few requests then, not hundreds.
 *
 * It is advice. Without memory for a request nothing is said, an error is no error, and an area that has no
 * other slots left gives out stale ones. Half of the free slots at most are with the device at a time.
 *
 * The thread counts in no slot, so swapoff waits for it (swap_discard_wait()).
 */

#include "vm/swap_discard.h"

#include "core/clock.h"
#include "core/init.h"
#include "core/panic.h"
#include "dev/block.h"
#include "lib/err.h"
#include "sched/sched.h"
#include "sched/task.h"
#include "sched/wait.h"

#define GATHER_NS (20 * NSEC_PER_MSEC)

static struct wait_queue asked_wq = WAIT_QUEUE_INIT(asked_wq);
static struct wait_queue done_wq = WAIT_QUEUE_INIT(done_wq);
static u32 asked; /* bool; atomic exchange */

/* => how many slots from `first` on, nr at most, lie behind each other */
static u64
slots_in_row(const struct swap_area *area, u64 first, u64 nr)
{
	u64 sector = swap_slot_sector(area, first), n = 1;

	while (n < nr && swap_slot_sector(area, first + n) == sector + n * SECTORS_PER_SLOT)
		n++;
	return n;
}

void
swap_discard_slots(struct swap_area *area, u64 first, u64 nr)
{
	struct bio *bio;

	for (u64 n; nr > 0; first += n, nr -= n) {
		n = slots_in_row(area, first, nr);
		bio = bio_alloc(GFP_NOWAIT);
		if (!bio)
			return;
		bio->op = BIO_DISCARD;
		bio->sector = swap_slot_sector(area, first);
		bio->nr_discard_sectors = n * SECTORS_PER_SLOT;
		bio_submit_wait(area->source.bdev, bio);
		bio_free(bio);
	}
}

/* => false: nothing is stale */
static bool
area_discard_some(struct swap_area *area)
{
	u64 first, nr;
	bool any;

	spin_lock(&area->lock);
	any = area->active && swap_map_discard_begin(&area->map, &first, &nr);
	WRITE_ONCE(area->discarding, any);
	spin_unlock(&area->lock);
	if (!any)
		return false;
	swap_discard_slots(area, first, nr);
	spin_lock(&area->lock);
	swap_map_discard_end(&area->map, first, nr);
	__atomic_store_n(&area->discarding, false, __ATOMIC_RELEASE);
	spin_unlock(&area->lock);
	wake_up_all(&done_wq);
	return true;
}

static void
discard_main(void *arg)
{
	(void)arg;
	for (;;) {
		wait_event(&asked_wq, READ_ONCE(asked));
		task_sleep_ns(GATHER_NS, false);
		__atomic_exchange_n(&asked, 0, __ATOMIC_ACQ_REL);
		for (unsigned type = 0; type < SWAP_AREAS_MAX; type++)
			while (area_discard_some(swap_area_get(type)))
				;
	}
}

void
swap_discard_wake(void)
{
	if (!__atomic_exchange_n(&asked, 1, __ATOMIC_ACQ_REL))
		wake_up(&asked_wq);
}

void
swap_discard_wait(struct swap_area *area)
{
	wait_event(&done_wq, !__atomic_load_n(&area->discarding, __ATOMIC_ACQUIRE));
}

void INIT
swap_discard_init(void)
{
	struct task *task = kthread_start("swapdiscard", discard_main, NULL);

	assert(!IS_ERR(task));
}
