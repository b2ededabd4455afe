/* Load averages: how many tasks ran or were ready, smoothed over 1, 5 and 15 minutes. */

#include "core/clock.h"
#include "core/spinlock.h"
#include "sched/sched.h"
#include "sched/timer.h"

#define SAMPLE_NS (5 * NSEC_PER_SEC)

/* exp(-5s/1min), exp(-5s/5min), exp(-5s/15min) with 16 fraction bits. */
static const u64 decay[3] = {60297, 64453, 65173};
static struct spinlock loadavg_lock = SPINLOCK_INIT("loadavg", RANK_FILES);
static u64 averages[3];	   /* loadavg_lock */
static u64 last_sample_ns; /* loadavg_lock */

void
sched_loadavg(u64 loads[3])
{
	u64 running = (u64)sched_nr_running() << 16;
	u64 now = clock_now_ns();

	spin_lock(&loadavg_lock);
	/* Sampled when asked, for an idle machine has no tick: missed samples count as now. */
	for (; last_sample_ns + SAMPLE_NS <= now; last_sample_ns += SAMPLE_NS)
		for (int i = 0; i < 3; i++)
			averages[i] = (averages[i] * decay[i] + running * (65536 - decay[i])) >> 16;
	for (int i = 0; i < 3; i++)
		loads[i] = averages[i];
	spin_unlock(&loadavg_lock);
}
